{# The true phrases for a figure, best first, by the catalogue's rules of wording. #}
{% macro wordings(value, low, high, counter, style) -%}
    published.wordings({{ value }}, {{ low }}, {{ high }}, {{ counter }}, {{ style }}, (select rules from {{ ref('wording_rules') }}))
{%- endmacro %}

{# A percentage in a sentence: 93.5 and not 93.5000; cut off, since 94.96 is not 95 where 95 is asked for. #}
{% macro shown_percent(number) -%}
    trim_scale(trunc({{ number }}, 1))::text || '%'
{%- endmacro %}
