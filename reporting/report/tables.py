"""The tables of a report: what both the document and the workbook lay out, each in its own way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from ingestion.wording import figure as written
from reporting.figures import Figure
from reporting.report.contents import Contents
from reporting.report.figures import Change, Line, Target
from reporting.report.notes import amount
from reporting.report.places import Leaders
from reporting.report.sentences import Section
from reporting.report.shortfalls import Blank, Fall, MissingAssociations

Cell = str | Decimal | int
"""A text, or a number that the workbook keeps as one."""

Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, and how wide it is in millimetres; a page of the document has 156."""

    title: str
    width: int
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under their columns; a row of one cell is a heading over those that follow it."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    remark: str = ""

    @property
    def widths(self) -> tuple[int, ...]:
        return tuple(column.width for column in self.columns)


def text(contents: Contents) -> Table:
    """The look back on the year, a section a row, with the department that signs for it."""
    rows = tuple(
        (section.part.title, _paragraph(section) or "（待补）", section.department, "", "")
        for section in contents.review.sections
    )
    columns = (
        Column("部分", 26),
        Column("正文（〔 〕内为注号）", 120),
        Column("责任部门", 22),
        Column("签字", 20),
        Column("日期", 20),
    )
    return Table(f"{contents.basis.year}年工作回顾", columns, rows)


def comparison(contents: Contents) -> Table:
    """Each section's lines: this year, last year, the change on the same terms, coverage, the number of the note."""
    year = contents.basis.year
    columns = (
        Column("指标", 34),
        Column("单位", 12),
        Column(f"{year}年", 23, is_number=True),
        Column(f"{year - 1}年", 23, is_number=True),
        Column("同口径增减", 21, is_number=True),
        Column("增减%", 18, is_number=True),
        Column("覆盖%", 17, is_number=True),
        Column("注", 8, is_number=True),
    )
    return Table("各部分数据与上年对比", columns, tuple(_compared_sections(contents)), COMPARISON_REMARK)


COMPARISON_REMARK = (
    "两年的数都是采用数；同口径增减按本年末的单位树，只比两年都报齐的单位的本级数，所以不一定等于两数之差；"
    "不逐级相加的指标直接相减。不能比的，写明原因。覆盖率按上年份额加权。注号见“数据注释”，没有注号的没有写入正文。"
)


def targets(contents: Contents) -> Table:
    """What was planned for the year beside what was done in it."""
    year = contents.basis.year
    columns = (
        Column("指标", 44),
        Column("单位", 16),
        Column(f"{year}年目标", 24, is_number=True),
        Column(f"{year}年完成", 24, is_number=True),
        Column("完成%", 16, is_number=True),
        Column("结果", 32),
    )
    rows = tuple(
        (
            target.name,
            target.measure,
            number_or_bounds(target.plan),
            number_or_bounds(target.result),
            "" if target.percent is None else target.percent,
            verdict(target),
        )
        for target in contents.province.targets
    )
    return Table(f"{year}年目标完成情况", columns, rows, "" if rows else f"没有单位报过{year}年的计划数。")


def next_targets(contents: Contents) -> Table:
    """Next year's plans as far as they are filed, on this year's figures; what nobody planned is left to fill in."""
    year = contents.basis.year
    columns = (
        Column("指标", 48),
        Column("单位", 17),
        Column(f"{year}年完成（基数）", 29, is_number=True),
        Column(f"{year + 1}年目标", 29, is_number=True),
        Column("目标比基数", 33),
    )
    rows = tuple(
        (
            target.name,
            target.measure,
            number_or_bounds(target.result),
            number_or_bounds(target.plan) if not target.plan.is_missing else "",
            _above_baseline(target),
        )
        for target in contents.province.next_targets
    )
    remark = f"目标一栏空白的，还没有报{year + 1}年的计划数，请责任部门填写。"
    return Table(f"{year + 1}年主要目标", columns, rows, remark)


def leading(contents: Contents) -> Table:
    """The places behind 如××市, and those that could not take part."""
    columns = (
        Column("指标", 50),
        Column("名次", 12, is_number=True),
        Column("地区", 30),
        Column("数", 26, is_number=True),
        Column("单位", 16),
        Column("说明", 22),
    )
    rows = tuple(row for leaders in contents.leaders for row in _places(leaders))
    remark = "只排所辖单位都已报齐的市；列出的肯定在其余各市之前，分不出先后的不列；数相同的并列。"
    return Table("居前的地区", columns, rows, remark)


SHORTFALL_WIDTHS = (40, 30, 46, 18, 22)


def blanks(contents: Contents) -> Table:
    names = {line.indicators[0]: line.name for line in contents.province.lines if len(line.indicators) == 1}
    most_first = sorted(contents.shortfalls.blanks, key=lambda blank: (-len(blank.indicators), blank.unit))
    rows = tuple(_blank(blank, {**contents.names, **names}) for blank in most_first)
    columns = _columns("单位", "上级单位", "没有报齐的数据", "项数", "说明")
    return Table("没有报齐的单位", columns, rows, "" if rows else "应报的单位都报齐了。")


def missing_associations(contents: Contents) -> Table:
    rows = tuple(map(_missing, contents.shortfalls.associations))
    columns = _columns("单位", "上级单位", "缺少的组织", "缺几个", "说明")
    return Table("缺少的基层组织", columns, rows, "" if rows else "按报来的数，没有缺少的；没有报的不算。")


def falls(contents: Contents) -> Table:
    rows = tuple(_fall(fall, contents.province.name) for fall in contents.shortfalls.falls)
    columns = _columns("单位", "本年 / 上年（同口径）", "指标", "增减", "增减%")
    return Table("比上年下降的数据", columns, rows, "" if rows else "同口径比较，没有下降的。")


