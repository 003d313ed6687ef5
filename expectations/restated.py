"""What is true of years restated on other days' trees, and of the progress within a year."""

from collections.abc import Iterable

from catalogue.model import SUMMABLE
from expectations.relations import RELATIONS
from expectations.rules import Rule, counts_in_order, no_rows, quoted

VALUES = RELATIONS["indicator_values"]
LEAVES = RELATIONS["contribution_leaves"]
RESTATED = RELATIONS["restated_values"]
SUCCESSIONS = RELATIONS["successions"]
PROGRESS = RELATIONS["progress"]
INDICATORS = RELATIONS["indicators"]

# An own figure that was filed without a value, or with an open end, leaves the sum without one.
FILED = f"""
    select v.period, v.indicator_code, bool_or(v.own_value is null) as lacks_value,
        bool_or(v.own_low is null) as lacks_low, bool_or(v.own_high is null) as lacks_high
    from {VALUES.path} as v
    join {INDICATORS.path} as i on i.indicator_code = v.indicator_code and i.aggregation in ({quoted(sorted(SUMMABLE))})
    where v.period in (select period from {RESTATED.path})
        and exists (
            select 1 from {LEAVES.path} as leaf
            where leaf.role = 'own' and leaf.holder_code = v.unit_code
                and leaf.indicator_code = v.indicator_code and leaf.period = v.period
        )
    group by v.period, v.indicator_code
"""


def restated_rules() -> Iterable[Rule]:
    """Rules about restated years, successions and progress; all of them block."""
    yield no_rows(
        RESTATED,
        "restated_own_sums_unchanged",
        "换单位树不增不减",
        "可加指标各单位本级数之和，按哪一日的单位树重算都与该年度原来的相同",
        f"""
        with restated as ({_own_sums(RESTATED.path, "v.period, v.tree_date")}),
        original as ({_own_sums(VALUES.path, "v.period")}),
        filed as ({FILED})
        select r.period, r.tree_date, r.indicator_code, r.value, o.value as original_value
        from restated as r
        join filed on filed.period = r.period and filed.indicator_code = r.indicator_code
        join original as o on o.period = r.period and o.indicator_code = r.indicator_code
        where not filed.lacks_value and r.value is distinct from o.value
            or not filed.lacks_low and r.low is distinct from o.low
            or not filed.lacks_high and r.high is distinct from o.high
        """,
    )
    yield counts_in_order(
        RESTATED,
        "restated_counts_in_order",
        "重算数的报送范围不超过应报",
        "0 ≤ 已报单位 ≤ 覆盖单位 ≤ 应报单位",
    )
    yield no_rows(
        SUCCESSIONS,
        "successions_share_the_whole",
        "承继份额合计为 1",
        "每个结束的单位，各承继单位的份额之和恰为 1",
        f"""
        select period, tree_date, event_date, from_code, sum(weight) as weights
        from {SUCCESSIONS.path}
        group by period, tree_date, event_date, from_code
        having sum(weight) <> 1
        """,
    )
    yield no_rows(
        PROGRESS,
        "progress_shows_values",
        "进度表与指标数一致",
        "进度表的当期数就是该期的采用数；全年的累计数就是全年采用数",
        f"""
        select p.* from {PROGRESS.path} as p
        left join {VALUES.path} as v on v.unit_code = p.unit_code and v.indicator_code = p.indicator_code
            and v.period = p.period
        where p.value is distinct from v.value or p.low is distinct from v.low or p.high is distinct from v.high
            or p.period = p.year and p.to_date_value is distinct from v.value
        """,
    )


def _own_sums(values: str, key: str) -> str:
    return f"""
        select {key}, v.indicator_code, sum(v.own_value) as value, sum(v.own_low) as low, sum(v.own_high) as high
        from {values} as v
        group by {key}, v.indicator_code
    """
