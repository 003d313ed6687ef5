"""Name lists: the names behind the figure of a list, and what of them is published."""

from importlib import import_module

from alembic import op

from migrations.histories import comment_columns

revision = "0023"
down_revision = "0022"

LEAVES = import_module("migrations.versions.0009_leaves")


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    comment_columns("list_names", NAME_COLUMNS)
    comment_columns("list_matches", MATCH_COLUMNS)
    comment_columns("list_reconciliation", RECONCILIATION_COLUMNS)


TABLE = """
    create table landing.list_name (
        list_name_id bigint generated always as identity primary key,
        submission_id bigint not null references landing.submission,
        indicator_code text not null,
        scope text not null,
        status text not null,
        name text not null check (name <> ''),
        -- As names and titles are compared: without spaces, full-width signs as plain ones.
        name_key text not null check (name_key <> ''),
        title text not null default '',
        title_key text not null default '',
        level text check (level in ('national', 'province', 'city', 'county')),
        batch text not null default '',
        located_in text,
        valid_from date,
        valid_until date check (valid_from <= valid_until),
        is_counted boolean not null,
        note text not null default '',
        sheet text,
        cell text,
        line integer
    )
"""

# The leaves published of a list say which filed figures count; their names stand beside them in landing.
NAMES = f"""
    select
        leaves.holder_code as unit_code,
        holder.unit_name,
        holder.unit_level,
        leaves.indicator_code,
        indicators.indicator_name,
        leaves.period,
        named.name,
        named.title,
        named.level,
        named.batch,
        named.valid_from,
        named.valid_until,
        coalesce(named.valid_from <= today.day, true) and coalesce(named.valid_until >= today.day, true) as is_valid,
        named.is_counted,
        named.located_in,
        place.unit_name as located_in_name,
        named.note,
        filed.unit_code as filed_by,
        filed.period as filed_period,
        filed.file_name,
        filed.received_at,
        named.sheet,
        named.cell,
        named.line,
        named.name_key,
        named.title_key,
        filed.observation_id,
        filed.submission_id,
        named.list_name_id
    from {LEAVES.LEAVES_NOW} as leaves
    cross join lateral unnest(leaves.observation_ids) as leaf (observation_id)
    join published.filed_figures as filed on filed.observation_id = leaf.observation_id
    join landing.list_name as named
        on named.submission_id = filed.submission_id
        and named.indicator_code = filed.indicator_code
        and named.scope = filed.scope
        and named.status = filed.status
    join {LEAVES.CLOSURE_NOW} as holder
        on holder.period = leaves.period
        and holder.unit_code = leaves.holder_code
        and holder.ancestor_code = leaves.holder_code
    left join {LEAVES.CLOSURE_NOW} as place
        on place.period = leaves.period
        and place.unit_code = named.located_in
        and place.ancestor_code = named.located_in
    left join published.indicators as indicators on indicators.indicator_code = leaves.indicator_code
    cross join (select (now() at time zone 'Asia/Shanghai')::date as day) as today
    -- Lists are few among all leaves, and only these are opened.
    where leaves.role = 'own'
        and leaves.indicator_code = any(array(select distinct listed.indicator_code from landing.list_name as listed))
"""

