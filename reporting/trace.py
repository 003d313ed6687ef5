"""The whole tree behind one published number: what each unit brought, down to file and cell, and who approved it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, text

from catalogue.load import load as load_catalogue
from ingestion.wording import plain
from kexie.errors import UserError
from reporting.leaf_history import REVISIONS_OF_LEAVES, history_lines
from reporting.moments import moment, shown
from reporting.wording import adjusted, figure, place

ROLES = {"claim": "含下级 ", "adjustment": "去重调整 ", "numerator": "分子 ", "denominator": "分母 "}


@dataclass(frozen=True, slots=True)
class Sources:
    """Where a trace reads: what is published now, or what was at the moment `:moment`."""

    values: str
    tree: str
    leaves: str


NOW = Sources("published.indicator_values", "published.tree_closure", "published.contributions")
_LAST_BY_THEN = "(select max(publication_id) from published.publication where published_at <= :moment)"
THEN = Sources(
    "published.as_of(:moment)",
    f"""(
        select * from published.tree_closure_history
        where opened_by <= {_LAST_BY_THEN} and (closed_by is null or closed_by > {_LAST_BY_THEN})
    )""",
    "published.contributions_as_of(:moment)",
)


@dataclass(frozen=True, slots=True)
class Found:
    """Rows by what they belong to: units by superior, leaves by holder, revisions by leaf, approvals by submission."""

    units: Mapping[str, Sequence[Row[Any]]]
    leaves: Mapping[str, Sequence[Row[Any]]]
    revisions: Mapping[int, Sequence[Row[Any]]]
    approvals: Mapping[int, Sequence[Row[Any]]]


def trace(engine: Engine, unit_code: str, indicator_code: str, period: str, as_of: str | None = None) -> Iterator[str]:
    """The lines of the tree, in Chinese; raises UserError where no such figure is published.

    `as_of` asks for what was published then: a moment in Beijing time, or the name of a release.
    """
    asked: dict[str, Any] = {"unit": unit_code, "indicator": indicator_code, "period": period}
    with engine.connect() as connection:
        if as_of:
            asked["moment"] = moment(connection, as_of)
        sources = THEN if as_of else NOW
        units = connection.execute(text(UNITS.format(values=sources.values, tree=sources.tree)), asked).all()
        if not units:
            raise UserError(_why_nothing(connection, asked))
        leaves = connection.execute(text(LEAVES.format(leaves=sources.leaves)), asked).all()
        revisions = connection.execute(text(REVISIONS_OF_LEAVES.format(leaves=sources.leaves)), asked).all()
        filed = {"submissions": sorted({leaf.submission_id for leaf in leaves}), "moment": asked.get("moment")}
        approvals = connection.execute(text(APPROVALS), filed).all()
        releases = connection.execute(text(RELEASES), asked).all()
    if as_of:
        yield f"{shown(asked['moment'])} 已发布的数"
    for release in releases:
        yield _release_line(release)
    found = Found(
        *(_by(units, "parent_code"), _by(leaves, "holder_code"), _by(revisions, "leaf_id")),
        _by(approvals, "submission_id"),
    )
    yield from _branch(units[0], found, "")


def _why_nothing(connection: Connection, asked: dict[str, Any]) -> str:
    for column, word in (("indicator_code", "indicator"), ("unit_code", "unit"), ("period", "period")):
        known = text(f"select 1 from published.indicator_values where {column} = :{word} limit 1")
        if not connection.scalar(known, asked):
            return f"Nothing is published for {word} '{asked[word]}'; see `kexie sql` on published.indicator_values."
    then = f" as published at {shown(asked['moment'])}" if "moment" in asked else ""
    return f"Neither unit {asked['unit']} nor any below it has {asked['indicator']} in {asked['period']}{then}."


def _by(rows: Sequence[Row[Any]], column: str) -> dict[Any, list[Row[Any]]]:
    grouped: dict[Any, list[Row[Any]]] = {}
    for row in rows:
        grouped.setdefault(getattr(row, column), []).append(row)
    return grouped


def _release_line(release: Row[Any]) -> str:
    printed = figure(release.value, release.low, release.high)
    note = f"，{plain(release.note)}" if release.note else ""
    return f"定稿 {release.release_name}：{printed}（{release.approved_by} {shown(release.approved_at)} 批准{note}）"


def _branch(unit: Row[Any], found: Found, indent: str) -> Iterator[str]:
    yield indent + _unit_line(unit)
    for leaf in found.leaves.get(unit.unit_code, ()):
        yield f"{indent}    └ {_leaf_line(leaf)}"
        for approval in found.approvals.get(leaf.submission_id, ()):
            yield f"{indent}        · {_approval_line(approval)}"
        for line in history_lines(leaf, found.revisions.get(leaf.observation_id, ())):
            yield f"{indent}        · {line}"
    for child in found.units.get(unit.unit_code, ()):
        yield from _branch(child, found, indent + "    ")


def _unit_line(unit: Row[Any]) -> str:
    basis = load_catalogue().label("bases", unit.basis)
    own = f"，本级 {figure(unit.own_value, unit.own_low, unit.own_high)}" if unit.units_expected > 1 else ""
    return (
        f"{unit.unit_name}（{unit.unit_code}）{figure(unit.value, unit.low, unit.high)} {unit.measure or ''}"
        f" [{basis}，已报 {unit.units_reported}/{unit.units_expected}]{own}{adjusted(unit.adjustment_value)}"
    )


def _leaf_line(leaf: Row[Any]) -> str:
    share = ""
    if leaf.is_estimate:
        share = f"，按 {leaf.weight.normalize():f} 计入 {figure(leaf.value, leaf.low, leaf.high)}"
    filed_by = "" if leaf.leaf_unit_code == leaf.holder_code else f"{leaf.leaf_unit_code} 报，"
    # The reason for an odd figure, or the tick that made a blank cell a zero.
    said = f"，说明：{plain(leaf.note)}" if leaf.note else ""
    return (
        f"{filed_by}{ROLES.get(leaf.role, '')}{leaf.leaf_period}"
        f" {figure(leaf.filed_value, leaf.filed_low, leaf.filed_high)}{share}：{leaf.file_name} {place(leaf)}"
        f"（报送 {leaf.submission_id}，{leaf.received_at:%Y-%m-%d %H:%M} 收到，{leaf.sha256[:12]}）{said}"
    )


def _approval_line(approval: Row[Any]) -> str:
    step = load_catalogue().label("approval_steps", approval.step)
    note = f"：{plain(approval.note)}" if approval.note else ""
    who = f"{approval.approver_name}（{approval.approver_code}）{plain(approval.approved_by)}"
    return f"{step} {who} {shown(approval.approved_at)}{note}"


# Every unit below the asked one that has a row, with its superior of that year's tree; the asked one first.
UNITS = """
    select figures.*, superior.ancestor_code as parent_code
    from {tree} as below
    join {values} as figures
        on figures.unit_code = below.unit_code and figures.period = below.period
        and figures.indicator_code = :indicator
    join {tree} as self
        on self.period = below.period and self.unit_code = below.unit_code and self.ancestor_code = below.unit_code
    left join {tree} as superior
        on superior.period = below.period and superior.unit_code = below.unit_code
        and superior.ancestor_depth = self.ancestor_depth - 1
    where below.ancestor_code = :unit and below.period = :period
    order by self.ancestor_depth, below.unit_code
"""

LEAVES = """
    select * from {leaves}
    where unit_code = :unit and indicator_code = :indicator and period = :period
    order by holder_code, role, leaf_unit_code, leaf_period
"""

APPROVALS = """
    select submission_id, step, approver_code, approver_name, approved_by, approved_at, note
    from published.approvals
    where submission_id = any(cast(:submissions as bigint[]))
        and approved_at <= coalesce(cast(:moment as timestamptz), 'infinity')
    order by approval_seq
"""

RELEASES = """
    select releases.release_name, releases.approved_by, releases.approved_at, releases.note, printed.value, printed.low,
        printed.high
    from published.release_values as printed
    join published.releases as releases on releases.release_name = printed.release_name
    where printed.unit_code = :unit and printed.indicator_code = :indicator and printed.period = :period
    order by releases.approved_at
"""
