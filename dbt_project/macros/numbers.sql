{# A unit's indicator as one whole number, and the same in a slice. Whole numbers join and sort several times as fast as codes do, and
   PostgreSQL plans a join over one column better than one over three. There is room for a million units and 1,000 indicators. #}

{% macro series_id(unit_no, indicator_no) -%}
    {{ unit_no }}::bigint * 1000 + {{ indicator_no }}
{%- endmacro %}

{% macro series_of(node_id) -%}
    {{ node_id }} % 1000000000
{%- endmacro %}

{% macro node_id(slice_id, unit_no, indicator_no) -%}
    ({{ slice_id }}::bigint * 1000000 + {{ unit_no }}) * 1000 + {{ indicator_no }}
{%- endmacro %}
