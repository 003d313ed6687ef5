"""Why a figure changed between two moments: the difference taken apart by reason, exactly, with the leaves behind it.

docs/decisions/0023-why-it-changed.md says how a leaf gets its reason and in which order reasons are applied.
"""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    for statement in (LEAF_CHANGES, CHANGES, WHY):
        op.execute(statement)
    for function, comment in COMMENTS.items():
        op.execute(f"comment on function published.{function} is '{comment}'")


# The office learns what landing knows of a leaf through these functions only, so they run with their owner's rights;
# with a generic plan, a filter that may be left out could never use an index.
OPTIONS = """
    language plpgsql stable rows 1000
    security definer
    set search_path = pg_catalog, pg_temp
    set plan_cache_mode = force_custom_plan
"""

ASKED = """
    from_moment timestamptz,
    to_moment timestamptz,
    asked_unit text default null,
    asked_indicator text default null,
    asked_period text default null
"""

PUBLICATIONS = """
    publication_before constant bigint := (
        select coalesce(max(publication_id), 0) from published.publication where published_at <= from_moment
    );
    publication_after constant bigint := (
        select coalesce(max(publication_id), 0) from published.publication where published_at <= to_moment
    );
"""

# Rows of a history that were published at the one and at the other moment.
BEFORE, AFTER = (
    f"(opened_by <= publication_{side} and coalesce(closed_by > publication_{side}, true))"
    for side in ("before", "after")
)

# What each year's builds had taken notice of, and whether by another catalogue.
KNOWN = """
    select
        build_year.year,
        coalesce(max(build.cutoff_seq) filter (where made.at <= from_moment), 0) as seq_before,
        coalesce(max(build.cutoff_seq) filter (where made.at <= to_moment), 0) as seq_after,
        (array_agg(build.catalogue_version order by build.build_id desc) filter (where made.at <= from_moment))[1]
            <> (array_agg(build.catalogue_version order by build.build_id desc) filter (where made.at <= to_moment))[1]
            as has_other_catalogue
    from ops.build as build
    join ops.build_year as build_year on build_year.build_id = build.build_id
    left join published.publication as publication on publication.build_id = build.build_id
    cross join lateral (select coalesce(publication.published_at, build.published_at) as at) as made
    where build.state = 'published'
    group by build_year.year
"""

KINDS = f"""
    select
        indicator_code,
        (array_agg(aggregation order by opened_by desc))[1] as aggregation,
        (array_agg(case when measure = '%' then 100 else 1 end order by opened_by desc))[1] as scale,
        bool_or(aggregation in ('ratio', 'peak', 'coverage')) as is_recomputed,
        bool_or({BEFORE}) and bool_or({AFTER})
            and count(distinct (aggregation, over_time, measure)) > 1 as is_redefined
    from published.indicators_history
    where {BEFORE} or {AFTER}
    group by indicator_code
"""

ASKED_LEAVES = """
    (asked_indicator is null or indicator_code = asked_indicator)
    and (asked_period is null or period = asked_period)
"""

# Most periods are the same at both moments, and nothing needs to be known of them.
TOUCHED = f"""
    select asked_period as period where asked_period is not null
    union
    select period from published.tree_closure_history where asked_period is null and {BEFORE} <> {AFTER}
    union
    select period from published.contribution_leaves_history
    where asked_period is null and {BEFORE} <> {AFTER} and {ASKED_LEAVES}
"""

# Each holder and each unit above it, itself included, with that unit's depth in the tree then and now.
PATHS = f"""
    select
        period,
        unit_code as holder_code,
        ancestor_code as unit_code,
        max(ancestor_depth) filter (where {BEFORE}) as depth_before,
        max(ancestor_depth) filter (where {AFTER}) as depth_after
    from published.tree_closure_history
    where ({BEFORE} or {AFTER})
        and (asked_unit is null or ancestor_code = asked_unit)
        and period in (select period from touched)
    group by period, unit_code, ancestor_code
"""

