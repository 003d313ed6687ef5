"""Writing a year's report into the instance folder: one Word document and one Excel workbook."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine

from catalogue.model import Catalogue
from kexie.home import Home
from reporting.report.basis import basis
from reporting.report.contents import Contents, contents
from reporting.report.files import keep

Progress = Callable[[str], None]


def write_report(
    home: Home, engine: Engine, catalogue: Catalogue, year: int, progress: Progress, release: str = ""
) -> list[Path]:
    """Write `reports/YEAR/` from a release of the year (the last, if none is named) or from what is published of it.

    The same figures give the same bytes. A file that differs from what was there, say because somebody edited it,
    leaves the other beside it. Raises UserError where there is nothing to report.
    """
    with engine.connect() as connection:
        stands_on = basis(connection, year, release)
        progress(f"Report of {year}: {stands_on.sentence}。")
        made = contents(connection, stands_on, catalogue)
    said, left = len(made.review.noted), len(made.review.pending)
    progress(f"{said} figures are in the text, each with a note; {left} are left out of it (待补).")
    # Word's and Excel's writers are loaded here: no other command needs them.
    from reporting.report.document import document
    from reporting.report.workbook import workbook

    folder = home.reports / str(year)
    folder.mkdir(exist_ok=True)
    name = file_name(made)
    written = []
    for suffix, content in ((".docx", document(made)), (".xlsx", workbook(made))):
        target = folder / f"{name}{suffix}"
        aside = keep(target, content)
        progress(f"Wrote {target}" + (f"; what was there differs and is kept as {aside.name}." if aside else "."))
        written.append(target)
    return written


def file_name(made: Contents) -> str:
    """The files' name without its ending: the year, and the release or that there is none."""
    return f"全委会工作报告_{made.basis.year}年度_{made.basis.name}"
