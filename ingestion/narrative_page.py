"""The page that goes back with a narrative's receipt: its text, with what was read of each quantity beside it.

One HTML file that needs nothing else, can be printed, and runs nothing. Every word of the sender's is escaped.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from html import escape
from typing import TYPE_CHECKING

from catalogue.model import Catalogue, Severity, State
from ingestion import wording

if TYPE_CHECKING:
    from ingestion.narrative.quantity import Quantity


class Use(StrEnum):
    """What becomes of a quantity; the value is the name of its style."""

    COUNTED = "counted"
    KEPT = "kept"
    HELD = "held"
    HIDDEN = "hidden"
    DIFFERENT = "different"
    UNCLEAR = "unclear"
    MASKED = "masked"
    REJECTED = "rejected"
    OF_ANOTHER_PERIOD = "elsewhen"
    WITHOUT_INDICATOR = "other"


WORDS = {
    Use.COUNTED: "收下；报表里没有这一项，汇总暂用这个数",
    Use.KEPT: "收下备查；计划、他方牵头的、其中项等不计入汇总",
    Use.HELD: "收下，待说明原因；说明之前不计入汇总",
    Use.HIDDEN: "报表里已有，与报表相符；汇总用报表的数",
    Use.DIFFERENT: "与报表不符，请核对；汇总用报表的数",
    Use.UNCLEAR: "没有收，请在工作簿里填准",
    Use.MASKED: "数字已隐去，按没有报处理",
    Use.REJECTED: "这份材料没有收下",
    Use.OF_ANOTHER_PERIOD: "不是本期的数，没有收",
    Use.WITHOUT_INDICATOR: "没有对应的指标，没有收",
}
_SHORT = {
    Use.COUNTED: "计入汇总",
    Use.KEPT: "收下备查",
    Use.HELD: "待说明",
    Use.HIDDEN: "报表已有",
    Use.DIFFERENT: "与报表不符",
    Use.UNCLEAR: "待填准",
    Use.MASKED: "已隐去",
    Use.REJECTED: "没有收下",
    Use.OF_ANOTHER_PERIOD: "不是本期",
    Use.WITHOUT_INDICATOR: "没有对应指标",
}
_UNREAD = "没有当作数量的数字（日期、文号、名称等）；其中如有要报的数，请填进工作簿"
_DIGITS = re.compile(r"[0-9０-９]+(?:[.,．，][0-9０-９]+)*[%％]?")
_SEVERITIES = {
    Severity.ERROR: "必须改正",
    Severity.EXPLAIN: "需要说明",
    Severity.WARNING: "请核对",
    Severity.INFO: "告知",
}


@dataclass(frozen=True, slots=True)
class Treated:
    """What becomes of a quantity, and what is said about that beside the words of its use."""

    use: Use
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """What the page of a narrative says; `treated` is in the order of `quantities`, which is that of the text."""

    unit_name: str
    period: str
    file_name: str
    delivery_seq: int
    received: str
    text: str
    quantities: Sequence[Quantity]
    treated: Sequence[Treated]
    findings: Sequence[tuple[str, str]] = field(default_factory=list)
    workbook: str = ""


def render(page: Page, catalogue: Catalogue) -> str:
    """The page as one HTML document."""
    title = f"{page.unit_name} {wording.period(page.period) if page.period else ''}文字材料识读结果"
    return "\n".join(
        (
            '<!DOCTYPE html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">',
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>",
            f"<h1>{escape(title)}</h1>",
            *_head(page),
            *_legend(page),
            "<main>",
            *_rows(page, catalogue),
            "</main>\n</body>\n</html>\n",
        )
    )


def _head(page: Page) -> Iterator[str]:
    counts = Counter(one.use for one in page.treated)
    told = "，".join(f"{_SHORT[use]} {counts[use]} 个" for use in Use if counts[use])
    about = f"文件：{page.file_name}；受理编号：{page.delivery_seq}；收到时间：{page.received}"
    yield f'<p class="about">{escape(about)}</p>'
    yield f"<p>文中认出 {len(page.quantities)} 个数量{'：' + told if told else ''}。</p>"
    if page.workbook:
        yield (
            f"<p><strong>请核对每一处。</strong>认出的数已填在随附的工作簿《{escape(page.workbook)}》里，"
            "不用再打一遍：有错的改正，没有准确数的补上，然后报送工作簿。报了工作簿，汇总就用工作簿的数。</p>"
        )
    if page.findings:
        yield '<ul class="findings">'
        for severity, sentence in page.findings:
            yield f'<li class="{escape(severity)}"><b>{_SEVERITIES[Severity(severity)]}</b> {escape(sentence)}</li>'
        yield "</ul>"


def _legend(page: Page) -> Iterator[str]:
    used = {one.use for one in page.treated}
    marks = "".join(f'<span><mark class="{use}">{_SHORT[use]}</mark></span>' for use in Use if use in used)
    yield f'<p class="legend">{marks}<span><span class="unread">123</span> {_UNREAD}</span></p>'


def _rows(page: Page, catalogue: Catalogue) -> Iterator[str]:
    """A row for each line of the text, or each few sentences of a long one: the words, and what was read in them."""
    numbered = list(zip(range(1, len(page.quantities) + 1), page.quantities, page.treated, strict=True))
    at = 0
    for start, words, goes_on in _pieces(page.text):
        end = start + len(words)
        inside = []
        while at < len(numbered) and numbered[at][1].start < end:
            inside.append(numbered[at])
            at += 1
        if not words.strip():
            continue
        yield f'<section{CONTINUED if goes_on else ""}><p class="text">{_marked(words, start, inside)}</p>'
        if inside:
            yield '<ol class="readings">'
            yield from (_reading(number, one, treated, catalogue) for number, one, treated in inside)
            yield "</ol>"
        yield "</section>"


CONTINUED = ' class="on"'
_PIECE = re.compile(r".{80,}?[。！？；]|.+", re.DOTALL)
"""A line's sentences, so many together that what was read of them stands beside them."""


