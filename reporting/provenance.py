"""The proof for what was published at a moment, a release for one: every figure is made of its leaves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from catalogue.load import load as load_catalogue
from expectations.provenance import Relations
from expectations.provenance import unproven as rows_unproven


def unproven(connection: Connection, moment: datetime, periods: Sequence[str]) -> list[Row[Any]]:
    """The figures of these periods, as published at that moment, that their leaves of then do not give again.

    A row is that of published.indicator_values, with `leaves_value, leaves_low, leaves_high` and `leaves_own_…`: what
    they give instead. To be asked by a login that may read `landing.observation`.
    """
    query = text(rows_unproven(AS_PUBLISHED, load_catalogue()))
    return list(connection.execute(query, {"moment": moment, "periods": list(periods)}))


_LAST_BY_THEN = "(select max(publication_id) from published.publication where published_at <= :moment)"


def _then(relation: str) -> str:
    return f"""(
        select * from published.{relation}_history
        where period = any(:periods) and opened_by <= {_LAST_BY_THEN}
            and (closed_by is null or closed_by > {_LAST_BY_THEN})
    )"""


AS_PUBLISHED = Relations(_then("indicator_values"), _then("contribution_leaves"), _then("tree_closure"))
