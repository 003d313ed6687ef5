-- The likeliest reason of each doubted claim, or that there is none likelier than chance: one row per claim.
with claims as (
    select * from {{ ref('int_doubted_claims') }}
),

explanations as (
    select
        explanations.*, claims.slice_id, claims.indicator_code,
        cases.reason_code, cases.lies_in_sum, cases.needs_no_exact_sum, cases.says
    from {{ ref('int_claim_explanations') }} as explanations
    join claims on claims.claim_id = explanations.claim_id
    join {{ ref('reason_cases') }} as cases on cases.case_code = explanations.case_code
),

limits as (
    select * from {{ ref('reason_limits') }}
),

words as (
    select * from {{ ref('reason_words') }}
),

terms as (
    select * from {{ ref('int_claim_terms') }}
),

claimants as (
    select claim_id, has_gaps, is_sum_vague from terms where distance = 0
),

-- A mistake in a sum goes into the sums above; where a claim above agrees with its own, there is none.
contradicted as (
    select distinct claims.claim_id
    from claims
    join {{ ref('int_tree_closure') }} as closure
        on closure.slice_id = claims.slice_id
        and closure.unit_code = claims.unit_code
        and closure.ancestor_code <> claims.unit_code
    join {{ ref('int_reach') }} as reach
        on reach.slice_id = claims.slice_id
        and reach.unit_code = claims.unit_code
        and reach.indicator_code = claims.indicator_code
    join {{ ref('int_rollup_of_years') }} as above
        on above.slice_id = claims.slice_id
        and above.unit_code = closure.ancestor_code
        and above.indicator_code = claims.indicator_code
    where reach.reach_depth <= above.depth + 1
        and above.claimed_value = above.computed_value
        and not claims.is_used
),

-- The same reason about the same unit behind more than one claim, exact in one of them.
corroborated as (
    select slice_id, indicator_code, reason_code, about_code
    from explanations
    where lies_in_sum
    group by slice_id, indicator_code, reason_code, about_code
    having count(distinct claim_id) > 1 and bool_or(is_exact)
),

weighed as (
    select
        explanations.claim_id,
        explanations.case_code,
        explanations.reason_code,
        explanations.about_code,
        explanations.fit,
        explanations.says,
        explanations.weight
            * case
                when explanations.needs_no_exact_sum then 1
                when claimants.is_sum_vague then limits.with_a_vague_sum
                when claimants.has_gaps then limits.beside_a_gap
                else 1
            end
            * case when explanations.lies_in_sum and contradicted.claim_id is not null then limits.contradicted else 1 end
            * case when explanations.lies_in_sum and corroborated.slice_id is not null then limits.corroborated else 1 end as weight
    from explanations
    cross join limits
    left join claimants on claimants.claim_id = explanations.claim_id
    left join contradicted on contradicted.claim_id = explanations.claim_id
    left join corroborated
        on corroborated.slice_id = explanations.slice_id
        and corroborated.indicator_code = explanations.indicator_code
        and corroborated.reason_code = explanations.reason_code
        and corroborated.about_code = explanations.about_code
),

with_reasons as (
    select *, sum(weight) over (partition by claim_id, reason_code) as reason_weight from weighed
),

ranked as (
    select
        *,
        row_number() over (
            partition by claim_id order by reason_weight desc, reason_code, weight desc, case_code, about_code
        ) as rank,
        count(*) over (partition by claim_id, case_code, weight) > 1 as has_equals
    from with_reasons
),

named as (
    select claims.claim_id, ranked.reason_code, ranked.about_code, ranked.fit, ranked.says, ranked.has_equals
    from ranked
    join claims on claims.claim_id = ranked.claim_id
    cross join limits
    where ranked.rank = 1 and ranked.reason_weight > limits.chance * claims.place / abs(claims.gap)
),

-- A claim that was used carries what is wrong with it into the sums above.
carried as (
    select
        claims.claim_id,
        named.reason_code,
        named.about_code,
        named.fit,
        named.says,
        named.has_equals,
        used.unit_code as claimant_code,
        row_number() over (partition by claims.claim_id order by used.unit_code) as rank
    from claims
    join terms on terms.claim_id = claims.claim_id and terms.distance > 0 and terms.is_counted
    join claims as used
        on used.slice_id = claims.slice_id
        and used.indicator_code = claims.indicator_code
        and used.unit_code = terms.about_code
        and used.is_used
        and used.gap = -claims.gap
    join named on named.claim_id = used.claim_id
),

chosen as (
    select claims.*, named.reason_code, named.about_code, named.fit, named.says, named.has_equals, claims.unit_code as claimant_code
    from claims
    join named on named.claim_id = claims.claim_id
    left join carried on carried.claim_id = claims.claim_id
    where carried.claim_id is null
    union all
    select
        claims.*, carried.reason_code, carried.about_code, carried.fit, carried.says, carried.has_equals,
        carried.claimant_code
    from claims
    join carried on carried.claim_id = claims.claim_id and carried.rank = 1
),

tree as (
    select * from {{ ref('int_tree') }}
)

select
    claims.slice_id,
    claims.unit_code,
    claims.indicator_code,
    coalesce(chosen.reason_code, 'unexplained') as reason_code,
    chosen.about_code as reason_unit_code,
    about.name as reason_unit_name,
    round(chosen.fit, 4) as reason_fit,
    case
        when chosen.claim_id is not null
        then replace(replace(chosen.says, '{unit}', about.name), '{claimant}', claimant.name)
            || case when chosen.has_equals then words.also_others else '' end
        when claimants.has_gaps then words.sum_has_gaps
        when claimants.is_sum_vague then words.sum_is_vague
        else words.otherwise
    end as likeliest_reason
from claims
cross join words
left join chosen on chosen.claim_id = claims.claim_id
left join tree as about on about.slice_id = claims.slice_id and about.unit_code = chosen.about_code
left join tree as claimant on claimant.slice_id = claims.slice_id and claimant.unit_code = chosen.claimant_code
left join claimants on claimants.claim_id = claims.claim_id
