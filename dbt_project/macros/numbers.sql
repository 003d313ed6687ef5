{# A unit's indicator as one whole number, and the same in a slice. Whole numbers join and sort several times as fast as codes do, and
   PostgreSQL plans a join over one column better than one over three. There is room for a million units and 1,000 indicators. #}

{% macro series_id(unit_no, indicator_no) -%}
    {{ unit_no }}::bigint * 1000 + {{ indicator_no }}
{%- endmacro %}

{% macro series_of(node_id) -%}
    {{ node_id }} % 1000000000
{%- endmacro %}

{% macro node_id(slice_id, unit_no, indicator_no) -%}
    ({{ place_id(slice_id, unit_no) }}) * 1000 + {{ indicator_no }}
{%- endmacro %}

{# A unit in a slice. #}
{% macro place_id(slice_id, unit_no) -%}
    {{ slice_id }}::bigint * 1000000 + {{ unit_no }}
{%- endmacro %}

{# The parts of such numbers again. #}
{% macro place_of(node_id) -%}
    ({{ node_id }} / 1000)
{%- endmacro %}

{% macro slice_of(node_id) -%}
    ({{ node_id }} / 1000000000)
{%- endmacro %}

{% macro unit_of(node_id) -%}
    ({{ node_id }} / 1000 % 1000000)
{%- endmacro %}

{% macro indicator_of(node_id) -%}
    ({{ node_id }} % 1000)
{%- endmacro %}

{# A part of a year as one whole number, by its first and last month. #}
{% macro part_no(year_parts) -%}
    {{ year_parts }}.first_month * 20 + {{ year_parts }}.last_month
{%- endmacro %}

{# A part of a year, of its figures or of its plan, as one whole number. It is the slice in which just that is rolled up. #}
{% macro plain_slice_id(year, series, part_no) -%}
    ({{ year }} * 2 + case {{ series }} when 'plan' then 1 else 0 end) * 1000 + {{ part_no }}
{%- endmacro %}

{# What such a number says again. #}
{% macro year_of(slice_id) -%}
    ({{ slice_id }} / 2000)
{%- endmacro %}

{% macro series_of_slice(slice_id) -%}
    case {{ slice_id }} / 1000 % 2 when 1 then 'plan' else 'figure' end
{%- endmacro %}

{% macro part_of(slice_id) -%}
    ({{ slice_id }} % 1000)
{%- endmacro %}

{% macro last_month_of(slice_id) -%}
    ({{ part_of(slice_id) }} % 20)
{%- endmacro %}

{# What an indicator was filed for: such a part of a year and the indicator in one whole number. #}
{% macro filing_no(slice_id, indicator_no) -%}
    ({{ slice_id }})::bigint * 1000 + {{ indicator_no }}
{%- endmacro %}
