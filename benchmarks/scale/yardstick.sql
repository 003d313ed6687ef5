-- What the warehouse publishes as figures, as one plain script computes it: the newest revision of each submission by a window, the
-- year from its months, sums level by level, then the difference against what is stored, with a history. No inheritance, no period
-- tree (all file by the month), no ratios, no provenance, no audit. Statements end at a semicolon.

drop table if exists plain.newest, plain.filed, plain.own, plain.grid, plain.county, plain.city, plain.candidate,
    plain.changed;

create unlogged table plain.newest as
select submission_id, unit_code, period, year
from (
    select
        submission.*,
        row_number() over (
            partition by submission.unit_code, submission.form, submission.period order by submission.delivery_seq desc
        ) as recency
    from landing.submission as submission
    left join landing.withdrawal as withdrawal on withdrawal.submission_id = submission.submission_id
    where submission.state = 'accepted' and withdrawal.submission_id is null
) as revisions
where recency = 1;

analyze plain.newest;

create unlogged table plain.filed as
select
    newest.unit_code, newest.period, newest.year, observation.indicator_code, observation.scope, observation.state,
    observation.value, observation.low, observation.high
from plain.newest as newest
join landing.observation as observation on observation.submission_id = newest.submission_id
where not observation.is_held and observation.state in ('number', 'not_applicable');

analyze plain.filed;

-- Months as they were filed, and the year made of them.
create unlogged table plain.own as
select unit_code, indicator_code, scope, period, value, low, high, true as is_complete
from plain.filed
union all
select
    filed.unit_code, filed.indicator_code, filed.scope, filed.year::text,
    case indicator.over_time when 'max' then max(value) else sum(value) end,
    case indicator.over_time when 'max' then max(low) else sum(low) end,
    case
        when count(high) < count(*) filter (where state = 'number') then null
        when indicator.over_time = 'max' then max(high) else sum(high)
    end,
    count(*) = 12
from plain.filed as filed
join plain.indicator as indicator on indicator.indicator_code = filed.indicator_code
where indicator.over_time <> 'last'
group by filed.unit_code, filed.indicator_code, filed.scope, filed.year, indicator.over_time
union all
select unit_code, indicator_code, scope, year::text, value, low, high, right(period, 2) = '12'
from (
    select
        filed.*,
        row_number() over (
            partition by filed.unit_code, filed.indicator_code, filed.scope, filed.year order by filed.period desc
        ) as recency
    from plain.filed as filed
    join plain.indicator as indicator on indicator.indicator_code = filed.indicator_code
    where indicator.over_time = 'last'
) as latest
where recency = 1;

analyze plain.own;

-- Everybody who is expected has a row: in a month for what was filed for it, in a year for the whole catalogue.
create unlogged table plain.grid as
select unit.unit_code, unit.parent_code, unit.level, wanted.indicator_code, wanted.period
from (
    select distinct period, indicator_code from plain.filed
    union all
    select years.period, expected.indicator_code
    from (select distinct year::text as period from plain.filed) as years
    cross join (select distinct indicator_code from plain.expected) as expected
) as wanted
join plain.expected as expected on expected.indicator_code = wanted.indicator_code
join plain.unit as unit on unit.level = expected.level;

analyze plain.grid;

create unlogged table plain.county as
select
    grid.unit_code, grid.parent_code, grid.indicator_code, grid.period,
    own.value, own.low, own.high, 1 as units_expected, coalesce(own.is_complete, false)::integer as units_reported
from plain.grid as grid
left join plain.own as own
    on own.unit_code = grid.unit_code and own.indicator_code = grid.indicator_code and own.period = grid.period
    and own.scope = 'own'
where grid.level = 'county';

analyze plain.county;

-- A claim stands in where somebody is missing below and it is not too small.
create unlogged table plain.city as
select
    unit_code, parent_code, indicator_code, period,
    case when is_claimed then claim_value else value end as value,
    case when is_claimed then claim_low else low end as low,
    case when is_claimed then claim_high else high end as high,
    units_expected, units_reported
