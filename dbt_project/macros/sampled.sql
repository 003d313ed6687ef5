{# Tell the planner how many rows there are and how they are spread. A small sample does: what is joined here is joined whole, and a
   great one of a wide table costs as much as building it. #}
{% macro sampled() -%}
    {%- if model.config.materialized != 'view' -%}
    set local default_statistics_target = 10; analyze {{ this }}
    {%- endif -%}
{%- endmacro %}
