"""The check-up of a draft from file to files: read, judge each figure, write the copy with comments and the table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from catalogue.check_up import Verdict
from catalogue.model import Catalogue
from reporting.check_report import table
from reporting.check_report.claims import Claim
from reporting.check_report.judge import Judge
from reporting.check_report.opening import Opened, open_draft
from reporting.check_report.published import Published, units_of
from reporting.check_report.reading import DraftReader
from reporting.check_report.sentences import Marked, Sentences
from reporting.check_report.word import Note

AUTHOR, AUTHOR_OF_RIGHT = "体检", "体检·相符"
"""Word can show the comments of one author only: the findings, without all that is right."""


@dataclass(frozen=True, slots=True)
class Checked:
    """Every figure of a draft with its verdict, and the opened draft."""

    opened: Opened
    claims: list[Claim]
    marked: list[Marked]
    notes: list[Note]


def check(connection: Connection, catalogue: Catalogue, draft: Path, year: int) -> Checked:
    """Judge every figure of a draft on a year's work; UserError where the draft or the year cannot be used."""
    opened = open_draft(draft, catalogue)
    units = units_of(connection, year)
    by_code = {unit.code: unit for unit in units}
    claims = DraftReader(catalogue, units, year).claims(opened.draft)
    published = Published(connection, [target for claim in claims for target in claim.targets])
    judged = Judge(catalogue, published, by_code).judge(claims)
    sentences = Sentences(catalogue, by_code)
    phrases = published.wordings([sentences.asked(one) for one in judged])
    marked = sentences.marked(claims, judged, phrases)
    notes = [
        Note(claim.span, one.comment, AUTHOR if one.verdict in catalogue.check_up.findings else AUTHOR_OF_RIGHT)
        for claim, one in zip(claims, marked, strict=True)
        if one.verdict is not Verdict.NOT_CHECKED
    ]
    return Checked(opened, claims, marked, notes)


def write(checked: Checked, catalogue: Catalogue, draft: Path, folder: Path) -> list[Path]:
    """Write the table, and of a Word draft the copy with comments; the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {folder / f"{draft.stem}_体检.xlsx": table.workbook(checked.marked, catalogue.check_up)}
    if checked.opened.word is not None:
        written[folder / f"{draft.stem}_体检.docx"] = checked.opened.word.annotate(checked.notes)
    for path, content in written.items():
        path.write_bytes(content)
    return list(written)
