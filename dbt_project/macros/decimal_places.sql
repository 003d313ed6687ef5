{# Every power of ten that can be the last digit of a figure, from the smallest fraction that may be filed to beyond the greatest
   figure: the rows of a recursive CTE. #}
{% macro decimal_places() -%}
    select 0.000001 as place
    union all
    select place * 10 from places where place < 1000000000000000
{%- endmacro %}
