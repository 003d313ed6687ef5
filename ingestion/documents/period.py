"""For which period a document reports: its name says so, else its title or first lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingestion.periods import Period

_ASCII_DIGITS = {code: code - 0xFEE0 for code in range(0xFF10, 0xFF1A)}
_NUMERALS = {numeral: str(digit) for digit, numeral in enumerate("〇一二三四五六七八九")} | {"○": "0", "零": "0"}
_YEAR = r"(?P<year>(?:19|20)[0-9]{2}|[一二][〇○零一二三四五六七八九]{3}(?=\s*年))"
_TO = r"\s*(?:[-—–－~～至到]+|年\s*(?:[-—–－~～至到]+))\s*"
_MENTION = re.compile(
    rf"""
    (?<![0-9.]) {_YEAR} (?![0-9])
    (?:
        (?P<range> {_TO} (?:19|20)[0-9]{{2}} (?![0-9]) )
        | (?P<date> \s*[年./-]\s* [0-9]{{1,2}} \s*[月./-]\s* [0-9]{{1,2}} (?: \s*日 | (?![0-9]|\s*月) ) )
        | \s* (?:年度?)? \s* (?:(?:1|0?1)\s*(?:月份?)?\s*[-—–－~～至到]+\s*(?P<until>[0-9]{{1,2}})\s*月)
        | \s* (?:年度?)? \s* 前 \s* (?P<quarters>[一二三]) 个?季度
        | \s* (?:年度?)? [\s_-]* (?P<half>[上下]) 半年
        | [\s_-]* [Hh] (?P<half_number>[12]) (?![0-9A-Za-z])
        | \s* (?:年度?)? [\s_-]* 第? \s* (?P<quarter>[一二三四1-4]) \s* 季度
        | [\s_-]* [Qq] (?P<quarter_number>[1-4]) (?![0-9A-Za-z])
        | \s* (?:年度?|[./-]) \s* (?P<month>0?[1-9]|1[0-2]) \s* 月
        | - (?P<month_number>0[1-9]|1[0-2]) (?![0-9.-])
        | (?P<until_now> \s*年? \s* (?:以来|至今) )
    )?
    """,
    re.VERBOSE,
)
_QUARTERS = "一二三四"
_SPANS = {3: "Q1", 6: "H1", 12: ""}
"""From January to the end of such a month is a period of its own."""

_DONE = re.compile("总结|小结|汇报|报告|述职|情况|回顾|简报|通报")
_AHEAD = re.compile("计划|打算|安排|思路|展望|要点")
_TITLE = re.compile("总结|小结|汇报|报告|述职|情况|回顾|简报|通报|计划|打算|要点")
_LONGEST_TITLE = 60
_TITLE_LINES = 10
_FIRST_CHARACTERS = 500


def period_in_name(name: str) -> Period | None:
    """The one period that a file's name says; None where it says none, or several, or one that nobody reports for."""
    return _the_one(name)


def period_in_title(text: str) -> Period | None:
    """The period that the first of a text's titles says."""
    lines = [line.strip() for line in text[: _LONGEST_TITLE * _TITLE_LINES * 2].splitlines() if line.strip()]
    titles = (line for line in lines[:_TITLE_LINES] if len(line) <= _LONGEST_TITLE and _TITLE.search(line))
    return next((period for title in titles if (period := _the_one(title)) is not None), None)


def period_in_text(text: str) -> Period | None:
    """The period that the title says, else the first year, half or quarter that the first lines speak of."""
    said = period_in_title(text)
    if said is not None:
        return said
    first = text[:_FIRST_CHARACTERS]
    for start, period, end in _mentions(first):
        # A year stands before 年: 2000余册 is none. A month is when something happened, within the year reported on.
        if period is not None and "年" in first[start : end + 1]:
            return Period(period.year) if period.part.isdigit() else period
    return None


def _the_one(words: str) -> Period | None:
    mentions = list(_mentions(words))
    ends = [*(start for start, _, _ in mentions[1:]), len(words)]
    about_what_was_done = [
        period
        for (_, period, end), following in zip(mentions, ends, strict=False)
        if _DONE.search(words, end, following) or not _AHEAD.search(words, end, following)
    ]
    periods = set(about_what_was_done or (period for _, period, _ in mentions))
    return periods.pop() if len(periods) == 1 else None


def _mentions(words: str) -> Iterator[tuple[int, Period | None, int]]:
    """Where each mention of a period begins and ends; None for one that is no reporting period. Dates are none."""
    for found in _MENTION.finditer(words.translate(_ASCII_DIGITS)):
        if not found["date"]:
            yield found.start(), _period(found), found.end()


def _period(found: re.Match[str]) -> Period | None:
    year = int("".join(_NUMERALS.get(sign, sign) for sign in found["year"]))
    if found["range"] or found["until_now"]:
        return None
    if found["until"] or found["quarters"]:
        last = int(found["until"]) if found["until"] else 3 * (_QUARTERS.index(found["quarters"]) + 1)
        return Period(year, _SPANS[last]) if last in _SPANS else None
    if found["half"] or found["half_number"]:
        return Period(year, "H1" if (found["half"] or found["half_number"]) in ("上", "1") else "H2")
    if quarter := found["quarter"] or found["quarter_number"]:
        return Period(year, f"Q{_QUARTERS.index(quarter) + 1 if quarter in _QUARTERS else quarter}")
    if month := found["month"] or found["month_number"]:
        return Period(year, f"{int(month):02}")
    return Period(year)
