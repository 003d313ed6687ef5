{# For the transaction of one model: joins by hashing, wherever a join can be made so. #}
{% macro joined_by_hashing() -%}
    set local enable_nestloop = off; set local enable_mergejoin = off
{%- endmacro %}
