"""The reason that a unit gives for a doubted figure: one of the catalogue's list, or its own words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from catalogue.model import EXPLANATIONS, Catalogue

if TYPE_CHECKING:
    from ingestion.checks.results import Row

LONGEST = 500


class Reason(NamedTuple):
    """`code` is that of the list, empty for words of one's own; `words` is what is shown."""

    code: str
    words: str


def reason_in(note: str, catalogue: Catalogue) -> Reason | None:
    """The reason in a note, or None where it holds none. 其他 is one only together with words of one's own."""
    told = note.strip()
    if not told:
        return None
    labels = catalogue.codelists[EXPLANATIONS]
    for code, label in labels.items():
        for name in sorted({code, label, _bare(label)}, key=len, reverse=True):
            if told == name or (told.startswith(name) and re.match(r"[\s:：,，;；、。（(-]", told[len(name) :])):
                return _listed(labels, code, told[len(name) :].strip(" :：,，;；、。（）()-"))
    return Reason("", told[:LONGEST])


def offered(catalogue: Catalogue) -> list[str]:
    """The reasons as a drop-down offers them."""
    return list(catalogue.codelists[EXPLANATIONS].values())


def _listed(labels: Mapping[str, str], code: str, words: str) -> Reason | None:
    if code != list(labels)[-1]:
        return Reason(code, f"{labels[code]}：{words}"[:LONGEST] if words else labels[code])
    return Reason(code, f"{_bare(labels[code])}：{words}"[:LONGEST]) if words else None


def _bare(label: str) -> str:
    """A label without what stands in brackets behind it."""
    return re.sub(r"[（(].*$", "", label)


def given(rows: list[Row], catalogue: Catalogue) -> Reason | None:
    """The first reason in the notes of some rows; a note that the tick 其余为0 wrote is none."""
    notes = (row.reading.note for row in rows if not row.reading.by_tick)
    return next((reason for note in notes if (reason := reason_in(note, catalogue))), None)
