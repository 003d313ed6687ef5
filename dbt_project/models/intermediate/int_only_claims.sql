-- Claims that are the unit's own figure too: one row per slice, unit and indicator. A unit with nobody but townships below it that filed no
-- own figure has one figure, whatever it calls it.
with claims as (
    select filed_years.node_id
    from {{ ref('int_filed_years') }} as filed_years
    join {{ ref('int_units_by_slice') }} as units
        on units.slice_id = filed_years.slice_id and units.unit_no = filed_years.unit_no
    where filed_years.scope = 'jurisdiction' and not units.has_units_below
),

-- Few make such claims; their own figures are picked before they are held against them.
also_own as (
    select node_id from {{ ref('int_filed_years') }} where scope = 'own' and node_id in (select node_id from claims)
)

select node_id from claims where node_id not in (select node_id from also_own)