def _pieces(text: str) -> Iterator[tuple[int, str, bool]]:
    """Where each piece of the text begins, its words, and whether it goes on with the line of the one before."""
    start = 0
    for line in text.split("\n"):
        for found in _PIECE.finditer(line):
            yield start + found.start(), found[0], found.start() > 0
        start += len(line) + 1


def _marked(line: str, start: int, inside: Iterable[tuple[int, Quantity, Treated]]) -> str:
    parts, at = [], 0
    for number, one, treated in inside:
        first, last = max(one.start - start, at), max(one.end - start, at)
        words = escape(line[first:last])
        parts.append(_unread(line[at:first]))
        parts.append(f'<mark class="{treated.use}" id="q{number}">{words}<sup>{number}</sup></mark>')
        at = min(last, len(line))
    parts.append(_unread(line[at:]))
    return "".join(parts)


def _unread(words: str) -> str:
    """Words between quantities; numbers among them are shown as such."""
    parts, at = [], 0
    for found in _DIGITS.finditer(words):
        parts.append(f'{escape(words[at : found.start()])}<span class="unread">{escape(found[0])}</span>')
        at = found.end()
    return "".join([*parts, escape(words[at:])])


def _reading(number: int, one: Quantity, treated: Treated, catalogue: Catalogue) -> str:
    indicator = catalogue.indicators.get(one.indicator_code)
    name = f"<b>{escape(indicator.name_zh)}</b> " if indicator else ""
    marks = [catalogue.label("scopes", one.scope), catalogue.label("statuses", one.status)] if indicator else []
    marks += [wording.period(one.period)] if one.period else []
    said = "；".join(part for part in (WORDS[treated.use], treated.remark, one.note) if part)
    return (
        f'<li value="{number}" class="{treated.use}">{name}<span class="value">{escape(_value(one))}</span>'
        f'<br><span class="marks">{escape(" · ".join(marks))}</span><br><span class="said">{escape(said)}</span></li>'
    )


def _value(one: Quantity) -> str:
    if one.state == State.REDACTED:
        return "（隐去）"
    span = wording.span(one.low, one.high, one.measure)
    if one.value is None or one.low == one.value == one.high:
        return span
    return f"{wording.amount(one.value, one.measure)}（{span}）"


_STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { font: 15px/1.8 "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", "WenQuanYi Zen Hei", sans-serif;
  color: #1f2328; max-width: 1180px; margin: 1.5rem auto; padding: 0 1rem; }
h1 { font-size: 1.35rem; margin: 0 0 .5rem; }
p { margin: .3rem 0; }
.about, .marks, .said { color: #57606a; font-size: .82rem; }
.findings { margin: .5rem 0; padding: .5rem 1rem .5rem 2rem; background: #f6f8fa; border-left: 4px solid #8c959f; }
.findings .error b { color: #b42318; } .findings .warning b, .findings .explain b { color: #9a5b00; }
.legend { border: 1px solid #d0d7de; border-radius: 4px; padding: .3rem .6rem; font-size: .85rem; }
.legend > span { margin-right: 1rem; white-space: nowrap; } .legend > span:last-child { white-space: normal; }
main { border-top: 1px solid #d0d7de; margin-top: .8rem; }
section { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 1.2rem;
  border-bottom: 1px solid #eaeef2; padding: .4rem 0; }
section.on { border-top: 0; } section:has(+ .on) { border-bottom: 0; padding-bottom: 0; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; }
.readings { margin: .3rem 0; padding-left: 2rem; font-size: .9rem; line-height: 1.5; }
.readings li { break-inside: avoid; margin-bottom: .35rem; padding-left: .3rem; border-left: 4px solid #d0d7de; }
.value { font-variant-numeric: tabular-nums; font-weight: 600; }
mark { color: inherit; padding: 0 .15em; border-radius: 3px; border-bottom: 2px solid #8c959f; background: #eef0f2; }
mark sup { font-size: .65em; color: #57606a; }
mark.counted { background: #d7f0dd; border-color: #1a7f37; } .readings .counted { border-color: #1a7f37; }
mark.kept { background: #e3f4f4; border-color: #1b7c83; } .readings .kept { border-color: #1b7c83; }
mark.hidden { background: #ddebfa; border-color: #0a58b5; } .readings .hidden { border-color: #0a58b5; }
mark.different, mark.rejected { background: #ffdcd7; border-color: #b42318; }
.readings .different, .readings .rejected { border-color: #b42318; }
mark.held, mark.unclear { background: #fff0c7; border-color: #9a5b00; }
.readings .held, .readings .unclear { border-color: #9a5b00; }
mark.masked { background: #e5dff7; border-color: #6639ba; } .readings .masked { border-color: #6639ba; }
.unread { border-bottom: 2px dotted #8c959f; }
@media print { body { font-size: 11pt; margin: 0; max-width: none; } mark { print-color-adjust: exact;
  -webkit-print-color-adjust: exact; } @page { size: A4; margin: 14mm; } }
@media (max-width: 700px) { section { grid-template-columns: 1fr; gap: 0; } }
"""
