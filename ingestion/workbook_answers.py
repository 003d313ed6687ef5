"""What goes beside the receipt of a workbook that must be mended: the workbook itself, marked, under its own name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from catalogue.model import Severity
from ingestion.landing import archived
from ingestion.marked_workbook import Mark, is_worth_marking, marked
from ingestion.receipts import File

if TYPE_CHECKING:
    from kexie.home import Home

_RECEIPT = re.compile(r"(\.[^.]*)\.回执(\(\d+\))?\.txt$")
_WORKBOOK = r"\2.xlsx"
_ABOUT = "有误和待说明的格已标出，改好后可直接用它重报"


def names_beside(receipt_name: str) -> dict[str, str]:
    """The name that the marked workbook has beside a receipt, if there is one, and what is said of it."""
    return {_RECEIPT.sub(_WORKBOOK, receipt_name): _ABOUT}


def given_back(home: Home, delivery: Any, findings: Sequence[Any], head: Sequence[str]) -> list[File]:  # noqa: ANN401
    """The marked workbook; none where there is no cell to point at, or the file is larger than a filled-in one is."""
    marks = [Mark(Severity(one.severity), one.sheet or "", one.cell or "", one.sentence) for one in findings]
    if not is_worth_marking(delivery.size_bytes, marks):
        return []
    data = marked(archived(home, delivery.sha256).read_bytes(), head, marks)
    return [File(name, data, about) for name, about in names_beside(delivery.receipt_name).items()]
