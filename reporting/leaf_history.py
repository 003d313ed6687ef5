"""What a filed figure was before and after: every submission of its cell, and the reasons that were given for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Row

from catalogue.load import load as load_catalogue
from reporting.wording import figure, place


def history_lines(leaf: Row[Any], revisions: Sequence[Row[Any]]) -> Iterator[str]:
    """A line for each other submission of the leaf's cell, for what was asked about it, and if it is in force no more.

    `leaf` is a row of published.contributions, `revisions` are those of its cell from published.revisions.
    """
    for revision in revisions:
        if revision.submission_id != leaf.submission_id:
            when = "先前" if revision.submission_id < leaf.submission_id else "后来"
            yield f"{when} {_said(revision, leaf.status)}：{_source(revision)}{_fate(revision)}"
        elif revision.observation_id == leaf.observation_id:
            if revision.doubt:
                yield f"核对：{revision.doubt}（{revision.submitter_code} 报送）"
            if revision.fate != "in_force":
                yield f"本数{_fate(revision).removeprefix('，')}"


def _said(revision: Row[Any], status_of_leaf: str) -> str:
    catalogue = load_catalogue()
    if revision.state == "number":
        said = figure(revision.value, revision.low, revision.high)
    else:
        said = catalogue.label("states", revision.state)
    status = "" if revision.status == status_of_leaf else f"（{catalogue.label('statuses', revision.status)}）"
    return f"{said}{status}{'（待说明，未计入）' if revision.is_held else ''}"


def _source(revision: Row[Any]) -> str:
    return (
        f"{revision.file_name} {place(revision)}（报送 {revision.submission_id}，"
        f"{revision.received_at:%Y-%m-%d %H:%M} 收到，{revision.sha256[:12]}）"
    )


def _fate(revision: Row[Any]) -> str:
    if revision.fate == "withdrawn":
        return f"，{revision.withdrawn_at:%Y-%m-%d %H:%M} 撤回"
    if revision.fate == "replaced":
        return f"，已由报送 {revision.replaced_by} 替代{'，其中不再报此数' if revision.is_dropped else ''}"
    return ""


REVISIONS_OF_LEAVES = """
    with leaves as materialized (
        select distinct observation_id, leaf_unit_code, form, leaf_period, leaf_indicator_code, scope, status
        from {leaves}
        where unit_code = :unit and indicator_code = :indicator and period = :period
    )
    select leaves.observation_id as leaf_id, revisions.*
    from leaves
    join published.revisions as revisions
        on revisions.unit_code = leaves.leaf_unit_code and revisions.form = leaves.form
        and revisions.period = leaves.leaf_period and revisions.indicator_code = leaves.leaf_indicator_code
        and revisions.scope = leaves.scope
        and (revisions.status = leaves.status or revisions.status in ('actual', 'provisional'))
    order by revisions.submission_id, revisions.status
"""
"""For the leaves of one figure: `leaf_id` is the leaf's observation. An estimate is a revision of what it foresaw."""
