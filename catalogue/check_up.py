"""The rules of the draft's check-up, as `check_up.yaml` says them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from catalogue.entries import Entry


class Verdict(StrEnum):
    """What a figure of the draft is found to be, in the order in which it is tried."""

    RIGHT = "right"
    STALE = "stale"
    WRONGLY_ROUNDED = "wrongly_rounded"
    WRONG_SCOPE_OR_PERIOD = "wrong_scope_or_period"
    INCONSISTENT = "inconsistent"
    CONTRADICTED = "contradicted"
    UNSUPPORTED = "unsupported"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True, slots=True)
class Limits:
    """Where one verdict ends and another begins; `check_up.yaml` says what each is for."""

    rounding_step: Decimal
    rounding_distance: Decimal
    rounded_from: Decimal
    nearly: Decimal
    understated: Decimal
    vague: Decimal
    chance: Decimal
    certain: Decimal
    shared_pairs: Decimal
    unsupported_from: Decimal


@dataclass(frozen=True, slots=True)
class CheckUp:
    """`labels` names the verdicts, `findings` are those that are one; `headings` and `words` are lists by their use."""

    labels: Mapping[Verdict, str]
    findings: frozenset[Verdict]
    limits: Limits
    headings: Mapping[str, tuple[str, ...]]
    words: Mapping[str, tuple[str, ...]]


HEADINGS = ("plan", "review", "by_year")
WORDS = (
    "province", "own", "city_own", "either", "nameless", "last_year", "this_year", "next_year", "many_years",
    "compared", "not_last_year", "rise", "fall", "up_to", "from", "of_plan", "plan", "each", "respectively", "together",
    "and_so_on", "not_counted", "jointly", "light", "common_pairs", "row_numbers", "measure_column", "change_column",
    "aside_column", "of_plan_column", "coverage", "coverage_behind",
)  # fmt: skip


def read_check_up(entry: Entry) -> CheckUp:
    """The rules in an entry; what is wrong with it is among its mistakes."""
    verdicts = entry.child("verdicts", "verdicts")
    labels: dict[Verdict, str] = {}
    findings = set()
    for verdict in Verdict:
        fields = verdicts.child(verdict, verdict)
        labels[verdict] = fields.required_text("label")
        if fields.flag("finding"):
            findings.add(verdict)
        fields.finish()
    limits = entry.child("limits", "limits")
    numbers = {name: limits.number(name) or Decimal(0) for name in Limits.__slots__}
    lists = {name: _lists(entry.child(name, name), uses) for name, uses in (("headings", HEADINGS), ("words", WORDS))}
    for read in (verdicts, limits, entry):
        read.finish()
    return CheckUp(labels, frozenset(findings), Limits(**numbers), lists["headings"], lists["words"])


def _lists(entry: Entry, uses: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    lists = {use: entry.texts(use, ()) for use in uses}
    entry.finish()
    return lists
