-- Every explanation that fits a doubted claim: one row per claim, case and unit that it is about, with how well it fits and how much
-- speaks for it. A case says by how much the claim would differ (`shift`), give or take half a `width`: the narrower it is, and the
-- fewer units it may be about, the less does a fit come by chance.
with recursive places as (
    {{ decimal_places() }}
),

claims as (
    select * from {{ ref('int_doubted_claims') }}
),

limits as (
    select * from {{ ref('reason_limits') }}
),

cases as (
    select * from {{ ref('reason_cases') }}
),

facts as (
    select
        claims.claimed_value as claim,
        claims.computed_value as computed,
        claims.gap,
        claims.place,
        claims.claimed_place,
        terms.*,
        -- What it brings into the sum by itself, where 万 may have gone wrong.
        case when terms.distance > 0 and terms.basis = 'claimed' then terms.claimed_value else terms.own_value end as entered,
        limits.spread_times,
        limits.plausible_times,
        limits.twins_least,
        limits.tiny_times,
        -- A case about any of several units shares its likelihood among them, the greater part among those right below.
        case when terms.distance <= 1 then limits.direct_share else 1 - limits.direct_share end
            / terms.alternatives as share
    from {{ ref('int_claim_terms') }} as terms
    join claims on claims.claim_id = terms.claim_id
    cross join limits
),

claimants as (
    select * from facts where distance = 0
),

-- Silent units under a silent one are one gap.
missing as (
    select facts.*, count(*) over (partition by facts.claim_id) as gaps
    from facts
    left join facts as above
        on above.claim_id = facts.claim_id and above.about_code = facts.above_code and facts.distance > 0
    where facts.is_missing and not coalesce(above.is_silent, false)
),

history as (
    select
        facts.claim_id,
        facts.about_code,
        facts.distance,
        facts.own_value,
        facts.below_value,
        facts.share,
        history.years_back,
        history.value as value_before,
        history.own_value as own_value_before
    from {{ ref('int_claim_history') }} as history
    join facts on facts.claim_id = history.claim_id and facts.about_code = history.about_code
),

-- How often each figure could have been rounded, and to what it may have been.
roundings as (
    select
        claims.claim_id,
        claims.unit_code,
        claims.claimed_value,
        claims.gap,
        places.place,
        count(*) over (partition by claims.claim_id) as possible
    from claims
    join places on places.place > claims.place and places.place <= claims.claimed_value
),

exact_cases as (
    select
        claim_id,
        about_code,
        case when own_value < below_value then 'claim_is_own' else 'claim_is_great_own' end as case_code,
        own_value - computed as shift,
        1.0 as share
    from claimants
    where own_value is not null and below_value > 0
    union all
    select claim_id, about_code, 'own_misplaced_below', claimed_value, share
    from facts
    where distance > 0 and is_counted and basis <> 'claimed' and claimed_value > 0 and coalesce(own_value, 0) = 0
    union all
    select claim_id, about_code, 'own_misplaced_below', below_value, share
    from facts
    where distance > 0 and is_counted and basis = 'claimed' and owes_own and own_value is null and below_value > 0
    union all
    select claim_id, about_code, 'own_is_whole', -below_value, case when distance = 0 then 1.0 else share end
    from facts
    where is_counted and (basis <> 'claimed' or distance = 0) and below_value > 0 and own_value >= below_value
    union all
    select claim_id, about_code, 'columns_swapped', -2 * below_value, 1.0
    from claimants
    where below_value > 0 and own_value >= below_value
    union all
    select claim_id, about_code, 'claim_lacks_unit', -value, share
    from facts
    where distance > 0 and value > 0
    union all
    select claim_id, about_code, 'claim_lacks_own', -own_value, 1.0
    from claimants
    where own_value > 0 and below_value > 0
    union all
    select claim_id, about_code, 'sum_lacks_held', held_value, 1.0
    from facts
    where is_counted and held_value > 0
    union all
    select claim_id, about_code, 'claim_has_unit_twice', value, share
    from facts
    where distance > 0 and value > 0
    union all
    select claim_id, about_code, 'claim_has_own_twice', own_value, 1.0
    from claimants
    where own_value > 0 and below_value > 0
    union all
    select claim_id, about_code, 'sum_has_twins', -own_value, 1.0 / twins
    from facts
    where distance > 0 and is_counted and twins > 1 and own_value >= twins_least * place
    union all
    select claim_id, about_code, 'figure_ten_thousand_fold', -entered * 9999 / 10000, share
    from facts
    where entered > 0 and mod(entered, 10000 * place) = 0
    union all
    select claim_id, about_code, 'figure_ten_thousandth', entered * 9999, share
    from facts
    where entered > 0
    union all
    select claim_id, about_code, 'held_ten_thousand_fold', held_value / 10000, 1.0
    from facts
    where is_counted and held_value > 0
    union all
    select claim_id, about_code, 'claim_over_years', value_before, 1.0 / years_back
    from history
    where distance = 0 and value_before > 0
    union all
    select claim_id, about_code, 'sum_over_years', -value_before, share / years_back
    from history
    where below_value is not null and value_before > 0
    union all
    select claim_id, about_code, 'figure_over_years', -own_value_before, share / years_back
    from history
    where own_value_before > 0 and own_value >= own_value_before
    union all
    select claim_id, about_code, 'claim_has_running_total', value_before, share / years_back
    from history
    where distance > 0 and value_before > 0
    union all
    select claim_id, about_code, case_code, shift, share from {{ ref('int_claim_parts') }}
    union all
    select
        claim_id,
        unit_code,
        case when 2 * abs(gap) <= place then 'claim_rounded' else 'claim_cut' end,
        gap,
        1.0 / possible
    from roundings
    where mod(claimed_value, place) = 0 and abs(gap) < place
),