MOVED = "select distinct period, holder_code from paths where depth_before is distinct from depth_after"

# What does not add is computed again, so of that all leaves are needed where one has changed.
RECOMPUTED = f"""
    select moved.period, kinds.indicator_code
    from moved
    cross join kinds
    where kinds.is_recomputed
    union
    select period, indicator_code
    from published.contribution_leaves_history
    where {BEFORE} <> {AFTER}
        and {ASKED_LEAVES}
        and indicator_code in (select indicator_code from kinds where is_recomputed)
"""

# Two halves, since what is in force and what is closed have an index each.
STORED = f"""
    select history.*, {BEFORE} as was, {AFTER} as is_now
    from (
        select * from published.contribution_leaves_history where closed_by is null
        union all
        select * from published.contribution_leaves_history where closed_by is not null
    ) as history
    where ({BEFORE} or {AFTER})
        and {ASKED_LEAVES}
        and (asked_unit is null or (period, holder_code) in (select period, holder_code from paths))
        and (
            {BEFORE} <> {AFTER}
            or (period, holder_code) in (select period, holder_code from moved)
            or (period, indicator_code) in (select period, indicator_code from recomputed)
        )
"""

LEAVES = """
    select
        stored.holder_code,
        stored.indicator_code,
        stored.period,
        case when stored.role in ('own', 'claim') then 'figure' else stored.role end as part,
        stored.leaf_indicator_code,
        stored.reach_depth,
        leaf.observation_id,
        coalesce(leaf.weight, 1) as weight,
        case when leaf.weight is null then observation.value else leaf.shared_value end as value,
        stored.was,
        stored.is_now
    from stored
    cross join lateral unnest(stored.observation_ids, stored.weights, stored.shared_values)
        as leaf (observation_id, weight, shared_value)
    join landing.observation as observation on observation.observation_id = leaf.observation_id
"""

# What each filed figure brought to each unit it stands below: it counts there as far up as its reach.
OBSERVED = """
    select
        paths.unit_code,
        leaves.indicator_code,
        leaves.period,
        leaves.part,
        leaves.leaf_indicator_code,
        leaves.observation_id,
        array_agg(distinct leaves.holder_code) as holders,
        bool_or(paths.depth_before is not null and paths.depth_after is not null) as stays,
        bool_or(leaves.was and paths.depth_before is not null) as is_seen_before,
        bool_or(leaves.is_now and paths.depth_after is not null) as is_seen_after,
        coalesce(bool_or(counting.before), false) as counts_before,
        coalesce(bool_or(counting.after), false) as counts_after,
        sum(leaves.value) filter (where counting.before) as value_before,
        sum(leaves.value) filter (where counting.after) as value_after,
        sum(leaves.weight) filter (where counting.before) as weight_before,
        sum(leaves.weight) filter (where counting.after) as weight_after
    from leaves
    join paths on paths.period = leaves.period and paths.holder_code = leaves.holder_code
    cross join lateral (
        select
            leaves.was and paths.depth_before >= leaves.reach_depth as before,
            leaves.is_now and paths.depth_after >= leaves.reach_depth as after
    ) as counting
    group by
        paths.unit_code, leaves.indicator_code, leaves.period, leaves.part, leaves.leaf_indicator_code,
        leaves.observation_id
"""

CHANGED = """
    select
        observed.*,
        submission.unit_code as leaf_unit_code,
        submission.period as leaf_period,
        submission.year,
        observation.scope
    from observed
    join landing.observation as observation on observation.observation_id = observed.observation_id
    join landing.submission as submission on submission.submission_id = observation.submission_id
    where observed.counts_before <> observed.counts_after
        or observed.value_before is distinct from observed.value_after
        or observed.is_seen_before <> observed.is_seen_after
"""

