"""What is odd but possible: these rules warn, and never keep a candidate from being published.

Limits stand in the catalogue, dated, so that an old year is judged as it was then.
"""

from collections.abc import Iterable
from datetime import date

from catalogue.model import Catalogue, Level
from expectations.relations import RELATIONS
from expectations.rules import Rule, exact, no_rows, quoted

VALUES = RELATIONS["indicator_values"]
LINES = RELATIONS["report_lines"]
BREAKS = RELATIONS["series_breaks"]
LEAVES = RELATIONS["contribution_leaves"]
FIVE_ENTRY_EVENTS = "sp_five_entry_activity_count"
FIVE_ENTRY_AUDIENCE = "sp_five_entry_persontimes"


def plausibility(catalogue: Catalogue) -> Iterable[Rule]:
    """Every rule that only warns. A limit or an indicator that the catalogue lacks is a KeyError."""
    yield _rates(catalogue)
    yield _jumps(catalogue)
    yield _audience(catalogue)
    yield _coverage(catalogue)
    yield _adjustments()


def _rates(catalogue: Catalogue) -> Rule:
    rates = quoted(i.code for i in catalogue.indicators.values() if i.is_percentage)
    return no_rows(
        VALUES,
        "rates_within_limit",
        "百分比不超限",
        f"百分比一般不超过 {_shown(catalogue, 'percentage_limit')}%",
        f"""
        select v.* from {VALUES.path} as v
        where v.indicator_code in ({rates}) and v.value > {_limit(catalogue, "percentage_limit", "v.period")}
        """,
    )


def _jumps(catalogue: Catalogue) -> Rule:
    times = _limit(catalogue, "province_change_times", "v.period")
    return no_rows(
        VALUES,
        "province_change_within_limit",
        "全省数与上年相比没有骤变",
        f"全省采用数一般不超过上年的 {_shown(catalogue, 'province_change_times')} 倍，也不低于它的同数分之一；"
        "口径断开的不比",
        f"""
        select v.*, coalesce(built.value, known.value) as last_year_value
        from (select *, published.year_before(period) as year_before from {VALUES.path} where length(period) = 4) as v
        left join {VALUES.path} as built on built.unit_code = v.unit_code
            and built.indicator_code = v.indicator_code and built.period = v.year_before
        left join published.indicator_values as known on built.unit_code is null and known.unit_code = v.unit_code
            and known.indicator_code = v.indicator_code and known.period = v.year_before
        where v.unit_level = '{Level.PROVINCE}'
            and not exists (
                select 1 from {BREAKS.path} as breaks
                where breaks.indicator_code = v.indicator_code
                    and breaks.valid_from > published.period_first_day(v.year_before)
                    and breaks.valid_from <= published.period_last_day(v.period)
            )
            and (v.value > coalesce(built.value, known.value) * {times} and coalesce(built.value, known.value) > 0
                or v.value * {times} < coalesce(built.value, known.value))
        """,
    )


def _audience(catalogue: Catalogue) -> Rule:
    events, audience = (catalogue.indicators[code].code for code in (FIVE_ENTRY_EVENTS, FIVE_ENTRY_AUDIENCE))
    least, most = "five_entry_audience_least", "five_entry_audience_most"
    return no_rows(
        VALUES,
        "five_entry_audience_within_band",
        "“五进”场均人次合理",
        f"“五进”活动每场受益群众一般在 {_shown(catalogue, least)} 到 {_shown(catalogue, most)} 人次之间",
        f"""
        select v.*, events.value as events
        from {VALUES.path} as v
        join {VALUES.path} as events on events.unit_code = v.unit_code and events.period = v.period
            and events.indicator_code = '{events}' and events.value > 0
        where v.indicator_code = '{audience}'
            and v.value / events.value not between {_limit(catalogue, least, "v.period")}
                and {_limit(catalogue, most, "v.period")}
        """,
    )


def _coverage(catalogue: Catalogue) -> Rule:
    return no_rows(
        LINES,
        "lines_covered_enough",
        "报告行的报送范围够用",
        f"全委会报告各行按上年份额的覆盖率一般不低于 {_shown(catalogue, 'report_line_coverage')}%",
        f"""
        select line.* from {LINES.path} as line
        where line.weighted_coverage < {_limit(catalogue, "report_line_coverage", "line.period")}
        """,
    )


def _adjustments() -> Rule:
    """A unit's adjustments of an indicator and year, of which none counts; a last one of 0 ends them on purpose."""
    return no_rows(
        VALUES,
        "adjustments_counted",
        "去重调整都已计入",
        "在用的去重调整都计入合计；绝对值超过各下级采用数之和的不计，须由作调整的单位核对后重报",
        f"""
        select v.*, adjusting.adjustment, adjusting.observation_ids
        from (
            select filed.unit_code, left(filed.period, 4) as period, filed.indicator_code,
                sum(filed.value) as adjustment, array_agg(filed.observation_id) as observation_ids
            from published.adjustments as filed
            where filed.is_in_force and not exists (
                select 1 from published.working_figures as waiting
                where waiting.submission_id = filed.submission_id and not waiting.is_counted
            )
            group by filed.unit_code, left(filed.period, 4), filed.indicator_code
            having bool_and(filed.value <> 0)
        ) as adjusting
        join {VALUES.path} as v on v.unit_code = adjusting.unit_code and v.period = adjusting.period
            and v.indicator_code = adjusting.indicator_code
        where not exists (
            select 1 from {LEAVES.path} as leaf
            where leaf.role = 'adjustment' and leaf.period = v.period and leaf.indicator_code = v.indicator_code
                and (leaf.holder_code = v.unit_code or leaf.observation_ids && adjusting.observation_ids)
        )
        """,
    )


def _limit(catalogue: Catalogue, code: str, period: str) -> str:
    """The limit in force on the last day of a year, as SQL over the column that holds the year."""
    threshold = catalogue.thresholds[code]
    earliest, *later = threshold.values
    if not later:
        return exact(earliest.value)
    cases = " ".join(
        f"when {period} >= '{_first_year(dated.valid_from)}' then {exact(dated.value)}" for dated in reversed(later)
    )
    return f"case {cases} else {exact(earliest.value)} end"


def _first_year(valid_from: date) -> int:
    """The first year whose last day has the limit: always the year it begins in."""
    return valid_from.year


def _shown(catalogue: Catalogue, code: str) -> str:
    """The newest limit, for the sentence."""
    return exact(catalogue.thresholds[code].values[-1].value)
