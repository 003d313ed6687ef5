{# At the end of a subquery: its columns are worked out once a row. Without it PostgreSQL writes their expressions into every place of
   the outer query that names them. #}
{% macro once_a_row() -%}
    offset 0
{%- endmacro %}