# One cell: what one unit says for an indicator, period and scope, on whatever form.
CELLS = """
    select
        row_number() over () as cell_id,
        unit_code,
        indicator_code,
        period,
        part,
        leaf_unit_code,
        leaf_indicator_code,
        leaf_period,
        scope,
        year,
        max(observation_id) filter (where counts_before) as before_id,
        max(observation_id) filter (where counts_after) as after_id,
        sum(value_before) as value_before,
        sum(value_after) as value_after,
        sum(weight_before) is distinct from sum(weight_after) as is_shared_otherwise,
        bool_or(is_seen_before) as is_seen_before,
        bool_or(is_seen_after) as is_seen_after,
        bool_or(stays) as stays,
        max(holders) filter (where counts_before) as holders_before,
        max(holders) filter (where counts_after) as holders_after
    from changed
    group by
        unit_code, indicator_code, period, part, leaf_unit_code, leaf_indicator_code, leaf_period, scope, year
    having bool_or(counts_before or counts_after)
"""

# Reasons in the order in which they are applied: first what is about the tree and the rules, then what was there and
# is not or is another, last what is new.
REASONS = ("tree_move", "definition", "scope", "withdrawn", "correction", "settled", "new_filing", "late")
IN_ORDER = "array[" + ", ".join(f"'{reason}'" for reason in REASONS) + "]"


def rank_of(reason: str) -> str:
    return f"array_position({IN_ORDER}, {reason})"


def reason_of(rank: str) -> str:
    return f"({IN_ORDER})[{rank}]"


# Where the same units stand below and others of them are expected, it is the catalogue that now asks others.
RECOUNTED = f"""
    select unit_code, indicator_code, period
    from published.indicator_values_history
    where ({BEFORE} or {AFTER})
        and left(period, 4)::smallint in (select year from known where has_other_catalogue)
        and (asked_unit is null or unit_code = asked_unit)
        and (asked_indicator is null or indicator_code = asked_indicator)
        and (asked_period is null or period = asked_period)
        and (period, unit_code) not in (
            select period, unit_code from paths where depth_before is distinct from depth_after
        )
    group by unit_code, indicator_code, period
    having count(distinct units_expected) > 1
"""

# The figure that counted for each cell then and now, with the submission that brought it.
FILED = """
    select
        cells.*,
        known.seq_before,
        known.seq_after,
        coalesce(known.has_other_catalogue, false) as has_other_catalogue,
        kinds.is_redefined or recounted.unit_code is not null as is_redefined,
        coalesce(after_submission.form, before_submission.form) as form,
        coalesce(after_figure.status, before_figure.status) as status,
        before_figure.status as before_status,
        before_submission.submission_id as before_submission_id,
        before_submission.delivery_seq as before_seq,
        withdrawal.withdrawal_seq <= known.seq_after as is_withdrawn,
        after_submission.submission_id as after_submission_id,
        after_submission.delivery_seq as after_seq,
        (cells.before_id is null and not cells.is_seen_before) or (cells.after_id is null and not cells.is_seen_after)
            as is_one_sided
    from cells
    join known on known.year = cells.year
    join kinds on kinds.indicator_code = cells.indicator_code
    left join recounted
        on recounted.unit_code = cells.unit_code
        and recounted.indicator_code = cells.indicator_code
        and recounted.period = cells.period
    left join landing.observation as before_figure on before_figure.observation_id = cells.before_id
    left join landing.submission as before_submission
        on before_submission.submission_id = before_figure.submission_id
    left join landing.withdrawal as withdrawal on withdrawal.submission_id = before_figure.submission_id
    left join landing.observation as after_figure on after_figure.observation_id = cells.after_id
    left join landing.submission as after_submission on after_submission.submission_id = after_figure.submission_id
"""

