-- The filings that count in a unit's year, or another slice: one row per slice, unit, indicator, scope and period. At every node of the
-- period tree the figure filed for it wins over its parts, so the rows of one unit never overlap.
with cells as (
    select * from {{ ref('int_cell_figures') }}
),

units as (
    select * from {{ ref('int_units_by_slice') }}
),

slice_parts as (
    select * from {{ ref('int_slice_parts') }}
),

scoped as (
    select
        slice_parts.slice_id, cells.unit_code, cells.indicator_code, cells.scope, cells.aggregation, cells.over_time,
        cells.year_part, slice_parts.grain, slice_parts.first_month, slice_parts.last_month, slice_parts.is_whole,
        cells.observation_id, cells.state, cells.status, cells.value, cells.low, cells.high, cells.is_narrative,
        bool_or(cells.scope = 'own') over (
            partition by slice_parts.slice_id, cells.unit_code, cells.indicator_code
        ) as has_own
    from cells
    join slice_parts
        on slice_parts.year = cells.year
        and slice_parts.series = cells.series
        and slice_parts.indicator_code = cells.indicator_code
        and slice_parts.year_part = cells.year_part
),

-- A unit with nobody but townships below it has one figure, whatever it calls it.
promoted as (
    select scoped.*
    from scoped
    join units on units.slice_id = scoped.slice_id and units.unit_code = scoped.unit_code
    where scoped.scope = 'jurisdiction'
        and not scoped.has_own
        and not units.has_units_below
),

scoped_and_promoted as (
    select
        slice_id, unit_code, indicator_code, scope, aggregation, over_time, year_part, grain, first_month, last_month,
        is_whole, observation_id, state, status, value, low, high, is_narrative
    from scoped
    union all
    select
        slice_id, unit_code, indicator_code, 'own' as scope, aggregation, over_time, year_part, grain, first_month,
        last_month, is_whole, observation_id, state, status, value, low, high, is_narrative
    from promoted
),

with_ancestors as (
    select
        *,
        bool_or(grain = 'year') over whole_year as year_filed,
        bool_or(grain = 'half') over half as half_filed,
        bool_or(grain = 'quarter') over quarter as quarter_filed
    from scoped_and_promoted
    window
        whole_year as (partition by slice_id, unit_code, indicator_code, scope),
        half as (partition by slice_id, unit_code, indicator_code, scope, (first_month - 1) / 6),
        quarter as (partition by slice_id, unit_code, indicator_code, scope, (first_month - 1) / 3)
),

counting as (
    select
        slice_id, unit_code, indicator_code, scope, aggregation, over_time, year_part, grain, first_month, last_month,
        is_whole, observation_id, state, status, value, low, high, is_narrative,
        -- Of a stock only the last filing counts; not-applicable counts as one.
        over_time <> 'last' or first_month = max(first_month) over (
            partition by slice_id, unit_code, indicator_code, scope
        ) as is_counted
    from with_ancestors
    where grain = 'year'
        or (grain = 'half' and not year_filed)
        or (grain = 'quarter' and not year_filed and not half_filed)
        or (grain = 'month' and not year_filed and not half_filed and not quarter_filed)
)

select * from counting
