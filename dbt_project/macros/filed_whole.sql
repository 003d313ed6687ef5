{# What was filed for the whole of a slice, in the columns of `int_filed_years`. #}
{% macro filed_whole(filings, last_month) -%}
    {{ filings }}.node_id,
    {{ filings }}.slice_id,
    {{ filings }}.unit_no,
    {{ filings }}.indicator_no,
    {{ filings }}.scope,
    {{ filings }}.has_number,
    {{ filings }}.value,
    {{ filings }}.low,
    {{ filings }}.high,
    {% for mark in ['provisional', 'narrative'] %}
    case when {{ filings }}.is_{{ mark }} then coalesce({{ filings }}.value, 0) else 0 end as {{ mark }}_value,
    {{ filings }}.is_{{ mark }} and {{ filings }}.has_number as is_{{ mark }},
    {% endfor %}
    true as is_filed_whole,
    {{ last_month }} as last_reading_month,
    true as is_complete,
    case when {{ filings }}.has_number then array[{{ filings }}.observation_id] end as observation_ids
{%- endmacro %}