# What the unit had in force for that form and period at the two moments, and by when it was due.
SUBMISSION = """
    select submission.submission_id, submission.delivery_seq
    from landing.submission as submission
    left join landing.withdrawal as withdrawal on withdrawal.submission_id = submission.submission_id
    where submission.unit_code = asked.leaf_unit_code
        and submission.form = asked.form
        and submission.period = asked.leaf_period
        and submission.state = 'accepted'
        and submission.delivery_seq <= asked.seq_{side}
        and coalesce(withdrawal.withdrawal_seq > asked.seq_{side}, true)
    order by submission.delivery_seq desc
    limit 1
"""

IN_FORCE = f"""
    select
        asked.*,
        before.submission_id as then_in_force,
        after.submission_id as now_in_force,
        after.delivery_seq as now_seq,
        (
            select max(obligation.due_date)
            from landing.filing_obligation as obligation
            where obligation.year = asked.year
                and obligation.unit_code = asked.leaf_unit_code
                and obligation.form = asked.form
                and obligation.months & asked.months <> 0
        ) as due_date
    from (
        select distinct leaf_unit_code, form, leaf_period, year, seq_before, seq_after,
            case
                when length(leaf_period) = 4 then 4095
                when substring(leaf_period from 6) = 'H1' then 63
                when substring(leaf_period from 6) = 'H2' then 4032
                when substring(leaf_period from 6 for 1) = 'Q'
                    then 7 << (3 * (substring(leaf_period from 7)::integer - 1))
                else 1 << (substring(leaf_period from 6)::integer - 1)
            end as months
        from filed
        where is_one_sided
    ) as asked
    left join lateral ({SUBMISSION.format(side="before")}) as before on true
    left join lateral ({SUBMISSION.format(side="after")}) as after on true
"""

# Whether a submission gives the cell's figure, or, where `scope` is the other one, calls it 含下级 instead of 本级.
SAYS = """
    exists (
        select 1 from landing.observation as said
        where said.submission_id = {submission}
            and said.indicator_code = filed.leaf_indicator_code
            and said.scope = {scope}
            and said.state = 'number'
            and not said.is_held
            and (said.status = filed.status or said.status in ('actual', 'provisional'))
    )
"""
SAME_SCOPE = "filed.scope"
OTHER_SCOPE = "case filed.scope when 'own' then 'jurisdiction' when 'jurisdiction' then 'own' end"


def says(submission: str, scope: str) -> str:
    return SAYS.format(submission=submission, scope=scope)


# When a figure first came after the first moment; a later revision of it does not make it late.
FIRST_RECEIVED = """
    select min(delivery.received_at)
    from landing.submission as submission
    join landing.delivery as delivery on delivery.delivery_seq = submission.delivery_seq
    join landing.observation as said on said.submission_id = submission.submission_id
    where submission.unit_code = filed.leaf_unit_code
        and submission.form = filed.form
        and submission.period = filed.leaf_period
        and submission.state = 'accepted'
        and submission.delivery_seq > filed.seq_before
        and said.indicator_code = filed.leaf_indicator_code
        and said.scope = filed.scope
        and said.state = 'number'
        and not said.is_held
"""

# The reason that the filings themselves give. None where the same was filed at both moments.
JUDGED = f"""
    select
        filed.*,
        case
            when before_id = after_id then null
            when before_id is not null and after_id is not null then case
                when before_submission_id = after_submission_id and has_other_catalogue then 'definition'
                when after_seq <= filed.seq_before and is_withdrawn then 'withdrawn'
                when before_status = 'provisional' and status = 'actual' then 'settled'
                else 'correction'
            end
            when not is_one_sided then case when is_redefined then 'definition' when stays then 'scope' end
            when after_id is not null then case
                when after_submission_id = then_in_force then null
                when after_seq <= filed.seq_before then 'withdrawn'
                when {says("then_in_force", SAME_SCOPE)} then null
                when {says("then_in_force", OTHER_SCOPE)} and not {says("after_submission_id", OTHER_SCOPE)}
                    then 'scope'
                when (({FIRST_RECEIVED}) at time zone 'Asia/Shanghai')::date > due_date then 'late'
                else 'new_filing'
            end
            when now_in_force is null or now_seq < before_seq then 'withdrawn'
            when before_submission_id = now_in_force then null
            when {says("now_in_force", SAME_SCOPE)} then null
            when {says("now_in_force", OTHER_SCOPE)} and not {says("before_submission_id", OTHER_SCOPE)} then 'scope'
            else 'correction'
        end as filed_reason
    from filed
    left join in_force
        on filed.is_one_sided
        and in_force.leaf_unit_code = filed.leaf_unit_code
        and in_force.form = filed.form
        and in_force.leaf_period = filed.leaf_period
"""