from (
    select
        grid.unit_code, grid.parent_code, grid.indicator_code, grid.period,
        claim.value as claim_value, claim.low as claim_low, claim.high as claim_high,
        case
            when indicator.over_time = 'max' then greatest(own.value, below.max_value)
            when own.value is not null or below.value is not null then coalesce(own.value, 0) + coalesce(below.value, 0)
        end as value,
        case
            when indicator.over_time = 'max' then greatest(own.low, below.max_low)
            when own.low is not null or below.low is not null then coalesce(own.low, 0) + coalesce(below.low, 0)
        end as low,
        case
            when below.highless > 0 or (own.high is null and own.value is not null) then null
            when indicator.over_time = 'max' then greatest(own.high, below.max_high)
            when own.high is not null or below.high is not null then coalesce(own.high, 0) + coalesce(below.high, 0)
        end as high,
        1 + coalesce(below.units_expected, 0) as units_expected,
        coalesce(own.is_complete, false)::integer + coalesce(below.units_reported, 0) as units_reported,
        coalesce(claim.high >= coalesce(below.low, 0) + coalesce(own.low, 0), false) and claim.is_complete
            and coalesce(own.is_complete, false)::integer + coalesce(below.units_reported, 0)
            < 1 + coalesce(below.units_expected, 0) as is_claimed
    from plain.grid as grid
    join plain.indicator as indicator on indicator.indicator_code = grid.indicator_code
    left join plain.own as own
        on own.unit_code = grid.unit_code and own.indicator_code = grid.indicator_code and own.period = grid.period
        and own.scope = 'own'
    left join plain.own as claim
        on claim.unit_code = grid.unit_code and claim.indicator_code = grid.indicator_code
        and claim.period = grid.period and claim.scope = 'jurisdiction'
    left join (
        select
            parent_code, indicator_code, period, sum(value) as value, sum(low) as low, sum(high) as high,
            max(value) as max_value, max(low) as max_low, max(high) as max_high,
            count(*) filter (where value is not null and high is null) as highless,
            sum(units_expected) as units_expected, sum(units_reported) as units_reported
        from plain.county
        group by parent_code, indicator_code, period
    ) as below
        on below.parent_code = grid.unit_code and below.indicator_code = grid.indicator_code
        and below.period = grid.period
    where grid.level = 'city'
) as judged;

analyze plain.city;

create unlogged table plain.candidate as
select unit_code, indicator_code, period, value, low, high, units_expected, units_reported from plain.county
union all
select unit_code, indicator_code, period, value, low, high, units_expected, units_reported from plain.city
union all
select
    grid.unit_code, grid.indicator_code, grid.period,
    case
        when indicator.over_time = 'max' then greatest(own.value, below.max_value)
        when own.value is not null or below.value is not null then coalesce(own.value, 0) + coalesce(below.value, 0)
    end,
    case
        when indicator.over_time = 'max' then greatest(own.low, below.max_low)
        when own.low is not null or below.low is not null then coalesce(own.low, 0) + coalesce(below.low, 0)
    end,
    case
        when below.highless > 0 or (own.high is null and own.value is not null) then null
        when indicator.over_time = 'max' then greatest(own.high, below.max_high)
        when own.high is not null or below.high is not null then coalesce(own.high, 0) + coalesce(below.high, 0)
    end,
    1 + coalesce(below.units_expected, 0),
    coalesce(own.is_complete, false)::integer + coalesce(below.units_reported, 0)
from plain.grid as grid
join plain.indicator as indicator on indicator.indicator_code = grid.indicator_code
left join plain.own as own
    on own.unit_code = grid.unit_code and own.indicator_code = grid.indicator_code and own.period = grid.period
    and own.scope = 'own'
left join (
    select
        parent_code, indicator_code, period, sum(value) as value, sum(low) as low, sum(high) as high,
        max(value) as max_value, max(low) as max_low, max(high) as max_high,
        count(*) filter (where value is not null and high is null) as highless,
        sum(units_expected) as units_expected, sum(units_reported) as units_reported
    from plain.city
    group by parent_code, indicator_code, period
) as below
    on below.parent_code = grid.unit_code and below.indicator_code = grid.indicator_code and below.period = grid.period
where grid.level = 'province';

analyze plain.candidate;

create unlogged table plain.changed as
select after.*, before.unit_code as old_unit_code, before.indicator_code as old_indicator_code, before.period as old_period
from plain.candidate as after
full join (select * from plain.published where closed_by is null) as before
    on before.unit_code = after.unit_code and before.indicator_code = after.indicator_code
    and before.period = after.period
where after.unit_code is null or before.unit_code is null
    or (before.value, before.low, before.high, before.units_expected, before.units_reported)
        is distinct from (after.value, after.low, after.high, after.units_expected, after.units_reported);

update plain.published as before
set closed_by = (select coalesce(max(opened_by), 0) + 1 from plain.published)
from plain.changed as changed
where before.unit_code = changed.old_unit_code and before.indicator_code = changed.old_indicator_code
    and before.period = changed.old_period and before.closed_by is null;

insert into plain.published
select
    unit_code, indicator_code, period, value, low, high, units_expected, units_reported,
    (select coalesce(max(greatest(opened_by, closed_by)), 0) + 1 from plain.published)
from plain.changed
where unit_code is not null;
