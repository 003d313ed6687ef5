"""The text of a PDF, by pdftotext of poppler, its wrapped lines put together again."""

from __future__ import annotations

import re
import shutil
import unicodedata
from collections.abc import Iterator

from ingestion.documents.converters import own_folder, run
from ingestion.documents.limits import Limits
from ingestion.documents.plain import is_garbled
from ingestion.refusal import Refusal

_MARK = b"%PDF-"
_HEAD = 1024
"""A PDF may begin with so many bytes of something else."""

_MOST_PAGES = 2000
_PASSWORD_WANTED, _COPYING_FORBIDDEN = "Incorrect password", 3
_ENDS = frozenset("。！？!?")
_FULL_LINE = 0.85

# Between Chinese and Latin a page shows a narrow gap, which nobody typed.
_GAP = re.compile(
    "(?<=[\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef]) (?=[0-9A-Za-z])|(?<=[0-9A-Za-z%]) (?=[\u3000-\u30ff\u4e00-\u9fff])"
)


def is_pdf(extension: str, data: bytes) -> bool:
    return data.startswith(_MARK) or (extension == ".pdf" and _MARK in data[:_HEAD])


def text(data: bytes, limits: Limits) -> str:
    """The text of all pages. Raises Refusal where there is none, or no program to read it."""
    program = shutil.which("pdftotext")
    if program is None:
        raise Refusal("CONVERTER_MISSING", extension=".pdf", program="pdftotext", package="poppler-utils")
    with own_folder() as folder:
        (folder / "document.pdf").write_bytes(data)
        options = ("-enc", "UTF-8", "-eol", "unix", "-l", str(_MOST_PAGES))
        done = run([program, *options, str(folder / "document.pdf"), "-"], folder, limits)
    if _PASSWORD_WANTED in done.said or done.status == _COPYING_FORBIDDEN:
        raise Refusal("FILE_ENCRYPTED")
    if done.status != 0:
        raise Refusal("CONVERSION_FAILED", extension=".pdf")
    pages = done.output.decode("utf-8", "replace").split("\f")
    joined = "\n".join(line for page in pages for line in _unwrapped(page.splitlines()))
    if is_garbled(joined):
        raise Refusal("TEXT_GARBLED")
    return _GAP.sub("", joined)


def _unwrapped(lines: list[str]) -> Iterator[str]:
    """The lines of a page, one that fills the page's width put together with the next: the sentence goes on there."""
    width = max((_width(line) for line in lines), default=0)
    whole = ""
    for line in lines:
        whole += line.strip()
        if line.strip() and _width(line) >= _FULL_LINE * width and line.rstrip()[-1] not in _ENDS:
            whole += " " if line.rstrip()[-1].isascii() else ""
            continue
        yield whole
        whole = ""
    if whole:
        yield whole


def _width(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WFA" else 1 for letter in line.strip())
