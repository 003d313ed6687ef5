{# How figures combine. A figure is value, low, high; a null bound is open, a null value is a figure without a point value. #}

{# Aggregates over rows that are figures (`present`): one set of columns from which each kind takes what it needs. #}
{% macro aggregated_terms(present, value='value', low='low', high='high') -%}
    count(*) filter (where {{ present }}) as terms,
    count(*) filter (where {{ present }} and {{ value }} is null) as valueless_terms,
    count(*) filter (where {{ present }} and {{ low }} is null) as lowless_terms,
    count(*) filter (where {{ present }} and {{ high }} is null) as highless_terms,
    sum({{ value }}) filter (where {{ present }}) as sum_value,
    sum({{ low }}) filter (where {{ present }}) as sum_low,
    sum({{ high }}) filter (where {{ present }}) as sum_high,
    max({{ value }}) filter (where {{ present }}) as max_value,
    max({{ low }}) filter (where {{ present }}) as max_low,
    max({{ high }}) filter (where {{ present }}) as max_high
{%- endmacro %}

{# A sum, or the greatest where `is_greatest`: a missing value, an open high stays so; an open low is lost by a maximum only. #}
{% macro total_value(is_greatest) -%}
    case when valueless_terms = 0 then case when {{ is_greatest }} then max_value else sum_value end end
{%- endmacro %}

{% macro total_low(is_greatest) -%}
    case when {{ is_greatest }} then max_low when lowless_terms = 0 then sum_low end
{%- endmacro %}

{% macro total_high(is_greatest) -%}
    case when highless_terms = 0 then case when {{ is_greatest }} then max_high else sum_high end end
{%- endmacro %}

{# numerator ÷ denominator to 4 decimals, half up and exact: an integer quotient never rounds twice. Null for a zero. #}
{% macro quotient(numerator, denominator) -%}
    case when {{ denominator }} > 0
        then div({{ numerator }} * 20000 + {{ denominator }}, {{ denominator }} * 2) * 0.0001
    end
{%- endmacro %}

{# Kinds that are added over units and pass to successors by every event. #}
{% macro adding_kinds() -%}
    ('flow', 'newadd', 'money', 'stock', 'regcum')
{%- endmacro %}