# What was filed beside a cell, for the same unit: a year that now counts instead of its quarters, the missing part of
# a ratio. Of several the last reason for a cell that went, the first for one that came.
BESIDE = f"""
    select distinct on (cell_id) *
    from (
        select
            judged.*,
            holder_code,
            case when after_id is null
                then max({rank_of("filed_reason")}) over beside
                else min({rank_of("filed_reason")}) over beside
            end as rank_beside
        from judged
        cross join unnest(coalesce(holders_after, holders_before)) as holder_code
        window beside as (partition by unit_code, indicator_code, period, scope, holder_code)
    ) as spread
    order by cell_id, rank_beside
"""

# What else of the year that unit filed or took back in between: a 无此项 makes no leaf, but can end a figure or
# complete a ratio.
ELSEWHERE = """
    select case
        when bool_or(withdrawal.withdrawal_seq between beside.seq_before + 1 and beside.seq_after) then 'withdrawn'
        when bool_or(submission.delivery_seq between beside.seq_before + 1 and beside.seq_after)
            then case when beside.after_id is null then 'correction' else 'new_filing' end
    end
    from landing.submission as submission
    left join landing.withdrawal as withdrawal on withdrawal.submission_id = submission.submission_id
    where submission.unit_code in (beside.leaf_unit_code, beside.holder_code)
        and submission.year = beside.year
        and submission.state = 'accepted'
"""

REASONED = f"""
    select
        beside.*,
        case
            when filed_reason is not null then filed_reason
            when before_id = after_id and is_shared_otherwise then 'tree_move'
            when before_id = after_id then coalesce({reason_of("rank_beside")}, 'tree_move')
            when not stays then 'tree_move'
            when is_redefined then 'definition'
            when rank_beside is not null then {reason_of("rank_beside")}
            when scope = 'jurisdiction' then 'scope'
            when leaf_unit_code <> all (coalesce(holders_after, holders_before))
                and (period, unit_code) in (
                    select period, unit_code from paths where depth_before is distinct from depth_after
                )
            then 'tree_move'
            else coalesce(({ELSEWHERE}), case when has_other_catalogue then 'definition' else 'scope' end)
        end as reason
    from beside
"""


def with_ctes(ctes: dict[str, str]) -> str:
    return "with " + ", ".join(f"{name} as materialized ({query})" for name, query in ctes.items())


CTES = {
    "known": KNOWN,
    "kinds": KINDS,
    "touched": TOUCHED,
    "paths": PATHS,
    "moved": MOVED,
    "recomputed": RECOMPUTED,
    "stored": STORED,
    "leaves": LEAVES,
    "observed": OBSERVED,
    "changed": CHANGED,
    "cells": CELLS,
    "recounted": RECOUNTED,
    "filed": FILED,
    "in_force": IN_FORCE,
    "judged": JUDGED,
    "beside": BESIDE,
    "reasoned": REASONED,
}

