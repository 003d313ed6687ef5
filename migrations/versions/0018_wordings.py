"""How the report may say its figures: the true phrases for a figure, and for each line which to write, or why none.

The rules of wording are handed in, for they stand in the catalogue; here is what they mean.
"""

from importlib import import_module

from alembic import op

from migrations.histories import comment_columns, create_view_in_force

revision = "0018"
down_revision = "0017"

COMMENT, _, BEFORE = import_module("migrations.versions.0003_published").HISTORIES["report_lines"]
LATER = {
    "sort_order": ("integer", "报告中的顺序，从 1 起"),
    "chapter_code": ("text", "报告大部分代码"),
    "chapter_name": ("text", "报告大部分"),
    "formula": ("text", "由几项指标算得的：算式；只有一项指标的为空"),
    "counter": ("text", "表述中数后的量词"),
    "style": ("text", "可用哪一类表述，见目录 wordings.yaml"),
    "weighted_coverage": (
        "numeric",
        "按上年份额加权的覆盖率，%，四位小数：已报或被覆盖单位的上年数占应报单位的份额；没有上年数的按单位个数",
    ),
    "wording_prefix": ("text", "表述前须加的话：覆盖不全的为“据不完全统计”，其余为空"),
    "wording_reason": ("text", "为什么须加“据不完全统计”，或为什么没有建议的表述；都不是的为空"),
}
CHANGED = {
    "section_code": "报告小节代码",
    "section_name": "报告小节",
    "wordings": "与准确数相符的表述，最宜用的在前；不能写“全省”的没有",
    "recommended_wording": "建议的表述；没有的，原因在 wording_reason",
}


def upgrade() -> None:
    for statement in FUNCTIONS:
        op.execute(statement)
    comments = {column: comment for column, (_, comment) in LATER.items()} | CHANGED
    for relation in ("report_lines_history", "release_lines"):
        for column, (kind, _) in LATER.items():
            op.execute(f"alter table published.{relation} add column {column} {kind}")
        comment_columns(relation, comments)
    # The time of publishing stays last, so the view is made anew.
    op.execute("drop view published.report_lines")
    create_view_in_force("report_lines", COMMENT, {**BEFORE, **LATER})
    comment_columns("report_lines", CHANGED)


