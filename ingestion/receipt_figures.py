"""What a receipt says once its figures are published: what each became in the totals of the units above.

The receipt is written again under its name. Which receipts are due is known from the database alone: a publication that
a crash parted from its receipts has them written by whoever collects next.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from catalogue.model import Catalogue, Scope
from ingestion import wording

if TYPE_CHECKING:
    from sqlalchemy import Connection

LISTED = 200
"""The most figures that a receipt follows up; a city that hands in all of its counties has thousands."""

TITLE = "发布后的去向"
NOT_COUNTED = "未计入汇总"
SCOPES = {"own": "", "jurisdiction": "（含下级）", "adjustment": "（去重调整）"}


class Followed(NamedTuple):
    """A figure of a published submission, as FILED has it, and the words of each total above that it is in."""

    filed: Any
    totals: Sequence[str]


def published_figures(
    connection: Connection, delivery_seqs: Sequence[int], catalogue: Catalogue
) -> dict[int, list[Followed]]:
    """The figures of published submissions by delivery, in their order."""
    from sqlalchemy import text

    filed = connection.execute(text(FILED), {"seqs": list(delivery_seqs), "listed": LISTED}).all()
    above = _above(connection, {(row.unit_code, row.period) for row in filed})
    totals = _totals(connection, above, {row.indicator_code for row in filed}, catalogue)
    found: dict[int, list[Followed]] = defaultdict(list)
    for row in filed:
        units = above.get((row.unit_code, row.period), ()) if row.is_counted else ()
        told = [total for unit in units if (total := totals.get((unit, row.period, row.indicator_code)))]
        found[row.delivery_seq].append(Followed(row, told))
    return found


def _above(connection: Connection, units: Collection[tuple[str, str]]) -> dict[tuple[str, str], list[str]]:
    """(Unit, period) → itself and the units above it, upwards."""
    from sqlalchemy import text

    codes, periods = ([one[part] for one in units] for part in range(2))
    above: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in connection.execute(text(ABOVE), {"units": codes, "periods": periods}):
        above[row.unit_code, row.period].append(row.ancestor_code)
    return above


def _totals(
    connection: Connection,
    above: Mapping[tuple[str, str], Sequence[str]],
    indicators: Collection[str],
    catalogue: Catalogue,
) -> dict[tuple[str, str, str], str]:
    """(Unit, period, indicator) → its total in words; each is that of many figures."""
    from sqlalchemy import text

    asked = {(unit, period) for (_, period), units in above.items() for unit in units}
    codes, periods = ([one[part] for one in asked] for part in range(2))
    rows = connection.execute(text(TOTALS), {"units": codes, "periods": periods, "indicators": list(indicators)})
    return {(row.unit_code, row.period, row.indicator_code): _total(row, catalogue) for row in rows}


def followed_up(figures: Sequence[Followed], catalogue: Catalogue, form_named: Callable[[Any], str]) -> Iterator[str]:
    """The lines of a receipt about its published figures; none before they are published.

    `form_named` says whose form of which period a row is about.
    """
    submissions = groupby(figures, key=lambda one: one.filed.submission_id)
    for number, (submission_id, of_submission) in enumerate(submissions, start=1):
        together = list(of_submission)
        if number == 1:
            yield from ("", TITLE)
        yield f"{number}. {form_named(together[0].filed)}（报送编号 {submission_id}）"
        yield from (f"   {_figure(one, catalogue)}" for one in together)
    if figures and figures[0].filed.figures > LISTED:
        yield f"其余 {figures[0].filed.figures - LISTED} 个数不再逐个列出。"


def _figure(figure: Followed, catalogue: Catalogue) -> str:
    filed = figure.filed
    indicator = catalogue.indicators[filed.indicator_code]
    value = wording.span(filed.filed_low, filed.filed_high, indicator.measure)
    own = f"{indicator.name_zh}{SCOPES[filed.scope]} {value}"
    if not filed.is_counted:
        return f"{own}：{_why_not(filed)}"
    return f"{own}：{'；'.join(figure.totals) or '已发布'}"


def _total(total: Any, catalogue: Catalogue) -> str:  # noqa: ANN401 - a row of TOTALS
    """A total as it was published, and how many of those expected are in it."""
    value = wording.span(total.low, total.high, catalogue.indicators[total.indicator_code].measure)
    return f"{total.unit_name} {value}（应报 {total.units_expected} 家，已报 {total.units_reported} 家）"


def _why_not(filed: Any) -> str:  # noqa: ANN401 - a row of FILED
    if filed.is_taken_back:
        return f"{NOT_COUNTED}，已撤回或退回"
    if filed.replaced_by:
        return f"{NOT_COUNTED}，已由后来的报送（编号 {filed.replaced_by}）代替"
    if filed.is_held:
        return f"{NOT_COUNTED}，尚待说明原因"
    if filed.is_unapproved:
        return f"{NOT_COUNTED}，尚待上级审核"
    if filed.scope == Scope.ADJUSTMENT:
        return f"{NOT_COUNTED}，各下级采用的数之和已不够扣减，请核对后重报"
    return NOT_COUNTED


FILED = """
    with told as (
        select submission.delivery_seq, submission.submission_id, submission.unit_code, submission.form,
            submission.period,
            (
                select later.submission_id
                from landing.submission as later
                left join landing.withdrawal as taken_back
                    on taken_back.submission_id = later.submission_id
                    and taken_back.withdrawal_seq <= change.published_seq
                where later.unit_code = submission.unit_code and later.form = submission.form
                    and later.period = submission.period and later.state = 'accepted'
                    and later.delivery_seq > submission.delivery_seq
                    and later.delivery_seq <= change.published_seq
                    and taken_back.submission_id is null
                order by later.delivery_seq desc
                limit 1
            ) as replaced_by,
            exists (
                select 1 from landing.withdrawal as withdrawal
                where withdrawal.submission_id = submission.submission_id
                    and withdrawal.withdrawal_seq <= change.published_seq
            ) as is_taken_back,
            exists (
                select 1 from landing.approval_state as approval
                where approval.submission_id = submission.submission_id
                    and approval.unapproved = 'keep_out' and approval.approved < approval.steps
            ) as is_unapproved
        from landing.submission as submission
        join landing.year_change as change
            on change.year = submission.year and change.published_seq >= submission.delivery_seq
        where submission.delivery_seq = any(:seqs) and submission.state = 'accepted'
    ),
    filed as (
        select told.*, observation.observation_id, observation.indicator_code, observation.scope, observation.is_held,
            observation.low as filed_low, observation.high as filed_high,
            row_number() over (partition by told.delivery_seq order by observation.observation_id) as place,
            count(*) over (partition by told.delivery_seq) as figures
        from told
        join landing.observation as observation on observation.submission_id = told.submission_id
        where observation.state = 'number' and observation.scope in ('own', 'jurisdiction', 'adjustment')
    )
    select filed.*,
        exists (
            select 1 from published.contribution_leaves as leaf
            where leaf.period = filed.period and leaf.holder_code = filed.unit_code
                and leaf.indicator_code = filed.indicator_code
                and leaf.role = case filed.scope when 'jurisdiction' then 'claim' else filed.scope end
                and filed.observation_id = any(leaf.observation_ids)
        ) as is_counted
    from filed
    where filed.place <= :listed
    order by filed.submission_id, filed.observation_id
"""

ABOVE = """
    select closure.unit_code, closure.period, closure.ancestor_code
    from published.tree_closure as closure
    join unnest(cast(:units as text[]), cast(:periods as text[])) as asked (unit_code, period)
        on asked.unit_code = closure.unit_code and asked.period = closure.period
    order by closure.ancestor_depth desc
"""

TOTALS = """
    select total.unit_code, total.unit_name, total.period, total.indicator_code, total.low, total.high,
        total.units_expected, total.units_reported
    from published.indicator_values as total
    join unnest(cast(:units as text[]), cast(:periods as text[])) as asked (unit_code, period)
        on asked.unit_code = total.unit_code and asked.period = total.period
    where total.indicator_code = any(:indicators)
        and total.units_expected > 1 and total.basis in ('computed', 'claimed', 'partial')
"""
