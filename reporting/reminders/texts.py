"""The words of a reminder: a text that can be pasted into a chat, and the same as a page with a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from itertools import groupby

from ingestion.wording import period as spoken
from kexie.page import page
from reporting.reminders.due import Awaiting, Missing, Recipient

STATES = {
    "missing": "未报",
    "blank": "收到的是空表",
    "rejected": "被退回，尚未重报",
    "partial": "只报了部分时段",
}
HOW = (
    "报送方法：把填好的工作簿放进本单位的收件文件夹（inbox/{code}/），几分钟后回执出现在 outbox/{code}/；"
    "被退回的，请按回执逐条改正后重报。确实是零的填 0，没有这项工作的填“-”；留空就是没有报。"
)
HOW_TO_APPROVE = (
    "审核办法：核对本单位发件夹里的“待审核.txt”（outbox/{code}/），把结果告知数据组——通过的：kexie approve 报送编号 "
    "--as {code} --by 审核人；有误的退回：kexie return 报送编号 --by {code} --reason 理由。审核完之前，这些数按本省规定"
    "不计入汇总或注明未审核。"
)
HEADINGS = ("单位", "报告期", "截止日", "状态", "报表", "逾期天数")


@dataclass(frozen=True, slots=True)
class Message:
    """What one recipient is told on one day. `page` is a whole HTML file that needs nothing else."""

    recipient: Recipient
    subject: str
    text: str
    page: str


def message(recipient: Recipient, today: date) -> Message:
    """The reminder of one recipient."""
    subject = _subject(recipient)
    return Message(recipient, subject, _text(recipient, subject, today), _page(recipient, subject, today))


def _subject(recipient: Recipient) -> str:
    parts = []
    if recipient.own:
        parts.append(f"本单位有 {len(recipient.own)} 张报表待报")
    if recipient.below:
        parts.append(f"下级 {_units(recipient.below)} 个单位有 {len(recipient.below)} 张报表待报")
    if recipient.to_approve:
        parts.append(f"有 {len(recipient.to_approve)} 次报送等待本单位审核")
    if recipient.awaiting:
        parts.append(f"有 {len(recipient.awaiting)} 次报送等待下级审核")
    return f"{'催报' if recipient.missing else '催审'}：{'，'.join(parts)}"


def _units(missing: Iterable[Missing]) -> int:
    return len({one.unit_code for one in missing})


def _text(recipient: Recipient, subject: str, today: date) -> str:
    lines = [subject, f"{recipient.name}（{recipient.code}）：", ""]
    lines += [*_asking(recipient.own), HOW.format(code=recipient.code), ""] if recipient.own else []
    if recipient.below:
        lines += [f"截至 {today}，下级单位待报的报表：", *_list(recipient.below, today), ""]
        for name, words in _to_forward(recipient):
            lines += [f"—— 可直接转发给{name} ——", *words, ""]
    for heading, words in _approvals(recipient, today):
        lines += [f"{heading}：", *words, ""]
    return "\n".join(lines).rstrip() + "\n"


def _asking(missing: Sequence[Missing]) -> Iterator[str]:
    """What a unit is asked for, the step that came last first."""
    ordered = sorted(missing, key=lambda one: (-one.step.days, one.due_date))
    for (step, due_date), ones in groupby(ordered, key=lambda one: (one.step, one.due_date)):
        yield step.asks.format(due=due_date)
        yield from (f"  · {one.form_name}（{spoken(one.period)}）：{STATES[one.state]}" for one in ones)


@dataclass(frozen=True, slots=True)
class _Row:
    """Forms of one unit and period that are due on one day and in one state."""

    unit: str
    period: str
    due_date: date
    state: str
    forms: tuple[str, ...]


def _rows(missing: Iterable[Missing]) -> Iterator[_Row]:
    """What is missing, the forms of a unit together; their order is kept."""
    found: dict[tuple[str, str, date, str], list[str]] = {}
    for one in missing:
        key = (f"{one.unit_name}（{one.unit_code}）", spoken(one.period), one.due_date, STATES[one.state])
        found.setdefault(key, []).append(one.form_name)
    return (_Row(*key, tuple(forms)) for key, forms in found.items())


def _by_superior(missing: Iterable[Missing]) -> Iterator[tuple[str, list[_Row]]]:
    """A heading and the rows below it, for each superior."""
    for superior, ones in groupby(missing, key=lambda one: one.superior_name):
        together = list(ones)
        yield f"{superior}：{_units(together)} 个单位，{len(together)} 张报表", list(_rows(together))


def _list(missing: Sequence[Missing], today: date) -> Iterator[str]:
    for heading, rows in _by_superior(missing):
        yield f"【{heading}】"
        for row in rows:
            days = _days_late(row, today)
            late = f"，逾期 {days} 天" if days else ""
            forms = "、".join(row.forms)
            yield f"  · {row.unit} {row.period}，截止 {row.due_date}{late}，{row.state} {len(row.forms)} 张：{forms}"


def _days_late(row: _Row, today: date) -> int:
    return max((today - row.due_date).days, 0)


def _to_forward(recipient: Recipient) -> Iterator[tuple[str, list[str]]]:
    """For each unit directly below, its name and the words for it; who is further down is its own superior's to ask."""
    mine = [one for one in recipient.below if one.superior_code == recipient.code]
    for (code, name), ones in groupby(mine, key=lambda one: (one.unit_code, one.unit_name)):
        yield name, [f"{name}：", *_asking(list(ones)), HOW.format(code=code)]


