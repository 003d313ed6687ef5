"""What a clerk wrote where a figure belongs: an exact number, no such thing, masked, or words that are no number."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

RAW_LENGTH = 200

# Full-width forms and other signs that mean one ASCII sign and nothing else. Not NFKC, which would read 5² as 52.
_TO_ASCII = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    0x3000: " ", 0x00A0: " ", 0x2212: "-", 0x00D7: "X", 0x200B: "", 0xFEFF: "",
}  # fmt: skip
_WHOLE = r"(?:[0-9]{1,30}|[0-9]{1,3}(?:,[0-9]{3}){1,9})"
_NUMBER = re.compile(rf"-?{_WHOLE}(?:\.[0-9]{{1,10}})?")
_NOT_APPLICABLE = re.compile(r"[-–—―─]{1,2}")
_REDACTED = re.compile(r"\*{2,}|[Xx]{2,}")

NUMBER, NOT_APPLICABLE, REDACTED = "number", "not_applicable", "redacted"
UNREADABLE, FORMULA_ERROR = "unreadable", "formula_error"


class Figure(NamedTuple):
    """A state of a reading, and the number where it is one."""

    state: str
    value: Decimal | None = None


def figure_in(text: str) -> Figure | None:
    """What a text says as a figure; None for a blank.

    Thousands separators, full-width signs and outer spaces are read; exponents, a plus sign, units and 万 are not. At
    most 30 digits before and 10 after the point: longer text is no figure of anyone's.
    """
    plain = text.translate(_TO_ASCII).strip()
    if not plain:
        return None
    if len(plain) <= 64:
        if _NUMBER.fullmatch(plain):
            return Figure(NUMBER, Decimal(plain.replace(",", "")))
        if _NOT_APPLICABLE.fullmatch(plain):
            return Figure(NOT_APPLICABLE)
        if _REDACTED.fullmatch(plain):
            return Figure(REDACTED)
    return Figure(UNREADABLE)


def clipped(text: str) -> str:
    """A text as it is kept in a reading or a problem: its beginning, where it is very long."""
    return text if len(text) <= RAW_LENGTH else f"{text[:RAW_LENGTH]}…"
