{# What shares made of the leaves of a holding, in the order of their observations; null where none of them was shared. #}
{% macro of_the_shared(amount) -%}
    case
        when bool_or(is_estimate) then array_agg(case when is_estimate then {{ amount }} end order by observation_id)
    end
{%- endmacro %}