PHRASES = """
    create function published.wording_phrases(
        value numeric, low numeric, high numeric, measure text, style text, rules jsonb
    )
    returns table (phrase text, form text, place integer)
    language sql immutable parallel safe
    rows 10
    as $$
        -- A vague figure stands at the end that its own words left out (近1800万 is 17500000 to 18000000, and stands at
        -- the upper one; 20余 is 20 to 29, and stands at the lower one): that end is no part of it.
        -- Each `offset 0` keeps what is worked out in it from being worked out again wherever it is named.
        select
            concat(
                case when form.position = 'before' then form.hedge end,
                trim_scale(
                    written * case unit.size when 100000000 then 0.00000001 when 10000 then 0.0001 else 1 end
                ),
                case when form.position = 'inside' then form.hedge end,
                case unit.size when 100000000 then '亿' when 10000 then '万' end,
                case when form.position = 'after' then form.hedge end,
                measure,
                case when form.position = 'end' then form.hedge end
            ),
            form.form,
            form.place * 10
                -- A hedged figure has as many digits as are usual, an unhedged one as few as it can.
                + case when form.is_hedged then form.most_digits - form.digits else form.digits end
                + case
                    when form.is_hedged and form.digits > form.habit_digits then 2000
                    when form.does = 'rounded' and length(div(written, step)::text) > form.most_digits then 2000
                    when form.does in ('above', 'over', 'from') and low - written > form.habit_loosest * low
                        and low >= form.small then 1000
                    else 0
                end
        from (
            select
                limits.*, sizes."from", sizes.below, forms.*, count.digits,
                forms.does in ('below', 'above', 'over', 'from', 'to') as is_hedged,
                ('1e-' || count.digits)::numeric as last_digit,
                ('1e' || 8 - limits.unit_decimals)::numeric as least_of_yi,
                ('1e' || 4 - limits.unit_decimals)::numeric as least_of_wan
            from jsonb_to_record(rules -> 'limits') as limits (
                most_digits integer, habit_digits integer, nearly_from numeric, loosest numeric, habit_loosest numeric,
                small numeric, loosest_rounded numeric, round_from numeric, unit_decimals integer
            )
            cross join jsonb_to_recordset(rules -> 'styles' -> style -> 'sizes') as sizes (
                "from" numeric, below numeric, forms jsonb
            )
            cross join jsonb_to_recordset(sizes.forms) as forms (
                place integer, form text, does text, hedge text, position text, least_step numeric
            )
            join generate_series(1, limits.most_digits) as count (digits)
                on case
                    when forms.does in ('digits', 'in_units') then count.digits = 1
                    when forms.does = 'round' then count.digits = limits.habit_digits
                    else true
                end
            offset 0
        ) as form
        cross join lateral (
            select
                coalesce(low, high) as size,
                ('1e' || length(trunc(low)::text))::numeric as above_low,
                ('1e' || length(trunc(high)::text))::numeric as above_high
            offset 0
        ) as figure
        cross join lateral (
            select form.last_digit * case
                when form.does in ('below', 'to') then figure.above_high
                when form.does = 'cut' then 1
                when form.does <> 'rounded' then figure.above_low
                when low >= 100000000 then 1000000000
                else 100000
            end as step
            offset 0
        ) as stepped
        cross join lateral (
            select case
                when form.does in ('digits', 'in_units', 'round') then low
                when form.does = 'below' and coalesce(value < high or low = high, true)
                    then (div(high, step) + 1) * step
                when form.does in ('below', 'to') then (div(high, step) + (mod(high, step) > 0)::integer) * step
                else div(low, step) * step
            end as written
            offset 0
        ) as number
        cross join lateral (
            select case
                when form.does in ('digits', 'cut') then 1
                when written >= 100000000 and mod(written, form.least_of_yi) = 0 then 100000000
                when written >= 10000 and mod(written, form.least_of_wan) = 0 then 10000
                else 1
            end as size
            offset 0
        ) as unit
        where (form."from" is null or figure.size >= form."from")
            and (form.below is null or figure.size < form.below)
            and (form.does <> 'to' or coalesce(low, 0) = 0)
            and case form.does
                when 'digits' then value = low and low = high
                when 'in_units' then value = low and low = high
                when 'round' then value = low and low = high and low >= form.round_from and mod(low, step) = 0
                when 'rounded' then
                    low >= 10000
                    and high <= written + step / 2 - 1
                    and low - written <= form.loosest_rounded * low
                when 'cut' then form.digits <= form.unit_decimals and high <= written + step / 2
                when 'below' then
                    (high < written or high = written and high = value and low < high)
                    and low >= form.nearly_from * written
                    and (low >= written - step / 2 or mod(written, step * 10) = 0)
                when 'above' then
                    (low > written or low = written and low = value and low < high)
                    and case
                        when unit.size = 1 then form.position = 'after' and high < written + step
                        when form.position = 'after' then high < written + least(step, unit.size)
                        else step >= unit.size * 10 and high < written + step
                    end
                when 'over' then
                    (low > written or low = written and low = value and low < high)
                    and coalesce(high < written + step, true)
                when 'from' then low >= written
                when 'to' then high <= written
            end
            and (form.digits = 1 or form.does = 'round' or mod(written, step * 10) <> 0)
            and (
                not form.is_hedged
                or (figure.size >= 1 or form.does = 'to')
                and step >= form.least_step
                and (
                    figure.size < form.small
                    or form.does = 'below'
                    or form.does = 'to' and written - high <= form.loosest * high
                    or low - written <= form.loosest * low
                )
            )
    $$
"""

WORDINGS = """
    create function published.wordings(
        value numeric, low numeric, high numeric, measure text, style text, rules jsonb
    )
    returns text[]
    language sql immutable parallel safe
    return coalesce(
        (
            select array_agg(said.phrase order by said.place, said.phrase)
            from (
                select phrases.phrase, min(phrases.place) as place
                from published.wording_phrases(value, low, high, measure, style, rules) as phrases
                group by phrases.phrase
            ) as said
        ),
        '{}'
    )
"""

FUNCTIONS = (
    PHRASES,
    """
    comment on function published.wording_phrases(numeric, numeric, numeric, text, text, jsonb) is
        '一个数（value，上下限 low、high，空为不限）的全部相符的表述，place 小的宜用；rules 为目录的表述规则'
    """,
    WORDINGS,
    """
    comment on function published.wordings(numeric, numeric, numeric, text, text, jsonb) is
        '一个数的全部相符的表述，最宜用的在前；rules 为目录的表述规则'
    """,
)