near_cases as (
    select
        claim_id,
        about_code,
        case when claim < computed then 'own_misplaced' else 'own_misplaced_above_sum' end as case_code,
        gap as shift,
        claim * spread_times as width,
        1.0 as share,
        abs(gap) / greatest(claim, computed) as fit
    from claimants
    where owes_own and own_value is null and below_value > 0
    union all
    select
        claim_id,
        about_code,
        'sum_lacks_unit',
        gap,
        gap * spread_times,
        1.0,
        least(1, coalesce(greatest_of_level, computed) / gap)
    from missing
    where gaps = 1 and gap > 0 and gap <= plausible_times * coalesce(greatest_of_level, computed)
    union all
    select claim_id, about_code, 'claim_ten_thousand_fold', computed * 9999, computed * 20000, 1.0, null
    from claimants
    where claim > computed * 5000
    union all
    select claim_id, about_code, 'claim_ten_thousandth', claim - claim * 10000, claimed_place * 10000, 1.0, null
    from claimants
    where claim > 0
    union all
    select claim_id, about_code, 'claim_ten_thousandth', -computed, claim * 3, 1.0, null
    from claimants
    where claim > 0 and claim * 5000 < computed
    union all
    select
        facts.claim_id,
        facts.about_code,
        'figure_ten_thousandth',
        facts.own_value * 9999,
        max(places.place) * 10000,
        facts.share,
        null
    from facts
    join places on places.place <= 1 and mod(facts.own_value, places.place) = 0
    where facts.is_counted and facts.own_value > 0 and facts.own_value * facts.tiny_times <= facts.greatest_own_of_level
    group by facts.claim_id, facts.about_code, facts.own_value, facts.share
),

proposed as (
    select claim_id, about_code, case_code, shift, 0 as width, share, null::numeric as fit from exact_cases
    union all
    select claim_id, about_code, case_code, shift, width, share, fit from near_cases
),

fitting as (
    select
        proposed.claim_id,
        proposed.case_code,
        proposed.about_code,
        proposed.width = 0 as is_exact,
        coalesce(proposed.fit, 1 - abs(claims.gap - proposed.shift) / abs(claims.gap)) as fit,
        cases.likelihood * proposed.share * claims.place / greatest(proposed.width, claims.place) as weight
    from proposed
    join claims on claims.claim_id = proposed.claim_id
    join cases on cases.case_code = proposed.case_code
    where 2 * abs(claims.gap - proposed.shift) <= proposed.width
)

-- A case may fit in several ways; the strongest is kept.
select
    claim_id,
    case_code,
    about_code,
    bool_or(is_exact) as is_exact,
    max(fit) as fit,
    max(weight) as weight
from fitting
group by claim_id, case_code, about_code