# Of the names of a list in the owner's keeping and those that units below claim; a claim meets at most one of the list.
MATCHES = f"""
    with closure as not materialized (
        select * from {LEAVES.CLOSURE_NOW} as in_force
    ),

    -- The names are few; nobody knows how few while the leaves they stand behind are joined to them again and again.
    names as materialized (
        select * from published.list_names
    ),

    owned as materialized (
        select distinct
            names.period, names.indicator_code, names.indicator_name,
            names.unit_code as owner_code, names.unit_name as owner_name
        from names
        join published.indicator_values as figures
            on figures.period = names.period
            and figures.indicator_code = names.indicator_code
            and figures.unit_code = names.unit_code
        where figures.basis = 'list'
    ),

    listed as materialized (
        select owned.owner_code, owned.owner_name, names.*
        from owned
        join names
            on names.period = owned.period
            and names.indicator_code = owned.indicator_code
            and names.unit_code = owned.owner_code
    ),

    claimed as materialized (
        select owned.owner_code, owned.owner_name, names.*
        from owned
        join closure on closure.period = owned.period and closure.ancestor_code = owned.owner_code
        join names
            on names.period = owned.period
            and names.indicator_code = owned.indicator_code
            and names.unit_code = closure.unit_code
        where closure.unit_code <> owned.owner_code and names.is_counted
    ),

    pairs as materialized (
        select
            claimed.list_name_id as claimed_id,
            listed.list_name_id as listed_id,
            listed.title as listed_title,
            listed.level as listed_level,
            listed.valid_until as listed_until,
            case
                when listed.title_key <> claimed.title_key or listed.level is distinct from claimed.level
                    then 'other_title'
                when listed.is_counted then 'agreed'
                else 'not_counted'
            end as state,
            row_number() over (
                partition by claimed.period, claimed.indicator_code, claimed.owner_code, claimed.list_name_id
                order by
                    (listed.title_key = claimed.title_key and listed.level is not distinct from claimed.level) desc,
                    listed.is_counted desc,
                    listed.located_in nulls last,
                    listed.list_name_id
            ) as choice,
            claimed.period,
            claimed.indicator_code,
            claimed.owner_code
        from claimed
        join listed
            on listed.period = claimed.period
            and listed.indicator_code = claimed.indicator_code
            and listed.owner_code = claimed.owner_code
            and listed.name_key = claimed.name_key
        where listed.located_in is null or claimed.located_in is null or exists (
            select 1 from closure
            where closure.period = claimed.period
                and (closure.unit_code, closure.ancestor_code)
                    in ((claimed.located_in, listed.located_in), (listed.located_in, claimed.located_in))
        )
    )

    select
        claimed.period, claimed.indicator_code, claimed.indicator_name, claimed.owner_code, claimed.owner_name,
        claimed.unit_code, claimed.unit_name, claimed.name, claimed.title, claimed.level,
        coalesce(pairs.state, 'not_listed') as state,
        pairs.listed_title, pairs.listed_level, pairs.listed_until,
        claimed.file_name, claimed.sheet, claimed.cell, claimed.line,
        claimed.list_name_id as claimed_id, pairs.listed_id
    from claimed
    left join pairs
        on pairs.period = claimed.period
        and pairs.indicator_code = claimed.indicator_code
        and pairs.owner_code = claimed.owner_code
        and pairs.claimed_id = claimed.list_name_id
        and pairs.choice = 1
    union all
    select
        listed.period, listed.indicator_code, listed.indicator_name, listed.owner_code, listed.owner_name,
        listed.located_in, listed.located_in_name, listed.name, listed.title, listed.level,
        'not_claimed', listed.title, listed.level, listed.valid_until,
        listed.file_name, listed.sheet, listed.cell, listed.line,
        null, listed.list_name_id
    from listed
    where listed.is_counted and not exists (
        select 1 from pairs
        where pairs.period = listed.period
            and pairs.indicator_code = listed.indicator_code
            and pairs.owner_code = listed.owner_code
            and pairs.listed_id = listed.list_name_id
            and pairs.choice = 1
    )
"""

RECONCILIATION = f"""
    with closure as not materialized (
        select * from {LEAVES.CLOSURE_NOW} as in_force
    ),

    -- The names are few; nobody knows how few while the leaves they stand behind are joined to them again and again.
    names as materialized (
        select * from published.list_names
    ),

    owned as materialized (
        select distinct
            names.period, names.indicator_code, names.indicator_name,
            names.unit_code as owner_code, names.unit_name as owner_name
        from names
        join published.indicator_values as figures
            on figures.period = names.period
            and figures.indicator_code = names.indicator_code
            and figures.unit_code = names.unit_code
        where figures.basis = 'list'
    ),

    listed as materialized (
        select owned.owner_code, names.period, names.indicator_code, closure.ancestor_code as unit_code,
            count(*) as listed
        from owned
        join names
            on names.period = owned.period
            and names.indicator_code = owned.indicator_code
            and names.unit_code = owned.owner_code
        join closure on closure.period = names.period and closure.unit_code = names.located_in
        where names.is_counted
        group by owned.owner_code, names.period, names.indicator_code, closure.ancestor_code
    ),

    unplaced as (
        select period, indicator_code, unit_code as owner_code, count(*) as unplaced
        from names
        where is_counted and located_in is null
        group by period, indicator_code, unit_code
    ),

    matched as (
        select
            matches.owner_code, matches.period, matches.indicator_code, closure.ancestor_code as unit_code,
            count(*) filter (where state <> 'not_claimed') as named,
            count(*) filter (where state = 'agreed') as agreed,
            string_agg(name, '、' order by name) filter (where state = 'not_listed') as not_listed,
            string_agg(name, '、' order by name) filter (where state = 'other_title') as other_title,
            string_agg(name, '、' order by name) filter (where state = 'not_counted') as not_counted,
            string_agg(name, '、' order by name) filter (where state = 'not_claimed') as not_claimed
        from published.list_matches as matches
        join closure on closure.period = matches.period and closure.unit_code = matches.unit_code
        group by matches.owner_code, matches.period, matches.indicator_code, closure.ancestor_code
    )

    select
        owned.period, owned.indicator_code, owned.indicator_name, owned.owner_code, owned.owner_name,
        figures.unit_code, figures.unit_name, figures.unit_level,
        figures.computed_value as claimed_count,
        coalesce(listed.listed, 0) as listed_count,
        figures.computed_value - coalesce(listed.listed, 0) as gap,
        coalesce(matched.named, 0) as names_claimed,
        coalesce(matched.agreed, 0) as names_agreed,
        matched.not_listed, matched.other_title, matched.not_counted, matched.not_claimed,
        coalesce(unplaced.unplaced, 0) as listed_without_place
    from owned
    join closure on closure.period = owned.period and closure.ancestor_code = owned.owner_code
    join published.indicator_values as figures
        on figures.period = owned.period
        and figures.indicator_code = owned.indicator_code
        and figures.unit_code = closure.unit_code
    left join listed
        on listed.period = owned.period
        and listed.indicator_code = owned.indicator_code
        and listed.owner_code = owned.owner_code
        and listed.unit_code = closure.unit_code
    left join matched
        on matched.period = owned.period
        and matched.indicator_code = owned.indicator_code
        and matched.owner_code = owned.owner_code
        and matched.unit_code = closure.unit_code
    left join unplaced
        on unplaced.period = owned.period
        and unplaced.indicator_code = owned.indicator_code
        and unplaced.owner_code = owned.owner_code
    where closure.unit_code <> owned.owner_code
        and (figures.computed_value is not null or listed.listed is not null)
"""

