"""Readings + catalogue + context → findings, and the submissions to store.

Every (unit, form, period) in a file is one submission. An error rejects the submission it stands in, and whatever else
of the file the faulty row might have belonged to; an error of the file as a whole rejects everything in it. All
findings of a phase are made at once; a row that failed a phase is spared the later ones.
"""

from __future__ import annotations

from collections.abc import Iterator

from catalogue.model import NARRATIVE
from ingestion import wording
from ingestion.checks import names, prose
from ingestion.checks.file import FileCheck, grouped
from ingestion.checks.findings import Findings
from ingestion.checks.results import Checked
from ingestion.context import Context, Earlier, InForce, Key
from ingestion.observations import FileContent

NUMBERS_NAMED = 20


def keys_of(content: FileContent, context: Context) -> set[Key]:
    """What a file files: the keys of its submissions."""
    return set(grouped(content, context))


def check(
    content: FileContent, context: Context, submitter: str, delivery_seq: int, sha256: str, ids: Iterator[int]
) -> Checked:
    """Check one file. Its accepted submissions are in force in the context from then on.

    `ids` gives the numbers of new submissions, one for each of `keys_of`.
    """
    repeated = context.repeated(submitter, sha256, keys_of(content, context) if content.kind == NARRATIVE else None)
    if repeated:
        return _duplicate(content, context, repeated)
    checked = FileCheck(content, context, submitter, ids).check()
    _put_in_force(context, checked, submitter, delivery_seq, sha256)
    return checked


def failed(context: Context) -> Checked:
    """What becomes of a file at which the warehouse itself failed."""
    findings = Findings(context)
    findings.about_file("SYSTEM_FAILED")
    return Checked("rejected", "unknown", findings=findings.found)


def too_large(context: Context, size_bytes: int) -> Checked | None:
    """The refusal of a file that is not even read, or None when its size will do."""
    limit = context.limit("file_megabytes", context.today)
    if size_bytes <= limit * 1_000_000:
        return None
    findings = Findings(context)
    findings.about_file("FILE_TOO_LARGE", megabytes=f"{size_bytes / 1_000_000:.1f}", limit=wording.figure(limit))
    return Checked("rejected", "unknown", findings=findings.found)


def _duplicate(content: FileContent, context: Context, in_force: list[InForce]) -> Checked:
    numbers = "、".join(str(submission.submission_id) for submission in in_force[:NUMBERS_NAMED])
    findings = Findings(context)
    findings.about_file("SAME_BYTES_IN_FORCE", submission=numbers)
    return Checked("duplicate", content.kind, content.form_version, findings=findings.found)


def _put_in_force(context: Context, checked: Checked, submitter: str, delivery_seq: int, sha256: str) -> None:
    for submission in checked.submissions:
        if submission.is_accepted:
            told = prose.told(submission.observations) if submission.key[1] == NARRATIVE else {}
            listed = names.by_list(submission.names)
            in_force = InForce(submission.submission_id, delivery_seq, submission.figures, told, listed)
            context.in_force[submission.key] = in_force
            unit_code, form, period = submission.key
            context.copies.setdefault((form, period, submission.figures_print), unit_code)
    if checked.outcome in ("accepted", "held"):
        keys = tuple(submission.key for submission in checked.submissions)
        context.earlier.setdefault((submitter, sha256), []).append(Earlier(delivery_seq, keys))
