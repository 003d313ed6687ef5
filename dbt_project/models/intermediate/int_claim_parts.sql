-- How a doubted claim would differ if running totals had been filed for the parts of the year, or if it were itself the figure of some
-- parts only: one row per claim, case and unit it is about. Only where the sum has no gaps.
with claims as (
    select * from {{ ref('int_doubted_claims') }}
),

terms as (
    select * from {{ ref('int_claim_terms') }} where not has_gaps and is_counted
),

closure as (
    select * from {{ ref('int_tree_closure') }}
),

filed as (
    select
        claims.claim_id,
        claims.slice_id,
        claims.over_time,
        claims.computed_value,
        terms.about_code,
        terms.distance,
        filings.scope,
        filings.grain,
        filings.first_month,
        filings.value,
        lag(filings.value) over (
            partition by claims.claim_id, terms.about_code, filings.scope order by filings.first_month
        ) as value_before,
        row_number() over (
            partition by claims.claim_id, terms.about_code, filings.scope order by filings.first_month desc
        ) as recency
    from claims
    join terms on terms.claim_id = claims.claim_id
    join {{ ref('int_filings') }} as filings
        on filings.slice_id = claims.slice_id and filings.series_id = terms.series_id
    where filings.grain <> 'year'
        and filings.value is not null
        and (filings.scope = 'own' or terms.distance = 0)
),

-- Parts of one length that never fall may be running totals; all but the last are then too much.
running as (
    select claim_id, slice_id, about_code, distance, scope, sum(value) filter (where recency > 1) as excess
    from filed
    where over_time = 'sum'
    group by claim_id, slice_id, about_code, distance, scope
    having count(*) > 1
        and count(distinct grain) = 1
        and bool_and(value_before is null or value >= value_before)
),

running_below as (
    select
        running.claim_id,
        closure.ancestor_code as about_code,
        sum(running.excess) as excess
    from running
    join closure on closure.slice_id = running.slice_id and closure.unit_code = running.about_code
    join terms on terms.claim_id = running.claim_id and terms.about_code = closure.ancestor_code
    where running.scope = 'own'
    group by running.claim_id, closure.ancestor_code
    having count(*) > 1
),

parts as (
    select claim_id, over_time, computed_value, grain, first_month, sum(value) as value
    from filed
    where scope = 'own'
    group by claim_id, over_time, computed_value, grain, first_month
),

some_parts as (
    select
        claim_id,
        over_time,
        computed_value,
        value,
        sum(value) over (partition by claim_id, grain order by first_month) as value_to_date,
        count(*) over (partition by claim_id) as parts
    from parts
)

select claim_id, about_code, 'figure_over_parts' as case_code, -excess as shift, 1.0 as share
from running
where scope = 'own' and excess > 0
union all
select claim_id, about_code, 'figures_over_parts', -excess, 1.0
from running_below
where excess > 0
union all
select claim_id, about_code, 'claim_over_parts', excess, 1.0
from running
where scope = 'jurisdiction' and excess > 0
union all
select some_parts.claim_id, claims.unit_code, 'claim_of_some_parts', value - some_parts.computed_value, 0.5 / parts
from some_parts
join claims on claims.claim_id = some_parts.claim_id
union all
select some_parts.claim_id, claims.unit_code, 'claim_of_some_parts', value_to_date - some_parts.computed_value, 0.5 / parts
from some_parts
join claims on claims.claim_id = some_parts.claim_id
