"""Every finding has a file named for its one defect, which gets that finding and no other that asks for anything."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest

from catalogue.load import load
from catalogue.model import FOREVER, Severity
from ingestion import checks, readers
from ingestion.checks.results import Checked
from ingestion.context import Approval, Context
from ingestion.tree import Event, Span, Tree

CATALOGUE = load()
TESTS = Path(__file__).parents[1]
FOLDER = TESTS / "fixtures" / "findings"
FIXTURES = sorted(path for path in FOLDER.iterdir() if ".before" not in path.name)
START, END = date(2000, 1, 1), date(2021, 7, 1)


def _context() -> Context:
    """P over C1 (over A, B, and until mid-2021 M) and the university U."""
    kinds = {"P": ("province", ""), "C1": ("city", "P"), "A": ("county", "C1"), "B": ("county", "C1")}
    spans = [
        Span(code, f"{code}科协", level, "territorial", above, START, FOREVER) for code, (level, above) in kinds.items()
    ]
    spans.append(Span("M", "M科协", "county", "territorial", "C1", START, END))
    spans.append(Span("U", "U科协", "city", "university", "P", START, FOREVER))
    return Context(CATALOGUE, Tree(spans, [Event(END, "merge", "M", "B", Decimal(1))]), date(2022, 3, 1))


def _check(context: Context, path: Path, number: int) -> Checked:
    content = readers.read(path.name, path.read_bytes(), CATALOGUE)
    found = checks.check(content, context, "P", number, path.name, count(number * 100))
    context.copies |= {
        (one.key[1], one.key[2], one.figures_print): one.key[0] for one in found.submissions if one.figures_print
    }
    return found


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_file_gets_the_finding_it_is_named_for_and_no_other(path: Path) -> None:
    context = _context()
    before = path.with_name(f"{path.stem}.before{path.suffix}")
    if before.exists():
        assert _check(context, before, 1).outcome == "accepted"
    if path.stem == "PERIOD_FAR_FROM_OTHERS":
        context.years_filed["A", "popularisation"] = (2020, 2021)
    if path.stem == "APPROVAL_DROPPED":
        approval = Approval("city", "C1", "普及部", datetime(2022, 2, 1, 9, 30))
        context.in_force["A", "popularisation", "2021"].approvals.append(approval)
    checked = _check(context, path, 2)
    found = [one for one in checked.findings if one.code == path.stem or one.severity is not Severity.INFO]
    assert {one.code for one in found} == {path.stem}
    assert all("{" not in one.sentence for one in found)


def test_the_same_bytes_again_are_told_and_change_nothing() -> None:
    context, path = _context(), FOLDER / "NOT_WHOLE.csv"
    _check(context, path, 1)
    assert [one.code for one in _check(context, path, 2).findings] == ["SAME_BYTES_IN_FORCE"]


def test_a_file_at_which_the_program_fails_is_answered_all_the_same() -> None:
    assert [one.code for one in checks.failed(_context()).findings] == ["SYSTEM_FAILED"]


def test_every_finding_has_a_file_or_where_none_can_hold_it_a_test_that_names_it() -> None:
    files = {path.stem for path in FIXTURES}
    sources = "".join(path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py"))
    lacking = [
        finding.code
        for finding in CATALOGUE.findings.values()
        if finding.code not in files and f'"{finding.code}"' not in sources
    ]
    assert lacking == []
    assert files <= set(CATALOGUE.findings)
