"""The comparison of two years as it stood at an earlier publication: a release's report says the same for ever."""

from importlib import import_module

from alembic import op

revision = "0019"
down_revision = "0018"

RESTATED: dict[str, tuple[str, str]] = import_module("migrations.versions.0008_slices").RESTATED
COLUMNS = [column for column in RESTATED if column != "tree_date"]

NOW = 9223372036854775807
"""A publication that never comes: up to it everything is known."""

FIGURES = ", ".join(f"history.{column}" for column in COLUMNS)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def _known(publication: str) -> str:
    """Whether a row of `history` was in force at a publication."""
    return f"(history.opened_by <= {publication} and (history.closed_by is null or history.closed_by > {publication}))"


STATEMENTS = (
    "drop function published.comparable(text, text)",
    "drop function published.on_tree(text, date)",
    # Of the trees the year stands on, one between whose day and the asked one nothing changed.
    f"""
    create function published.on_tree(asked_year text, asked_date date, as_of bigint default {NOW})
    returns setof published.restated_values
    language sql stable
    as $$
        with year_trees as (
            select make_date(asked_year::integer, 12, 31) as tree_date, true as is_own
            where exists (
                select 1 from published.tree_closure_history as history
                where history.period = asked_year and {_known("as_of")}
            )
            union all
            select distinct history.tree_date, false
            from published.restated_values_history as history
            where history.period = asked_year and {_known("as_of")}
        ),
        stands_on as (
            select year_trees.tree_date, year_trees.is_own
            from year_trees
            where not exists (
                select 1 from published.tree_changes
                where changed_on > least(year_trees.tree_date, asked_date)
                    and changed_on <= greatest(year_trees.tree_date, asked_date)
            )
            order by year_trees.is_own desc, year_trees.tree_date
            limit 1
        )
        select {FIGURES}, asked_date, publication.published_at
        from published.indicator_values_history as history
        join published.publication as publication on publication.publication_id = history.opened_by
        where history.period = asked_year and {_known("as_of")} and exists (select 1 from stands_on where is_own)
        union all
        select {FIGURES}, asked_date, publication.published_at
        from published.restated_values_history as history
        join published.publication as publication on publication.publication_id = history.opened_by
        where history.period = asked_year and {_known("as_of")}
            and history.tree_date = (select stands_on.tree_date from stands_on where not is_own)
    $$
    """,
    """
    comment on function published.on_tree(text, date, bigint) is
        '某年度按某日单位树的数；没有行的，先用 kexie restate 重算。第三个参数是发布编号，给了就是当时已发布的'
    """,
    f"""
    create function published.comparable(
        year text, base_year text, as_of bigint default {NOW}, base_as_of bigint default {NOW}
    )
    returns table (
        unit_code text, unit_name text, unit_level text, indicator_code text, indicator_name text, measure text,
        period text, base_period text, tree_date date, units_in_both bigint, value numeric, base_value numeric,
        change numeric, change_percent numeric, not_comparable text
    )
    language sql stable
    as $$
        with later as (
            select
                greatest(year, base_year) as period,
                make_date(greatest(year, base_year)::integer, 12, 31) as day,
                case when year >= base_year then as_of else base_as_of end as publication
        ),
        tree as (
            select history.*
            from published.tree_closure_history as history
            join later on later.period = history.period
            where {_known("later.publication")}
        ),
        parents as (
            select child.unit_code, parent.ancestor_code as parent_code
            from tree as child
            join tree as parent
                on parent.unit_code = child.unit_code and parent.ancestor_depth = child.ancestor_depth - 1
            where child.ancestor_code = child.unit_code
        ),
        figures as (
            select 'now' as side, on_tree.*
            from later cross join lateral published.on_tree(year, later.day, as_of) as on_tree
            union all
            select 'base', on_tree.*
            from later cross join lateral published.on_tree(base_year, later.day, base_as_of) as on_tree
        ),
        adding as (
            select figures.*
            from figures
            join published.indicators as indicators on indicators.indicator_code = figures.indicator_code
            where indicators.aggregation in ('flow', 'newadd', 'money', 'stock', 'regcum')
                and figures.unit_level <> 'township'
        ),
        below as (
            select
                adding.side, parents.parent_code, adding.indicator_code,
                sum(adding.units_reported) as units_reported
            from adding
            join parents on parents.unit_code = adding.unit_code
            group by adding.side, parents.parent_code, adding.indicator_code
        ),
        -- A unit reported itself where its subtree counts one more than the subtrees below it do.
        reporters as (
            select adding.*
            from adding
            left join below
                on below.side = adding.side
                and below.parent_code = adding.unit_code
                and below.indicator_code = adding.indicator_code
            where adding.units_reported > coalesce(below.units_reported, 0)
        ),
        in_both as (
            select
                now.unit_code, now.indicator_code, now.own_value, base.own_value as base_own_value,
                now.own_value is null and coalesce(now.own_low, now.own_high) is not null as is_vague,
                base.own_value is null and coalesce(base.own_low, base.own_high) is not null as base_is_vague
            from reporters as now
            join reporters as base
                on base.side = 'base'
                and base.unit_code = now.unit_code
                and base.indicator_code = now.indicator_code
            where now.side = 'now'
        ),
        sums as (
            select
                tree.ancestor_code, in_both.indicator_code, count(*) as units,
                case when not bool_or(in_both.is_vague) then sum(in_both.own_value) end as value,
                case when not bool_or(in_both.base_is_vague) then sum(in_both.base_own_value) end as base_value
            from in_both
            join tree on tree.unit_code = in_both.unit_code
            group by tree.ancestor_code, in_both.indicator_code
        ),
        -- A definition that changed between the two years leaves nothing to compare.
        defined as (
            select
                sums.*,
                published.break_between(
                    sums.indicator_code, least(year, base_year), greatest(year, base_year)
                ) as not_comparable
            from sums
        )
        select
            named.unit_code, named.unit_name, named.unit_level, indicators.indicator_code, indicators.indicator_name,
            indicators.measure, year, base_year, later.day, defined.units, defined.value, defined.base_value,
            case when defined.not_comparable is null then defined.value - defined.base_value end,
            case when defined.not_comparable is null and defined.base_value > 0
                then round((defined.value - defined.base_value) * 100 / defined.base_value, 4)
            end,
            defined.not_comparable
        from defined
        cross join later
        join tree as named on named.unit_code = defined.ancestor_code and named.ancestor_code = named.unit_code
        join published.indicators as indicators on indicators.indicator_code = defined.indicator_code
    $$
    """,
    """
    comment on function published.comparable(text, text, bigint, bigint) is
        '同口径比较：两个年度按后一年度年末的单位树，只计两年都报齐的单位的本级数；可加指标才有。后两个参数是发布编号，给了就是当时已发布的'
    """,
)
