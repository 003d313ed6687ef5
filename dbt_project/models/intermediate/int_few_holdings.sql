-- All holdings but the own figures of units with nobody below them, and of these what rates are made of: one row per slice, unit, indicator
-- and scope. A tenth of all, read again and again.
with ratios as (
    select * from {{ ref('indicators') }} where numerator is not null
),

parts as (
    select indicators.sort_order
    from {{ ref('indicators') }} as indicators
    join ratios on indicators.indicator_code in (ratios.numerator, ratios.denominator)
)

select *
from {{ ref('int_holdings') }}
where scope <> 'own'
    or unit_no in (select unit_no from {{ ref('int_tree') }} where has_children)
    or indicator_no in (select sort_order from parts)
