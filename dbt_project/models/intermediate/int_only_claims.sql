-- Claims that are the unit's own figure too: one row per slice, unit and indicator. A unit with nobody but townships below it that filed no
-- own figure has one figure, whatever it calls it.
select claims.node_id
from {{ ref('int_filed_years') }} as claims
join {{ ref('int_units_by_slice') }} as units
    on units.slice_id = claims.slice_id and units.unit_no = claims.unit_no
where claims.scope = 'jurisdiction'
    and not units.has_units_below
    and not exists (
        select 1 from {{ ref('int_filed_years') }} as own where own.node_id = claims.node_id and own.scope = 'own'
    )
