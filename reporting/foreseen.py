"""What publishing another candidate would change: row by row, the published figures before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from ingestion.periods import periods_of
from reporting.difference import Difference
from reporting.publish import RELATIONS, history_columns

SHOWN = ("indicator_values", "report_lines", "reconciliation", "restated_values", "progress")
"""The published relations that hold figures, or what is said of them."""

LEVELS = ("province", "city", "county", "township")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One published row that would change; `before` is None for one that would appear, `after` for one that goes."""

    relation: str
    before: Row | None
    after: Row | None

    @property
    def row(self) -> Row:
        """What there is of the row, the later of the two."""
        row = self.after or self.before
        assert row is not None  # noqa: S101 - one of them is
        return row

    @property
    def kind(self) -> str:
        """new, changed or gone."""
        if self.before is None:
            return "new"
        return "gone" if self.after is None else "changed"

    @property
    def is_bare(self) -> bool:
        """Whether the row appears or goes without a figure in it: of a year that begins or ends to be rolled up."""
        figures = (value for column, value in self.row.items() if column.endswith(("value", "low", "high")))
        return self.kind != "changed" and all(value is None for value in figures)

    @property
    def columns(self) -> list[str]:
        """The columns whose value would change; every one of a row that appears or goes."""
        if self.before is None or self.after is None:
            return list(self.row)
        return [column for column, value in self.after.items() if value != self.before[column]]


def as_of_build(relation: str, build_id: int) -> str:
    """The rows of a published relation that were in force once that build was published, to stand after `from`.

    `:periods` are asked for.
    """
    return f"""(
        select history.* from published.{relation}_history as history
        cross join (
            select coalesce(max(publication_id), 0) as last from published.publication where build_id <= {build_id}
        ) as known
        where opened_by <= known.last and (closed_by is null or closed_by > known.last) and period = any(:periods)
    )"""


def foreseen(
    connection: Connection, before: Mapping[str, str], after: Mapping[str, str], years: Sequence[int]
) -> list[Change]:
    """The differences of all relations shown; `before` and `after` say, by relation, what can stand after `from`.

    In order of relation, level (province first), unit, period and indicator.
    """
    periods = [period for year in years for period in periods_of(year)]
    changes: list[Change] = []
    for relation in SHOWN:
        key = RELATIONS[relation]
        difference = Difference(key, history_columns(connection, relation), before[relation], after[relation])
        changes += sorted(_paired(connection, relation, difference, periods), key=_order)
    return changes


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands on the rows that would change: the last release of each of their years, as (year, name), and the
    years whose comparison with the year before is made of them."""

    releases: list[tuple[str, str]]
    compared: list[str]


def standing_on(connection: Connection, changes: Sequence[Change]) -> Standing:
    """What would be corrected, or compared otherwise, beside the rows themselves."""
    years = sorted({change.row["period"][:4] for change in changes if not change.is_bare})
    of_province = {change.row["period"] for change in changes if change.row.get("unit_level") == LEVELS[0]}
    released = connection.execute(text(RELEASED), {"years": years})
    compared = connection.scalars(
        text(ROLLED_UP), {"years": [str(int(year) + 1) for year in years if year in of_province]}
    )
    return Standing([(row.period, row.release_name) for row in released], list(compared))


RELEASED = """
    select distinct on (period) period, release_name
    from published.releases
    where period = any(cast(:years as text[]))
    order by period, approved_at desc
"""

ROLLED_UP = """
    select distinct period from published.report_lines where period = any(cast(:years as text[])) order by period
"""


def _paired(connection: Connection, relation: str, difference: Difference, periods: list[str]) -> Iterator[Change]:
    opened, closed = (
        {tuple(row[column] for column in difference.key): row for row in _rows(connection, query, periods)}
        for query in (difference.opened(), difference.closed(difference.columns))
    )
    for key in opened.keys() | closed.keys():
        yield Change(relation, closed.get(key), opened.get(key))


def _rows(connection: Connection, query: str, periods: list[str]) -> Iterator[Row]:
    bound = {"periods": periods} if ":periods" in query else {}
    for row in connection.execute(text(query), bound).mappings():
        yield dict(row)


def _order(change: Change) -> tuple[int, str, str, str, str]:
    row = change.row
    level = LEVELS.index(row["unit_level"]) if "unit_level" in row else 0
    return level, row["unit_code"], row["period"], str(row.get("tree_date", "")), row["indicator_code"]
