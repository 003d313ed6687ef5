"""What would become of a file if it were sent now: read and checked by what collects it, with nothing stored.

The numbers of its delivery and submissions are those that come next; they are drawn from no sequence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from catalogue.model import NARRATIVE, Catalogue, Severity, State
from ingestion import checks, readers, receipts, wording
from ingestion.checks.results import Checked
from ingestion.context import Context, load_for
from ingestion.landing import readable, refuse_what_is_no_file
from ingestion.observations import FileContent
from ingestion.receipts import Receipt
from ingestion.tree import Tree, stored
from kexie.errors import UserError

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it was read; `refused` is what becomes of one that is too large to be read."""

    file_name: str
    size_bytes: int
    sha256: str
    content: FileContent
    refused: Checked | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """A file that was tried out. `receipt` is what the file would be answered."""

    sent: Sent
    submitter: str
    delivery_seq: int
    checked: Checked
    receipt: list[str]

    @property
    def years(self) -> tuple[int, ...]:
        """The years of what would be accepted, in ascending order."""
        accepted = (submission.year for submission in self.checked.submissions if submission.is_accepted)
        return tuple(sorted({year for year in accepted if year is not None}))


def read(file: Path, catalogue: Catalogue, today: date) -> Sent:
    """Read a file as collecting would. Raises UserError where the path is no file, or the reader itself fails."""
    refuse_what_is_no_file([file])
    file_name, size = readable(file.name), file.stat().st_size
    refused = checks.too_large(Context(catalogue, Tree((), ()), today), size)
    if refused:
        return Sent(file_name, size, "", FileContent("unknown"), refused)
    data = file.read_bytes()
    with _at_fault(file_name):
        content = readers.read(file_name, data, catalogue)
    return Sent(file_name, size, hashlib.sha256(data).hexdigest(), content)


def check(
    connection: Connection, catalogue: Catalogue, sent: Sent, submitter: str, after: tuple[int, int], today: date
) -> Trial:
    """Check a file against what is in force.

    `after` gives the last delivery's and the last submission's number. Without a submitter it is the one unit that the
    file files for, else the root, which may file for all.
    """
    context = Context(catalogue, stored(connection), today)
    if sent.content.kind == NARRATIVE and not submitter:
        raise UserError(f"{sent.file_name} is prose, which names no unit; say whose it is with --as CODE.")
    units = {unit_code for unit_code, _, _ in checks.keys_of(sent.content, context)}
    by = submitter or _likeliest_submitter(units, context.tree)
    content = sent.content.of(by)
    keys = checks.keys_of(content, context)
    delivery_seq, ids = after[0] + 1, count(after[1] + 1)
    load_for(connection, context, [(by, sent.sha256)], keys, [sent.content])
    with _at_fault(sent.file_name):
        checked = sent.refused or checks.check(content, context, by, delivery_seq, sent.sha256, ids)
    receipt = list(receipts.beforehand(_receipt(sent, by, checked), catalogue, context.tree))
    receipt += _told(checked, catalogue)
    return Trial(sent, by, delivery_seq, checked, receipt)


def _told(checked: Checked, catalogue: Catalogue) -> Iterator[str]:
    """The figures that would be taken from prose, each with its words and where they stand."""
    told = [observed for one in checked.submissions if one.key[1] == NARRATIVE for observed in one.observations]
    if told:
        yield from ("", f"从文字里读出的数（{len(told)} 个）")
    for number, one in enumerate(told, start=1):
        indicator = catalogue.indicators[one.indicator_code]
        marks = f"{catalogue.label('scopes', one.scope)}，{catalogue.label('statuses', one.status)}"
        value = wording.span(one.low, one.high, indicator.measure) if one.state == State.NUMBER else "已隐去"
        where = f"第 {(one.span_start or 0) + 1}—{one.span_end} 字"
        yield f"{number}. “{wording.plain(one.quote or '')}”（{where}）：{indicator.name_zh} {value}（{marks}）"


@contextmanager
def _at_fault(file_name: str) -> Iterator[None]:
    """One sentence for a file at which the program fails; collecting answers it with SYSTEM_FAILED."""
    try:
        yield
    except Exception as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())
        raise UserError(f"The program fails at {file_name} ({what}); show the file to the data team.") from error


def _likeliest_submitter(units: Collection[str], tree: Tree) -> str:
    if len(units) == 1:
        return next(iter(units))
    roots = (unit_code for unit_code, spans in tree.spans.items() if not spans[-1].parent_code)
    return next(roots, "")


class _Delivery(NamedTuple):
    file_name: str
    submitter_code: str
    outcome: str


class _Submission(NamedTuple):
    submission_id: int | None
    unit_code: str
    form: str
    period: str
    state: str
    figures_read: int
    # A preview shows what a file changes once it is approved.
    approvers: tuple[str, ...] = ()


class _Finding(NamedTuple):
    submission_id: int | None
    code: str
    severity: Severity
    sentence: str
    sheet: str
    cell: str
    line: int | None
    span_start: int | None
    span_end: int | None
    quote: str
    state: str | None


def _receipt(sent: Sent, submitter: str, checked: Checked) -> Receipt:
    states = {one.key: "accepted" if one.is_accepted else "rejected" for one in checked.submissions}
    ids = {one.key: one.submission_id for one in checked.submissions}
    submissions = [
        _Submission(one.submission_id, *one.key, states[one.key], one.figures_read) for one in checked.submissions
    ]
    findings: Sequence[_Finding] = [
        _Finding(
            ids.get(found.key) if found.key else None,
            *(found.code, found.severity, found.sentence),
            *(found.place.sheet, found.place.cell, found.place.line),
            *(found.place.start, found.place.end, found.place.quote),
            states.get(found.key) if found.key else None,
        )
        for found in checked.findings
    ]
    return Receipt(_Delivery(sent.file_name, submitter, checked.outcome), submissions, findings)
