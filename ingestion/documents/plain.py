"""The text of a .txt: UTF-8, UTF-16 with a byte order mark, or GB18030; and whether a text is one that people wrote."""

from __future__ import annotations

import codecs
from functools import lru_cache

from ingestion.refusal import Refusal

_WITH_MARK = {
    codecs.BOM_UTF8: "utf-8-sig",
    # Before the mark of UTF-16, which is the beginning of this one.
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_PUNCTUATION = frozenset("，。、；：？！“”‘’（）《》〈〉【】〔〕「」—–…·•●■◆★％‰℃㎡〇○×÷±≤≥→√№")
_LOOKED_AT = 5000
_TOO_FEW_TO_TELL = 10
_LEAST_COMMON = 0.4
"""The common characters of simplified Chinese are more than 0.95 of a report and half of one in traditional
characters; read in a wrong encoding (Big5, UTF-8 or Latin taken for GB18030), a quarter at most."""


def text(data: bytes) -> str:
    """The text of the file. Raises Refusal where no encoding makes words of it."""
    decoded = _decoded(data)
    if decoded is None or is_garbled(decoded):
        raise Refusal("TEXT_GARBLED")
    return decoded


def _decoded(data: bytes) -> str | None:
    for mark, encoding in _WITH_MARK.items():
        if data.startswith(mark):
            return _in(encoding, data)
    # UTF-16 without its mark has a NUL in every line end and digit, and text in another encoding has none.
    if b"\0" in data:
        return None
    utf8 = _in("utf-8", data)
    return utf8 if utf8 is not None else _in("gb18030", data)


def _in(encoding: str, data: bytes) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def is_garbled(text: str) -> bool:
    """Whether the characters beyond ASCII are mostly ones that no Chinese report is written in."""
    looked_at = [letter for letter in text[:_LOOKED_AT] if not letter.isascii() and not letter.isspace()]
    if len(looked_at) < _TOO_FEW_TO_TELL:
        return False
    common = _common_characters()
    return sum(letter in common for letter in looked_at) < _LEAST_COMMON * len(looked_at)


@lru_cache(maxsize=1)
def _common_characters() -> frozenset[str]:
    """The 3,755 characters of the first level of GB 2312, full-width signs, and what stands between words."""
    level_one = (bytes((row, column)) for row in range(0xB0, 0xD8) for column in range(0xA1, 0xFF))
    full_width = map(chr, (*range(0xFF01, 0xFF5F), *range(0x2460, 0x2500)))
    return frozenset(character.decode("gb2312", "ignore") for character in level_one) | _PUNCTUATION | set(full_width)
