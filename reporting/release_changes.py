"""What whoever approves a release is shown: what changed since the year's last one, or everything in short."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, text

from reporting.figures import NONE, shown
from reporting.release import (
    Release,
    State,
    hashed_rows,
    last_release,
    published_state,
    refuse_what_is_released,
    rows_of,
)

LINES_SHOWN = 40
"""So many changed figures of the province are listed; published.corrections has all of them."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about a state: `subject` in one line, `lines` of Markdown, both in Chinese."""

    state: State
    subject: str
    lines: tuple[str, ...]


def asked_about(engine: Engine, year: int) -> Question:
    """What to ask about the year as it is published now; raises what `question` and `published_state` raise."""
    with engine.connect() as connection:
        return question(connection, published_state(connection, year))


def question(connection: Connection, state: State) -> Question:
    """What to ask about the state before it is released; AlreadyReleasedError where there is nothing to ask."""
    before = last_release(connection, state.year)
    if before is None:
        return Question(state, f"{state.year} 年的数请批准定稿（首次）", tuple(_everything(connection, state)))
    refuse_what_is_released(connection, state, before)
    subject = f"{state.year} 年的数请批准定稿（{before.name} 之后有变动）"
    return Question(state, subject, tuple(_changes(connection, state, before)))


def _everything(connection: Connection, state: State) -> Iterator[str]:
    counted = connection.execute(text(COUNTED.format(rows=rows_of("indicator_values"))), state.bound).one()
    yield f"{state.year} 年还没有定稿过。{_published(state)}"
    yield ""
    yield f"- 各级各单位的数 {counted.figures} 个，{counted.indicators} 个指标，{counted.units} 个单位"
    yield f"- 全省的数 {counted.of_province} 个，其中应报单位都已报齐的 {counted.complete} 个"
    yield from _unapproved(connection, state)
    yield from ("", "全委会工作报告各行：", "")
    for line in connection.execute(text(LINES.format(rows=rows_of("report_lines"))), state.bound):
        yield f"- {line.line_name}：{_line(line)}"


def _changes(connection: Connection, state: State, before: Release) -> Iterator[str]:
    bound = state.bound | {"name": before.name}
    changed = connection.execute(text(CHANGED.format(rows=hashed_rows(connection, "release_values"))), bound).one()
    approved = f"{before.approved_by} 于 {before.approved_at:%Y-%m-%d %H:%M} 批准"
    yield f"上次定稿 {before.name} 由 {approved}。{_published(state)}"
    yield ""
    yield f"- 数变了的 {changed.figures} 个，新有的 {changed.added} 个，没有了的 {changed.gone} 个"
    yield f"- 数没变、报送范围或其他说明变了的 {changed.otherwise} 个"
    yield from _unapproved(connection, state)
    yield from _listed("全委会工作报告各行有变动的：", _changed_lines(connection, bound))
    yield from _listed("全省的数有变动的：", _changed_figures(connection, state, bound))


def _unapproved(connection: Connection, state: State) -> Iterator[str]:
    """What waits on the approval ladder: let in and marked as of the state, kept out as of now."""
    marked = connection.execute(text(MARKED.format(rows=rows_of("unapproved_figures"))), state.bound).one()
    if marked.figures:
        yield (
            f"- **含有未审核完毕的报送的数 {marked.figures} 个**，其中全省的 {marked.of_province} 个，"
            f"涉及 {marked.submissions} 次报送；定稿后见 published.release_unapproved"
        )
    kept_out = connection.execute(text(KEPT_OUT), {"year": str(state.year)}).one()
    if kept_out.submissions:
        yield (
            f"- 现在有 {kept_out.units} 个单位的 {kept_out.submissions} 次报送没有审核完毕，没有计入，"
            "见 published.working_figures"
        )


def _published(state: State) -> str:
    return f"请批准的是 {state.published_at:%Y-%m-%d %H:%M:%S} 发布后的数。"


def _listed(heading: str, lines: list[str]) -> Iterator[str]:
    if not lines:
        return
    yield from ("", heading, "")
    yield from lines[:LINES_SHOWN]
    if len(lines) > LINES_SHOWN:
        yield f"- 等 {len(lines)} 个"