def _page(recipient: Recipient, subject: str, today: date) -> str:
    body = [f"<h1>{escape(subject)}</h1>", f"<p>{escape(recipient.name)}（{escape(recipient.code)}）</p>"]
    if recipient.own:
        body += ["<h2>本单位待报</h2>", _pre([*_asking(recipient.own), HOW.format(code=recipient.code)])]
    if recipient.below:
        body += [f"<h2>下级单位待报（截至 {today}）</h2>", *_table(recipient.below, today)]
    for heading, words in _approvals(recipient, today):
        body += [f"<h2>{escape(heading)}</h2>", _pre(words)]
    forwards = list(_to_forward(recipient))
    if forwards:
        body.append("<h2>可直接转发给各单位的催报文字</h2>")
        body += [f"<h3>{escape(name)}</h3>{_pre(words)}" for name, words in forwards]
    return page(subject, STYLE, body)


def _approvals(recipient: Recipient, today: date) -> Iterator[tuple[str, list[str]]]:
    """What waits for the recipient's approval, with what to do about it, and what waits for that of units below."""
    if recipient.to_approve:
        yield (
            "等待本单位审核的报送",
            [*_to_approve(recipient.to_approve, today), HOW_TO_APPROVE.format(code=recipient.code)],
        )
    if recipient.awaiting:
        lines: list[str] = []
        for name, ones in groupby(recipient.awaiting, key=lambda one: f"{one.approver_name}（{one.approver_code}）"):
            together = list(ones)
            lines += [f"【{name}：{len(together)} 次报送】", *(_waiting(one, today) for one in together)]
        yield "等待下级审核的报送", lines


def _to_approve(approvals: Sequence[Awaiting], today: date) -> Iterator[str]:
    """What a unit is asked to approve, what waits longest first."""
    ordered = sorted(approvals, key=lambda one: (-one.step.days, one.due_date))
    for (step, since), ones in groupby(ordered, key=lambda one: (one.step, one.due_date)):
        yield step.asks.format(due=since)
        yield from (_waiting(one, today) for one in ones)


def _waiting(one: Awaiting, today: date) -> str:
    what = f"{one.unit_name}（{one.unit_code}），{one.form_name}，{spoken(one.period)}"
    return f"  · 报送 {one.submission_id}：{what}，自 {one.due_date} 起等待 {(today - one.due_date).days} 天"


def _pre(lines: Iterable[str]) -> str:
    return f"<pre>{escape(chr(10).join(lines))}</pre>"


def _table(missing: Sequence[Missing], today: date) -> Iterator[str]:
    yield "<table><thead><tr>" + "".join(f"<th>{heading}</th>" for heading in HEADINGS) + "</tr></thead>"
    for heading, rows in _by_superior(missing):
        yield f'<tbody><tr><th colspan="{len(HEADINGS)}" class="group">{escape(heading)}</th></tr>'
        for row in rows:
            days = _days_late(row, today)
            cells = (
                *(row.unit, row.period, str(row.due_date), row.state, f"{len(row.forms)} 张：{'、'.join(row.forms)}"),
                str(days or ""),
            )
            yield "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
        yield "</tbody>"
    yield "</table>"


STYLE = """\
body { max-width: 62em; }
h1 { font-size: 1.4em; }
h2 { font-size: 1.15em; margin-top: 2em; }
h3 { font-size: 1em; margin-bottom: .3em; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid #ccc; padding: .3em .6em; text-align: left; vertical-align: top; }
thead th { white-space: nowrap; }
thead th { background: #f0f0f0; }
th.group { background: #fafafa; font-weight: normal; }
td:last-child { text-align: right; }
pre { background: #f7f7f7; padding: .8em 1em; white-space: pre-wrap; font-family: inherit; }
"""
