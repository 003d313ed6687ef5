"""Opening what somebody calls a draft: a Word document or another text, or one sentence on why it is none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from catalogue.model import Catalogue
from ingestion.documents import document_text
from ingestion.package import Package
from ingestion.refusal import Refusal
from kexie.errors import UserError
from reporting.check_report.draft import Draft, Passage
from reporting.check_report.word import WordDraft

_ZIP = b"PK\x03\x04"
_WHAT_WOULD_DO = "请用 Word 或 WPS 打开，另存为没有密码的 .docx，再做体检。"


@dataclass(frozen=True, slots=True)
class Opened:
    """A draft, and the Word document behind it if it is one."""

    draft: Draft
    word: WordDraft | None


def open_draft(path: Path, catalogue: Catalogue) -> Opened:
    """Read a draft: .docx, or whatever else text can be taken from, which then gets no comments.

    Raises UserError with the one sentence that says what is wrong and what would do.
    """
    try:
        return _opened(path, catalogue)
    except Refusal as refusal:
        says = catalogue.findings[refusal.problem.code].says.format_map(refusal.problem.details)
        raise UserError(f"{path.name}：{says}{_WHAT_WOULD_DO}") from None


def _opened(path: Path, catalogue: Catalogue) -> Opened:
    megabytes = _limit(catalogue, "file_megabytes")
    size = path.stat().st_size
    if size > megabytes * 1_000_000:
        raise Refusal("FILE_TOO_LARGE", megabytes=f"{size / 1_000_000:.1f}", limit=str(megabytes))
    data = path.read_bytes()
    if not data.strip():
        raise Refusal("FILE_EMPTY")
    # Whatever is no document is refused here, and so are those that would cost too much.
    text = document_text(path.name, data, catalogue)
    if data.startswith(_ZIP):
        word = _word(data, _limit(catalogue, "unpacked_megabytes"))
        return Opened(word.draft, word)
    return Opened(Draft(tuple(Passage(line, number) for number, line in enumerate(text.split("\n"), 1))), None)


def _word(data: bytes, megabytes: int) -> WordDraft:
    try:
        Package(data, megabytes).markup()
        return WordDraft(data)
    except Refusal:
        raise
    except Exception as error:
        # Whatever a broken document makes the library stumble over, it is broken.
        raise Refusal("FILE_UNREADABLE") from error


def _limit(catalogue: Catalogue, threshold: str) -> int:
    return int(catalogue.thresholds[threshold].values[-1].value)
