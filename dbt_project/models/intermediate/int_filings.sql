-- The filings that count in a unit's year: one row per year, unit, indicator, scope and period. At every node of the period tree
-- the figure filed for it wins over its parts, so the rows of one unit's year never overlap.
with cells as (
    select * from {{ ref('int_cell_figures') }}
),

units as (
    select * from {{ ref('int_units_by_year') }}
),

year_parts as (
    select * from {{ ref('year_parts') }}
),

scoped as (
    select cells.*, bool_or(scope = 'own') over (partition by year, unit_code, indicator_code) as has_own
    from cells
),

-- A unit with nobody but townships below it has one figure, whatever it calls it.
promoted as (
    select scoped.*
    from scoped
    join units on units.year = scoped.year and units.unit_code = scoped.unit_code
    where scoped.scope = 'jurisdiction'
        and not scoped.has_own
        and not units.has_units_below
),

scoped_and_promoted as (
    select
        year, unit_code, indicator_code, scope, aggregation, over_time, year_part,
        observation_id, state, status, value, low, high, is_narrative
    from scoped
    union all
    select
        year, unit_code, indicator_code, 'own' as scope, aggregation, over_time, year_part,
        observation_id, state, status, value, low, high, is_narrative
    from promoted
),

with_ancestors as (
    select
        filings.*,
        year_parts.grain,
        year_parts.first_month,
        year_parts.last_month,
        bool_or(year_parts.grain = 'year') over whole_year as year_filed,
        bool_or(year_parts.grain = 'half') over half as half_filed,
        bool_or(year_parts.grain = 'quarter') over quarter as quarter_filed
    from scoped_and_promoted as filings
    join year_parts on year_parts.part = filings.year_part
    window
        whole_year as (partition by year, unit_code, indicator_code, scope),
        half as (partition by year, unit_code, indicator_code, scope, (year_parts.first_month - 1) / 6),
        quarter as (partition by year, unit_code, indicator_code, scope, (year_parts.first_month - 1) / 3)
),

counting as (
    select
        year, unit_code, indicator_code, scope, aggregation, over_time, year_part, grain, first_month, last_month,
        observation_id, state, status, value, low, high, is_narrative,
        -- Of a stock only the last filing counts; not-applicable counts as one.
        over_time <> 'last' or first_month = max(first_month) over (
            partition by year, unit_code, indicator_code, scope
        ) as is_counted
    from with_ancestors
    where grain = 'year'
        or (grain = 'half' and not year_filed)
        or (grain = 'quarter' and not year_filed and not half_filed)
        or (grain = 'month' and not year_filed and not half_filed and not quarter_filed)
)

select * from counting
