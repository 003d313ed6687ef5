{# The true phrases for a figure, best first, by the catalogue's rules of wording. #}
{% macro wordings(value, low, high, counter, style) -%}
    published.wordings({{ value }}, {{ low }}, {{ high }}, {{ counter }}, {{ style }}, (select rules from {{ ref('wording_rules') }}))
{%- endmacro %}

{# A percentage in a sentence: 93.5 and not 93.5000. #}
{% macro shown_percent(number) -%}
    trim_scale(round({{ number }}, 1))::text || '%'
{%- endmacro %}
