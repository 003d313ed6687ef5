{# Largest remainder: the share of `amount` that a successor of weight `weight` gets, in whole units of account; an amount that is
   not whole is shared exactly. `partition` names the columns that hold one amount together; ties go to the smaller code. #}
{% macro whole_share(amount, weight, unit, partition) -%}
    case
        when {{ amount }} % {{ unit }} <> 0 then {{ amount }} * {{ weight }}
        else {{ unit }} * (
            floor({{ amount }} / {{ unit }} * {{ weight }})
            + case
                when row_number() over (
                    partition by {{ partition }}
                    order by {{ amount }} / {{ unit }} * {{ weight }} - floor({{ amount }} / {{ unit }} * {{ weight }}) desc, to_code
                ) <= {{ amount }} / {{ unit }}
                    - sum(floor({{ amount }} / {{ unit }} * {{ weight }})) over (partition by {{ partition }})
                then 1 else 0
            end
        )
    end
{%- endmacro %}