def _changed_lines(connection: Connection, bound: dict[str, Any]) -> list[str]:
    rows = connection.execute(text(CHANGED_LINES.format(rows=rows_of("report_lines"))), bound)
    return [f"- {row.line_name}：{shown(row.was_value, row.was_low, row.was_high)} → {_line(row)}" for row in rows]


def _changed_figures(connection: Connection, state: State, bound: dict[str, Any]) -> list[str]:
    rows = connection.execute(text(CHANGED_FIGURES.format(rows=rows_of("indicator_values"))), bound)
    return [
        f"- {row.indicator_name}{'' if row.period == str(state.year) else f'（{row.period}）'}："
        f"{shown(row.was_value, row.was_low, row.was_high)} → {_measured(row)}"
        for row in rows
    ]


def _line(line: Row[Any]) -> str:
    wording = f"，建议写“{line.recommended_wording}”" if line.recommended_wording else ""
    return f"{_measured(line)}（已报 {line.units_reported}/{line.units_expected}）{wording}"


def _measured(row: Row[Any]) -> str:
    figure = shown(row.value, row.low, row.high)
    return figure if figure == NONE else f"{figure}{row.measure or ''}"


COUNTED = """
    select
        count(value) as figures,
        count(distinct indicator_code) as indicators,
        count(distinct unit_code) as units,
        count(value) filter (where unit_level = 'province') as of_province,
        count(value) filter (
            where unit_level = 'province' and units_expected > 0 and units_reported = units_expected
        ) as complete
    from ({rows}) as history
"""

MARKED = """
    select
        count(distinct (unit_code, indicator_code, period)) as figures,
        count(distinct (unit_code, indicator_code, period)) filter (where unit_level = 'province') as of_province,
        count(distinct submission_id) as submissions
    from ({rows}) as history
    cross join unnest(submission_ids) as submission_id
"""

KEPT_OUT = """
    select count(distinct submission_id) as submissions, count(distinct unit_code) as units
    from published.working_figures
    where not is_counted and left(period, 4) = :year
"""

LINES = "select * from ({rows}) as history order by sort_order, line_code"

SAME_FIGURE = "(printed.value, printed.low, printed.high) is not distinct from (now.value, now.low, now.high)"

CHANGED = f"""
    select
        count(*) filter (where is_printed and is_now and not is_same) as figures,
        count(*) filter (where not is_printed) as added,
        count(*) filter (where not is_now) as gone,
        count(*) filter (where is_printed and is_now and is_same and was_hash <> row_hash) as otherwise
    from (
        select
            printed.unit_code is not null as is_printed,
            now.unit_code is not null as is_now,
            {SAME_FIGURE} as is_same,
            printed.row_hash as was_hash,
            now.row_hash
        from ({{rows}}) as now
        full join (select * from published.release_values where release_name = :name) as printed
            on printed.unit_code = now.unit_code and printed.indicator_code = now.indicator_code
            and printed.period = now.period
    ) as compared
"""

CHANGED_LINES = f"""
    select now.*, printed.value as was_value, printed.low as was_low, printed.high as was_high
    from ({{rows}}) as now
    left join published.release_lines as printed
        on printed.release_name = :name and printed.line_code = now.line_code and printed.period = now.period
        and printed.unit_code = now.unit_code
    where not {SAME_FIGURE}
    order by now.sort_order, now.line_code
"""

CHANGED_FIGURES = f"""
    select
        coalesce(now.indicator_name, printed.indicator_name) as indicator_name,
        coalesce(now.period, printed.period) as period,
        coalesce(now.measure, printed.measure) as measure,
        printed.value as was_value,
        printed.low as was_low,
        printed.high as was_high,
        now.value,
        now.low,
        now.high
    from (select * from ({{rows}}) as history where unit_level = 'province') as now
    full join (
        select * from published.release_values where release_name = :name and unit_level = 'province'
    ) as printed
        on printed.unit_code = now.unit_code and printed.indicator_code = now.indicator_code
        and printed.period = now.period
    where not {SAME_FIGURE}
    order by coalesce(now.indicator_code, printed.indicator_code), 2
"""