LEAF_CHANGES = f"""
    create function published.leaf_changes({ASKED})
    returns table (
        unit_code text,
        indicator_code text,
        period text,
        reason text,
        part text,
        leaf_unit_code text,
        leaf_indicator_code text,
        leaf_period text,
        scope text,
        before_observation_id bigint,
        after_observation_id bigint,
        before_value numeric,
        after_value numeric
    )
    {OPTIONS}
    as $$
    #variable_conflict use_column
    declare {PUBLICATIONS}
    begin
        if from_moment > to_moment then
            raise exception '起始时刻 % 晚于终止时刻 %', from_moment, to_moment using errcode = 'data_exception';
        end if;
        if publication_before = publication_after then
            return;
        end if;
        return query
        {with_ctes(CTES)}
        select
            unit_code, indicator_code, period, reason, part,
            leaf_unit_code, leaf_indicator_code, leaf_period, scope,
            before_id, after_id, value_before, value_after
        from reasoned
        union all
        -- The same then and now, and needed only where the figure is computed again from all.
        select
            observed.unit_code, observed.indicator_code, observed.period, null, observed.part,
            null, observed.leaf_indicator_code, null, null,
            observed.observation_id, observed.observation_id, observed.value_before, observed.value_after
        from observed
        join kinds on kinds.indicator_code = observed.indicator_code
        where kinds.is_recomputed
            and observed.counts_before and observed.counts_after
            and observed.value_before is not distinct from observed.value_after;
    end
    $$
"""

# A figure as it was published then and now.
FIGURES = f"""
    select
        unit_code,
        indicator_code,
        period,
        min(value) filter (where {BEFORE}) as before_value,
        min(value) filter (where {AFTER}) as after_value,
        bool_or(value is null and coalesce(low, high) is not null) as is_vague,
        min(basis) filter (where {BEFORE}) <> min(basis) filter (where {AFTER}) as has_other_basis,
        not bool_or({BEFORE} and {AFTER})
            and (count(distinct (value, low, high)) > 1 or (count(*) = 1 and count(coalesce(value, low, high)) = 1))
            as is_changed
    from published.indicator_values_history
    where ({BEFORE} or {AFTER})
        and (asked_unit is null or unit_code = asked_unit)
        and (asked_indicator is null or indicator_code = asked_indicator)
        and (asked_period is null or period = asked_period)
    group by unit_code, indicator_code, period
"""

# Nothing published counts as 0. A figure that is there and has no value (3—5 场) has no difference.
DIFFERENCES = """
    select
        figures.*,
        case
            when is_vague
                or (before_value is null and leaf.is_valueless_before)
                or (after_value is null and leaf.is_valueless_after)
            then null
            else coalesce(after_value, 0) - coalesce(before_value, 0)
        end as difference
    from figures
    left join (
        select unit_code, indicator_code, period,
            count(before_observation_id) > count(before_value) as is_valueless_before,
            count(after_observation_id) > count(after_value) as is_valueless_after
        from leaf_changes
        group by unit_code, indicator_code, period
        having count(reason) > 0
    ) as leaf using (unit_code, indicator_code, period)
    where is_changed or (leaf.unit_code is not null and coalesce(before_value, after_value) is not null)
"""

LEAF_CHANGES_RANKED = f"""
    select leaf_changes.*, coalesce({rank_of("reason")}, 0) as rank
    from published.leaf_changes(from_moment, to_moment, asked_unit, asked_indicator, asked_period) as leaf_changes
"""

# What adds is linear in its leaves.
ADDED = """
    select unit_code, indicator_code, period, reason,
        sum(coalesce(after_value, 0) - coalesce(before_value, 0)) as term
    from leaf_changes
    join kinds using (indicator_code)
    where not kinds.is_recomputed
    group by unit_code, indicator_code, period, reason
"""

STEPS = """
    select distinct unit_code, indicator_code, period, step.rank
    from leaf_changes
    join kinds using (indicator_code)
    cross join lateral (values (0), (leaf_changes.rank)) as step (rank)
    where kinds.is_recomputed
"""

