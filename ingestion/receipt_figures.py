"""What a receipt says once its figures are published: what each became in the totals of the units above.

The receipt is written again under its name. Which receipts are due is known from the database alone: a publication that
a crash parted from its receipts has them written by whoever collects next.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from catalogue.model import Catalogue
from ingestion import wording

if TYPE_CHECKING:
    from sqlalchemy import Connection

LISTED = 200
"""The most figures that a receipt follows up; a city that hands in all of its counties has thousands."""

TITLE = "发布后的去向"
NOT_COUNTED = "未计入汇总"
SCOPES = {"own": "", "jurisdiction": "（含下级）", "adjustment": "（去重调整）"}


def published_figures(connection: Connection, delivery_seqs: Sequence[int]) -> dict[int, list[Any]]:
    """The figures of published submissions by delivery: a row per figure and unit above that has a total.

    A figure that no total can hold has one row without a unit.
    """
    from sqlalchemy import text

    rows: dict[int, list[Any]] = defaultdict(list)
    for row in connection.execute(text(PUBLISHED_FIGURES), {"seqs": list(delivery_seqs), "listed": LISTED}):
        rows[row.delivery_seq].append(row)
    return rows


def followed_up(rows: Sequence[Any], catalogue: Catalogue) -> Iterator[str]:
    """The lines of a receipt about its published figures; none before they are published."""
    submissions = groupby(rows, key=lambda row: (row.submission_id, row.form, row.period))
    for number, ((submission_id, form, period), figures) in enumerate(submissions, start=1):
        if number == 1:
            yield from ("", TITLE)
        title = wording.plain(catalogue.form_title(form))
        yield f"{number}. {title}，{wording.period(period)}（报送编号 {submission_id}）"
        for _, totals in groupby(figures, key=lambda row: row.observation_id):
            yield f"   {_figure(list(totals), catalogue)}"
    if rows and rows[0].figures > LISTED:
        yield f"其余 {rows[0].figures - LISTED} 个数不再逐个列出。"


def _figure(totals: Sequence[Any], catalogue: Catalogue) -> str:
    filed = totals[0]
    indicator = catalogue.indicators[filed.indicator_code]
    measure = indicator.measure
    scope = SCOPES[filed.scope]
    own = f"{indicator.name_zh}{scope} {wording.span(filed.filed_low, filed.filed_high, measure)}"
    if not filed.is_counted:
        return f"{own}：{_why_not(filed)}"
    above = [f"{total.unit_name} {_total(total, measure)}" for total in totals if total.unit_name]
    return f"{own}：{'；'.join(above) if above else '已发布'}"


def _total(total: Any, measure: str) -> str:  # noqa: ANN401 - a row of the query below
    """A total as it was published, and how many of those expected are in it."""
    value = wording.span(total.low, total.high, measure)
    return f"{value}（应报 {total.units_expected} 家，已报 {total.units_reported} 家）"


def _why_not(filed: Any) -> str:  # noqa: ANN401 - a row of the query below
    if filed.is_superseded:
        return f"{NOT_COUNTED}，已由后来的报送代替"
    if filed.is_held:
        return f"{NOT_COUNTED}，尚待说明原因"
    if filed.is_unapproved:
        return f"{NOT_COUNTED}，尚待上级审核"
    return NOT_COUNTED


PUBLISHED_FIGURES = """
    with told as (
        select submission.delivery_seq, submission.submission_id, submission.unit_code, submission.form,
            submission.period,
            exists (
                select 1 from landing.submission as later
                where later.unit_code = submission.unit_code and later.form = submission.form
                    and later.period = submission.period and later.state = 'accepted'
                    and later.delivery_seq > submission.delivery_seq
                    and later.delivery_seq <= change.published_seq
            ) as is_superseded,
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
    ),
    listed as (
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
    )
    select listed.*, total.unit_name, total.low, total.high, total.units_expected, total.units_reported
    from listed
    left join (
        published.tree_closure as above
        join published.indicator_values as total
            on total.unit_code = above.ancestor_code and total.period = above.period
    )
        on listed.is_counted
        and above.period = listed.period and above.unit_code = listed.unit_code
        and total.indicator_code = listed.indicator_code
        and total.units_expected > 1 and total.basis in ('computed', 'claimed', 'partial')
    order by listed.submission_id, listed.observation_id, above.ancestor_depth desc
"""
