"""Whether an adjustment takes away, or adds, no more than the units below have filed.

Only what is certain is found: a claim below may stand for more than its units filed, and prose may say what forms do
not. Whether an adjustment counts is decided by the rollup, each time anew, from what is in force by then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from catalogue.model import NARRATIVE, OverTime, Scope
from ingestion import wording
from ingestion.checks.filing import Filing
from ingestion.checks.findings import Findings
from ingestion.context import Context, Figures, Filed, Key
from ingestion.periods import Period

ZERO = Decimal(0)


def check(findings: Findings, context: Context, filings: Mapping[Key, Filing]) -> None:
    """Reject what is adjusted by more than there is, the figures of the same file included; ask about what is odd."""
    adjusting = [one for one in filings.values() if one.told(context.rules, Scope.ADJUSTMENT)]
    if not adjusting:
        return
    brought = {key: one.figures for key, one in filings.items() if not findings.has_rejected(key)}
    for filing in adjusting:
        for code, told in filing.told(context.rules, Scope.ADJUSTMENT).items():
            below = _Below(context, brought, code)
            most = below.most(filing.key[0], filing.period)
            if told.row is None or not told.value:
                continue
            finding = _doubt(context, filing.period, told.value, most)
            if not finding:
                continue
            measure, entered_in = context.rules[code].indicator.measure, told.row.reading.entered_in
            findings.about_row(
                filing.key, told.row, finding,
                value=wording.amount(told.value, measure, entered_in),
                sum=wording.amount(most or ZERO, measure, entered_in),
                units=str(len(below.who_filed)),
            )  # fmt: skip


def _doubt(context: Context, period: Period, value: Decimal, most: Decimal | None) -> str:
    """What is wrong or odd about an adjustment of a sum of at most so much, as a finding's code; empty if nothing."""
    if most is not None and abs(value) > most:
        return "ADJUSTMENT_TOO_GREAT"
    if value > 0:
        return "ADJUSTMENT_ADDS"
    share = context.limit("adjustment_share_percent", period.last_day) / 100
    return "ADJUSTMENT_LARGE" if most is not None and -value > share * most else ""


@dataclass
class _Below:
    """What the units below a unit filed of one indicator, at most; None where a figure has no known end."""

    context: Context
    brought: Mapping[Key, Figures]
    code: str
    who_filed: set[str] = field(default_factory=set)

    def most(self, unit_code: str, period: Period) -> Decimal | None:
        """All that came from below, claims of units with others below them included where they say more."""
        tree, last_day = self.context.tree, period.last_day
        standing = set(tree.below(unit_code, last_day))
        amounts = [self._subtree(child, period) for child in tree.children(unit_code, last_day)]
        gone = self.context.ever_below(unit_code, period) - standing
        amounts += [self._filed(code, Scope.OWN, period) for code in sorted(gone)]
        return _sum(amounts)

    def _subtree(self, unit_code: str, period: Period) -> Decimal | None:
        children = self.context.tree.children(unit_code, period.last_day)
        added = _sum([self._filed(unit_code, Scope.OWN, period), *(self._subtree(one, period) for one in children)])
        claimed = self._filed(unit_code, Scope.JURISDICTION, period)
        return None if added is None or claimed is None else max(added, claimed)

    def _filed(self, unit_code: str, scope: Scope, period: Period) -> Decimal | None:
        """A unit's figure of a period by the period rules: the longest filing wins over its parts."""
        found: dict[Period, Filed] = {}
        form = self.context.rules[self.code].indicator.form
        for of in (form, NARRATIVE):
            for part in period.parts if not found else ():
                filed = self._figure((unit_code, of, str(part)), scope)
                if filed and not any(part.is_within(longer) for longer in found):
                    found[part] = filed
        if not found:
            return ZERO
        self.who_filed.add(unit_code)
        if self.context.rules[self.code].indicator.over_time is OverTime.LAST:
            return _most(found[max(found, key=lambda part: part.last_day)])
        return _sum(map(_most, found.values()))

    def _figure(self, key: Key, scope: Scope) -> Filed | None:
        """Under the first of the indicator's statuses that is present; one that waits for a reason may yet count."""
        in_force = self.context.in_force.get(key)
        figures = self.brought.get(key, in_force.figures if in_force else {})
        for status in self.context.rules[self.code].ranks:
            filed = figures.get((self.code, scope, status))
            if filed is not None and filed.state != "redacted":
                return filed
        return None


def _most(filed: Filed) -> Decimal | None:
    """A figure in words counts for its point value, which lies within its bounds."""
    if filed.state != "number":
        return ZERO
    return filed.value if filed.value is not None else filed.high


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    total = ZERO
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total