# The leaves after each step: those of its reason and of the ones before it are as now, the others as then.
STATES = """
    select
        unit_code,
        indicator_code,
        period,
        steps.rank,
        count(leaf.observation_id) filter (where part = 'figure') as figures,
        count(leaf.value) filter (where part = 'figure') as figure_values,
        sum(leaf.value) filter (where part = 'figure') as figure_sum,
        max(leaf.value) filter (where part = 'figure') as figure_max,
        count(leaf.observation_id) filter (where part <> 'figure') as parts,
        count(leaf.value) filter (where part <> 'figure') as part_values,
        sum(leaf.value) filter (where part = 'numerator') as numerator,
        sum(leaf.value) filter (where part = 'denominator') as denominator
    from steps
    join leaf_changes using (unit_code, indicator_code, period)
    cross join lateral (
        select after_observation_id as observation_id, after_value as value where leaf_changes.rank <= steps.rank
        union all
        select before_observation_id, before_value where leaf_changes.rank > steps.rank
    ) as leaf
    group by unit_code, indicator_code, period, steps.rank
"""

# A ratio is rounded as it is published: half up, to 4 decimals, once. A step after which there is no value, for lack of
# a part, leaves the one before.
COMPUTED = """
    select
        states.*,
        case
            when figures + parts = 0 then 0
            when kinds.aggregation = 'coverage' then case when figures = 1 then figure_sum end
            when figures > 0 and figure_values < figures then null
            when kinds.aggregation = 'peak' then figure_max
            when figures > 0 then figure_sum
            when part_values = parts and denominator > 0
            then div(
                numerator * kinds.scale * 20000 + denominator, denominator * 2
            ) * 0.0001
        end as value
    from states
    join kinds using (indicator_code)
"""

STEPPED = """
    select unit_code, indicator_code, period, rank, first_value(value) over known_last as value
    from (
        select *, count(value) over (partition by unit_code, indicator_code, period order by rank) as values_so_far
        from computed
    ) as counted
    window known_last as (partition by unit_code, indicator_code, period, values_so_far order by rank)
"""

REPLACED = f"""
    select unit_code, indicator_code, period, rank, {reason_of("rank")} as reason,
        coalesce(value, 0) - coalesce(lag(value) over (partition by unit_code, indicator_code, period order by rank), 0)
            as term
    from stepped
"""

TERMS = """
    select unit_code, indicator_code, period, reason, term from added
    union all
    select unit_code, indicator_code, period, reason, term from replaced where rank > 0
"""

# What the leaves leave open (a split rounds the whole, not each leaf), and a figure that changed without any.
LEFT_OVER = f"""
    select
        unit_code,
        indicator_code,
        period,
        case
            when kinds.is_redefined then 'definition'
            when explained.last_reason is not null then explained.last_reason
            when differences.has_other_basis then 'scope'
            else 'definition'
        end as reason,
        differences.difference - coalesce(explained.term, 0) as term
    from differences
    join kinds using (indicator_code)
    left join (
        select unit_code, indicator_code, period, sum(term) as term,
            {reason_of(f"max({rank_of('reason')})")} as last_reason
        from terms
        group by unit_code, indicator_code, period
    ) as explained using (unit_code, indicator_code, period)
    where explained.last_reason is null or differences.difference <> explained.term
"""

TOTALS = """
    select unit_code, indicator_code, period, reason, sum(term) as term,
        bool_or(sum(term) <> 0) over (partition by unit_code, indicator_code, period) as has_other_terms
    from (select * from terms union all select * from left_over) as every
    group by unit_code, indicator_code, period, reason
"""

CHANGES_CTES = {
    "leaf_changes": LEAF_CHANGES_RANKED,
    "kinds": KINDS,
    "figures": FIGURES,
    "differences": DIFFERENCES,
    "added": ADDED,
    "steps": STEPS,
    "states": STATES,
    "computed": COMPUTED,
    "stepped": STEPPED,
    "replaced": REPLACED,
    "terms": TERMS,
    "left_over": LEFT_OVER,
    "totals": TOTALS,
}


