"""The approval ladder's rules in the database: the catalogue's, and those of this province, which come after them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from catalogue.model import FOREVER, ApprovalRule, Catalogue
from ingestion.filing_calendar import Row, Source, keep
from ingestion.years import mark_changed_since

if TYPE_CHECKING:
    from sqlalchemy import Connection


def sync_rules(connection: Connection, catalogue: Catalogue) -> list[int]:
    """Bring the database to the catalogue's rules; returns the known years whose figures that may move."""
    return keep_rules(connection, Source.CATALOGUE, catalogue.approval)


def keep_rules(connection: Connection, source: Source, rules: Sequence[ApprovalRule]) -> list[int]:
    """Let these, in this order, be all the rules of a source; returns the known years whose figures that may move."""
    rows = [_row(position, rule) for position, rule in enumerate(rules, start=1)]
    changed = keep(connection, "landing.approval_rule", {"source": str(source)}, rows)
    return mark_changed_since(connection, min(row["valid_from"] for row in changed).year) if changed else []


def _row(position: int, rule: ApprovalRule) -> Row:
    return {
        "position": position,
        "form": rule.form or None,
        "level": rule.level or None,
        "unit_type": rule.unit_type or None,
        "steps": [str(step) for step in rule.steps],
        "unapproved": str(rule.unapproved) if rule.unapproved else None,
        "valid_from": rule.valid_from,
        "valid_to": None if rule.valid_to == FOREVER else rule.valid_to,
    }