STATEMENTS = (
    TABLE,
    "create index list_name_by_submission on landing.list_name (submission_id, indicator_code)",
    "comment on table landing.list_name is '名录里的每个名称及其所在的行、单元格；同一个数的指标、口径、性质相同'",
    f"create view published.list_names as {NAMES}",
    "comment on view published.list_names is '已发布的名录数背后的名称：称号、级别、批次、有效期、在哪个文件的哪一行'",
    f"create view published.list_matches as {MATCHES}",
    "comment on view published.list_matches is '管理单位的名录与下级所报名称逐个对照；称号和级别都相同才算对上'",
    f"create view published.list_reconciliation as {RECONCILIATION}",
    "comment on view published.list_reconciliation is '名录对账：各下级连同其下级报的，与管理单位名录里该地的'",
)

NAME_COLUMNS = {
    "unit_code": "名录所属单位代码",
    "unit_name": "单位名称",
    "unit_level": "单位级别",
    "indicator_code": "指标代码",
    "indicator_name": "指标名称",
    "period": "报告期",
    "name": "名称",
    "title": "称号",
    "level": "称号级别：national 国家级，province 省级，city 市级，county 县级；空为未填",
    "batch": "批次",
    "valid_from": "有效期起，空为未填",
    "valid_until": "有效期止（含当日），空为未填或长期",
    "is_valid": "今天（北京时间）是否在有效期内；未填有效期的算有效",
    "is_counted": "是否计入本期的数",
    "located_in": "所在单位代码，空为不分地区或未填",
    "located_in_name": "所在单位名称",
    "note": "备注",
    "filed_by": "报送单位代码（变动前的单位可能不同）",
    "filed_period": "原报的报告期",
    "file_name": "文件名",
    "received_at": "收到时间",
    "sheet": "工作表",
    "cell": "单元格",
    "line": "行号",
    "name_key": "比较用的名称：去空格、全角改半角",
    "title_key": "比较用的称号",
    "observation_id": "所属原报数编号",
    "submission_id": "报送编号",
    "list_name_id": "名称编号",
}

OWNED_COLUMNS = {
    "period": "报告期",
    "indicator_code": "指标代码",
    "indicator_name": "指标名称",
    "owner_code": "管理名录的单位代码",
    "owner_name": "管理名录的单位名称",
}

MATCH_COLUMNS = OWNED_COLUMNS | {
    "unit_code": "报这个名称的下级单位代码；下级没有报的，是名录所写的所在单位，空为名录未写",
    "unit_name": "单位名称",
    "name": "名称",
    "title": "称号",
    "level": "称号级别",
    "state": "agreed 对上，not_listed 名录里没有，other_title 名录里的称号或级别不同，"
    "not_counted 名录里已过期或未生效，not_claimed 下级没有报",
    "listed_title": "名录里的称号",
    "listed_level": "名录里的称号级别",
    "listed_until": "名录里的有效期止",
    "file_name": "文件名（下级报的；下级没有报的，是名录的）",
    "sheet": "工作表",
    "cell": "单元格",
    "line": "行号",
    "claimed_id": "下级所报的名称编号",
    "listed_id": "名录里的名称编号",
}

RECONCILIATION_COLUMNS = OWNED_COLUMNS | {
    "unit_code": "下级单位代码",
    "unit_name": "下级单位名称",
    "unit_level": "下级单位级别",
    "claimed_count": "该单位及其下级报的个数之和，空为没有报",
    "listed_count": "名录里计入的、所在单位是该单位或其下级的名称数",
    "gap": "报的个数减名录里的个数",
    "names_claimed": "该单位及其下级逐个报了名称的个数",
    "names_agreed": "其中与名录对上的（名称、称号、级别都相同）",
    "not_listed": "报了、名录里没有的名称",
    "other_title": "报了、名录里称号或级别不同的名称",
    "not_counted": "报了、名录里已过期或未生效的名称",
    "not_claimed": "名录里有、下级没有报的名称",
    "listed_without_place": "名录里没有写所在单位的名称数，不能分到下级",
}