CHANGES = f"""
    create function published.changes({ASKED})
    returns table (
        unit_code text,
        indicator_code text,
        period text,
        before_value numeric,
        after_value numeric,
        difference numeric,
        reason text,
        term numeric
    )
    {OPTIONS}
    as $$
    #variable_conflict use_column
    declare {PUBLICATIONS}
    begin
        return query
        {with_ctes(CHANGES_CTES)}
        select
            unit_code, indicator_code, period, before_value, after_value, difference, reason,
            case when difference is not null then term end
        from differences
        join totals using (unit_code, indicator_code, period)
        -- Where the value stayed and its bounds did not, the reasons are given without anything to add.
        where difference is null or term <> 0 or (is_changed and not has_other_terms);
    end
    $$
"""

SIDES = ("before", "after")
FILED_COLUMNS = {
    "filed_value": ("numeric", "figure.value"),
    "filed_low": ("numeric", "figure.low"),
    "filed_high": ("numeric", "figure.high"),
    "status": ("text", "figure.status"),
    "file_name": ("text", "delivery.file_name"),
    "received_at": ("timestamptz", "delivery.received_at"),
    "sheet": ("text", "figure.sheet"),
    "cell": ("text", "figure.cell"),
    "line": ("integer", "figure.line"),
    "quote": ("text", "figure.quote"),
}

FILED_BY = """
        left join landing.observation as {side}_figure
            on {side}_figure.observation_id = changed.{side}_observation_id
        left join landing.submission as {side}_submission
            on {side}_submission.submission_id = {side}_figure.submission_id
        left join landing.delivery as {side}_delivery
            on {side}_delivery.delivery_seq = {side}_submission.delivery_seq
"""

WHY = f"""
    create function published.why(
        asked_unit text, asked_indicator text, asked_period text, from_moment timestamptz, to_moment timestamptz
    )
    returns table (
        reason text,
        leaf_unit_code text,
        leaf_unit_name text,
        leaf_indicator_code text,
        leaf_period text,
        scope text,
        before_value numeric,
        after_value numeric,
        {", ".join(f"{side}_{name} {kind}" for side in SIDES for name, (kind, _) in FILED_COLUMNS.items())}
    )
    {OPTIONS}
    as $$
    #variable_conflict use_column
    begin
        return query
        select
            changed.reason,
            changed.leaf_unit_code,
            (
                select span.name from landing.unit_span as span
                where span.unit_code = changed.leaf_unit_code
                order by span.valid_from desc limit 1
            ),
            changed.leaf_indicator_code,
            changed.leaf_period,
            changed.scope,
            changed.before_value,
            changed.after_value,
            {", ".join(f"{side}_{source}" for side in SIDES for _, source in FILED_COLUMNS.values())}
        from published.leaf_changes(from_moment, to_moment, asked_unit, asked_indicator, asked_period) as changed
        {" ".join(FILED_BY.format(side=side) for side in SIDES)}
        where changed.reason is not null;
    end
    $$
"""

COMMENTS = {
    "leaf_changes(timestamptz, timestamptz, text, text, text)": (
        "两个时刻之间，各单位各指标各报告期的数所依据的原报数有何不同、因何不同；"
        "比率、峰值、去重数还列出未变的（reason 为空）。一般用 published.changes 和 published.why"
    ),
    "changes(timestamptz, timestamptz, text, text, text)": (
        "两个时刻之间数为什么变了：每个单位、指标、报告期、原因一行，同一个数各行的 term 之和恰为 difference。"
        "原因：tree_move 单位划转变动、definition 指标定义变化、scope 口径变化、withdrawn 撤回、correction 更正、"
        "settled 预计数落实、new_filing 新报、late 迟报。后三个参数可省：单位、指标、报告期"
    ),
    "why(text, text, text, timestamptz, timestamptz)": (
        "一个数（单位、指标、报告期）在两个时刻之间为什么变了：每个变了的原报数一行，"
        "前后计入多少、原报多少、在哪个文件的哪一格"
    ),
}
