{# The greatest `column` of a relation already built, so that a model can be unrolled level by level; 0 where it is empty. #}
{% macro greatest_of(relation, column) -%}
    {%- if execute -%}
        {%- set rows = run_query('select coalesce(max(' ~ column ~ '), 0) from ' ~ relation) -%}
        {{ return(rows.columns[0].values()[0] | int) }}
    {%- else -%}
        {{ return(0) }}
    {%- endif -%}
{%- endmacro %}