def missed(contents: Contents) -> Table:
    rows = tuple(
        (
            target.name,
            target.measure,
            f"目标 {amount(target.plan, '')}，完成 {amount(target.result, '')}",
            "" if target.percent is None else target.percent,
            verdict(target),
        )
        for target in contents.shortfalls.missed
    )
    columns = _columns("指标", "单位", "目标和完成", "完成%", "结果")
    return Table("没有完成的目标", columns, rows, "" if rows else "报过的目标里，没有确定未完成的。")


def pending(contents: Contents) -> Table:
    """The lines left out of the text, and why."""
    rows = tuple(
        (section.part.title, line.name, amount(line.figure, line.measure), line.reason, section.department)
        for section in contents.review.sections
        for line in section.lines
        if not line.wording
    )
    columns = (
        Column("部分", 26),
        Column("指标", 38),
        Column("现有的数", 28),
        Column("原因", 42),
        Column("责任部门", 22),
    )
    return Table("待补的数据", columns, rows, "" if rows else "没有待补的数据。")


def notes(contents: Contents) -> Table:
    rows = tuple((number, text) for number, text in enumerate(contents.notes, start=1))
    return Table("数据注释", (Column("注", 12, is_number=True), Column("准确数、报送范围和依据", 144)), rows)


def signatures(contents: Contents) -> Table:
    rows = tuple(
        (signature.department, "、".join(signature.sections), signature.figures, "", "")
        for signature in contents.signatures
    )
    columns = (
        Column("部门", 28),
        Column("负责的部分", 58),
        Column("数据项数", 18, is_number=True),
        Column("姓名", 26),
        Column("日期", 26),
    )
    return Table("签字确认", columns, rows, "各部门核对所负责部分的数据和注释后签字。")


def number_or_bounds(figure: Figure) -> Cell:
    """The number of an exact figure, else its bounds in words; 无 for none."""
    return figure.value if figure.is_exact and figure.value is not None else amount(figure, "")


def verdict(target: Target) -> str:
    """Whether the target was met, in Chinese, or why that cannot be said."""
    if target.is_met is False:
        missing = target.units_expected - target.units_reported
        return f"未完成（还有 {missing} 个单位未报齐）" if missing > 0 else "未完成"
    if target.is_met:
        return "已完成"
    if target.result.is_missing:
        return "没有本年的数"
    if not target.is_of_all:
        return f"只有 {target.plan_units}/{target.units_expected} 个单位报了计划，不能与全省相比"
    return "只有上下限，不能确定"


def _columns(*titles: str) -> tuple[Column, ...]:
    return tuple(Column(title, width) for title, width in zip(titles, SHORTFALL_WIDTHS, strict=True))


def _compared_sections(contents: Contents) -> Iterator[Row]:
    for chapter in contents.review.chapters:
        for section in chapter.sections:
            yield (" · ".join(title for title in (chapter.part.title, section.part.title) if title),)
            yield from (_compared(line, contents.review.note_of(line)) for line in section.lines)


def _compared(line: Line, note: int) -> Row:
    return (
        line.name,
        line.measure,
        number_or_bounds(line.figure),
        number_or_bounds(line.last_year),
        *_changed(line.change),
        "" if line.coverage is None else line.coverage,
        note or "",
    )


def _changed(change: Change) -> tuple[Cell, Cell]:
    """Difference and percentage, or the reason where there is none."""
    if change.difference is None:
        return change.reason, ""
    return change.difference, change.reason if change.percent is None else change.percent


def _above_baseline(target: Target) -> str:
    if not target.plan.is_exact or target.result.value is None or target.plan.value is None:
        return ""
    if not target.is_of_all:
        return f"只有 {target.plan_units}/{target.units_expected} 个单位报了计划"
    difference = target.plan.value - target.result.value
    return f"{'+' if difference > 0 else ''}{written(difference)}"


def _places(leaders: Leaders) -> Iterator[Row]:
    ahead = 0
    for number, place in enumerate(leaders.places, start=1):
        if number == 1 or place.figure != leaders.places[number - 2].figure:
            ahead = number
        yield leaders.line.name, ahead, place.name, number_or_bounds(place.figure), leaders.line.measure, ""
    if not leaders.places:
        yield leaders.line.name, "", "分不出先后", "", "", ""
    for left in leaders.left_out:
        known = amount(left.figure, "")
        yield leaders.line.name, "", left.name, known, leaders.line.measure, f"{left.reason}，可能居前"
    if leaders.unfinished:
        yield leaders.line.name, "", f"{leaders.unfinished} 个市没有报齐", "", "", "没有参加排名"


def _blank(blank: Blank, names: dict[str, str]) -> Row:
    told = "、".join(names.get(code, code) for code in blank.indicators)
    if blank.is_silent:
        told = "所有应报的数据"
    covering = sorted(set(blank.covered_by.values()))
    words = f"用了{'、'.join(covering)}自报的合计" if covering else ""
    return blank.name, blank.superior, told, len(blank.indicators), words


def _missing(found: MissingAssociations) -> Row:
    if found.lacking is None:
        return found.name, found.superior, found.kind, "", "报的是 0 个"
    return found.name, found.superior, found.kind, found.lacking, f"应有 {written(found.of)} 个"


def _fall(fall: Fall, province: str) -> Row:
    change = fall.change
    return (
        fall.unit or province,
        f"{written(change.now)} / {written(change.before)}{fall.line.measure}",
        fall.line.name,
        written(change.difference),
        "" if change.percent is None else change.percent,
    )


def _paragraph(section: Section) -> str:
    """The section's text with the numbers of its notes in brackets."""
    return "".join(run.text + (f"〔{run.note}〕" if run.note else "") for run in section.runs)
