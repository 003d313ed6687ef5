"""What a file would change, for a person: tables in Chinese, or CSV with a row for each value that would change."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from io import StringIO

from catalogue.model import Catalogue
from ingestion import wording
from kexie.table import aligned
from reporting.foreseen import Change, Row, Standing

NONE = "无"
DESCRIBING = (
    *("line_code", "line_name", "section_code", "section_name", "chapter_code", "chapter_name", "sort_order"),
    *("formula", "counter", "style"),
    *("unit_code", "unit_name", "unit_level", "indicator_code", "indicator_name", "measure"),
    *("period", "year", "tree_date"),
)
"""Columns that say what a row is about."""

CSV_COLUMNS = (
    *("relation", "change", "line_code", "unit_code", "unit_name", "unit_level"),
    *("indicator_code", "indicator_name", "measure", "period", "tree_date", "column", "before", "after"),
)

LABELS = {
    "low": "下限",
    "high": "上限",
    "own_value": "本级数",
    "computed_value": "汇总数",
    "claimed_value": "自报数",
    "gap": "差额",
    "provisional_part": "依据预计数的部分",
    "narrative_part": "依据文字材料的部分",
    "adjustment_value": "去重调整",
    "is_inherited": "含前身单位的数",
    "is_estimate": "含按权重拆分的数",
    "coverage": "覆盖率",
    "wordings": "相符的表述",
    "recommended_wording": "建议的表述",
    "weighted_coverage": "按上年份额的覆盖率",
    "wording_prefix": "表述前须加",
    "wording_reason": "表述的缘由",
    "is_used": "采用自报数",
    "likeliest_reason": "最可能的原因",
    "plan_value": "计划数",
    "plan_units_reported": "已报计划的单位",
    "to_date_value": "年初以来累计",
    "to_date_units_reported": "累计已报单位",
    "to_date_units_covered": "累计覆盖单位",
    "year_plan_value": "全年计划",
    "year_plan_units_reported": "已报全年计划的单位",
    "percent_of_year_plan": "占全年计划",
}
"""The columns that are told only where they change, in short."""

Show = Callable[[Change], str]


def summary(changes: Sequence[Change], pending: Sequence[int], standing: Standing) -> Iterator[str]:
    """How much would change, in a sentence; others where something else waits to be published, or stands on it."""
    for year in pending:
        yield (
            f"{year} 年另有已收下、尚未发布的变动：下面的“现在”已把它们算在内，与眼下发布的数可能不同；"
            "先运行 kexie run，再看就一致了。"
        )
    counts = Counter(change.relation for change in changes if not change.is_bare)
    counted = "、".join(words.format(counts[relation]) for relation, words in COUNTED.items() if counts[relation])
    if counted:
        yield f"报送并发布后会改变：{counted}（现在 → 之后）。预览本身什么都没有改变。"
    else:
        yield "报送以后，已发布的数和年报各行都不会变。"
    for kind, what in (("new", "出现"), ("gone", "消失")):
        bare = sum(change.is_bare and change.kind == kind for change in changes)
        if bare:
            yield f"另有 {bare} 行会{what}，其中没有数，只有应报、已报单位数；下面不列（--csv 列出）。"

    for released, release in standing.releases:
        yield f"{released} 年已定稿（{release}）：定稿不变，其中的数与之后不同的，列为更正。"
    for compared in standing.compared:
        yield f"{compared} 年与上年的比较（全省指标的上年数、增减）随之改变。"


COUNTED = {
    "indicator_values": "{} 个数",
    "report_lines": "年报 {} 行",
    "reconciliation": "自报数核对 {} 处",
    "progress": "年内进度 {} 项",
    "restated_values": "按另一日单位树重算的 {} 个数",
}


def lines(changes: Sequence[Change], catalogue: Catalogue) -> Iterator[str]:
    """A table for each part: the province, the report's lines, level by level, then what is said beside figures."""
    columns = _columns(catalogue)
    for title, part in _parts(changes, catalogue):
        headings, shows = zip(*columns[part[0].relation], strict=True)
        rows = [[show(change) for show in shows] for change in part]
        others = [_others(change) for change in part]
        yield from ("", f"{title}（{len(part)}）")
        if any(others):
            yield from aligned(
                [*headings, "另有变动"], [[*row, other] for row, other in zip(rows, others, strict=True)]
            )
        else:
            yield from aligned(headings, rows)


def csv_lines(changes: Sequence[Change]) -> Iterator[str]:
    """The same as CSV, header first: exact values, one row for each column of a row that would change."""
    text = StringIO()
    writer = csv.DictWriter(text, CSV_COLUMNS, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for change in changes:
        for column in change.columns:
            before, after = (_plain((row or {}).get(column)) for row in (change.before, change.after))
            if before != after and column not in DESCRIBING:
                described = {"relation": change.relation, "change": change.kind, "column": column}
                writer.writerow({**change.row, **described, "before": before, "after": after})
    yield from text.getvalue().splitlines()


def _plain(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return wording.figure(value)
    return "|".join(map(str, value)) if isinstance(value, list) else str(value)


def _parts(changes: Sequence[Change], catalogue: Catalogue) -> Iterator[tuple[str, list[Change]]]:
    """The parts that hold something, in the order in which they are told."""

    def part(relation: str, level: str = "") -> list[Change]:
        wanted = [one for one in changes if one.relation == relation and not one.is_bare]
        return [one for one in wanted if level in ("", one.row.get("unit_level"))]

    levels = catalogue.codelists["levels"]
    told = [("全省", part("indicator_values", "province")), ("年报各行", part("report_lines"))]
    told += [(title, part("indicator_values", level)) for level, title in levels.items() if level != "province"]
    told.append(("自报含下级数与汇总数不一致之处", part("reconciliation")))
    told += [("年内进度", part("progress")), ("按另一日单位树重算的数", part("restated_values"))]
    return ((title, changes) for title, changes in told if changes)


def _columns(catalogue: Catalogue) -> dict[str, list[tuple[str, Show]]]:
    """By relation, the columns of its table: what stands above each, and what it shows of a change."""

    def column(name: str) -> Show:
        return lambda change: str(change.row[name])

    def figure(name: str) -> Show:
        return lambda change: _arrow(change, lambda row: _figure(row, name))

    def basis(change: Change) -> str:
        return _arrow(change, lambda row: catalogue.label("bases", row["basis"]))

    def units(change: Change) -> str:
        return _arrow(change, _units)

    period: tuple[str, Show] = ("期间", column("period"))
    whose = [("单位", column("unit_name")), ("指标", _indicator), period]
    value, reported = ("数", figure("value")), ("已报/应报", units)
    said = [value, ("依据", basis), reported]
    both = [("自报数", figure("claimed_value")), ("汇总数", figure("computed_value"))]
    return {
        "indicator_values": [*whose, *said],
        "report_lines": [("报告行", column("line_name")), period, *said],
        "reconciliation": [*whose, ("情况", lambda change: KINDS[change.kind]), *both],
        "progress": [*whose, value, reported],
        "restated_values": [*whose, ("单位树", column("tree_date")), *said],
    }


UNTOLD = ("reason_code", "reason_unit_code", "reason_unit_name", "reason_fit", "wording_reason")
"""Columns that repeat a part of what stands beside them; only the CSV has them."""

KINDS = {"new": "新出现", "changed": "变动", "gone": "消失"}

IN_A_COLUMN = {"reconciliation": ("claimed_value", "computed_value")}
"""Columns of a relation that are shown in a column of the table; those of every other relation come next."""

USUALLY_IN_A_COLUMN = ("value", "basis", "units_reported", "units_expected", "units_covered")


def _indicator(change: Change) -> str:
    name, measure = change.row["indicator_name"], change.row["measure"]
    return f"{name}（{measure}）" if measure else str(name)


def _arrow(change: Change, show: Callable[[Row], str]) -> str:
    before, after = (show(row) if row else NONE for row in (change.before, change.after))
    return after if before == after else f"{before} → {after}"


def _figure(row: Row, name: str) -> str:
    """A figure with its bounds, unless it is exact; `name` is the column of its value."""
    value, (low, high) = row[name], (row[bound] for bound in _bounds(name))
    if value is None and low is None and high is None:
        return NONE
    if value is not None and low == value == high:
        return wording.figure(value)
    between = f"{wording.figure(low, '不限')}～{wording.figure(high, '不限')}"
    return between if value is None else f"{wording.figure(value)}（{between}）"


def _units(row: Row) -> str:
    reported, expected, covered = row["units_reported"], row["units_expected"], row["units_covered"]
    return f"{reported}/{expected}" if covered == reported else f"{reported}/{expected}，覆盖 {covered}"


def _bounds(name: str) -> tuple[str, str]:
    stem = name.removesuffix("value")
    return f"{stem}low", f"{stem}high"


def _others(change: Change) -> str:
    """What else of the row changes, but for what says the same as the first figure in a column."""
    in_columns = IN_A_COLUMN.get(change.relation, USUALLY_IN_A_COLUMN)
    figures = [name for name in change.row if name.endswith("value") and _bounds(name)[0] in change.row]
    passed = {*in_columns, *DESCRIBING, *UNTOLD, *(bound for name in figures for bound in _bounds(name))}
    first = _arrow(change, lambda row: _figure(row, in_columns[0]))
    told = []
    for name in change.row:
        show = _figure if name in figures else _word
        said = _arrow(change, lambda row, name=name, show=show: show(row, name))  # type: ignore[misc]
        if name not in passed and " → " in said and said != first:
            told.append(f"{LABELS.get(name, name)} {said}")
    return "；".join(told)


def _word(row: Row, name: str) -> str:
    """What stands in a column; a mark that does not hold and a part that is nothing are no news."""
    value = row[name]
    if isinstance(value, bool):
        return "是" if value else NONE
    if name.endswith("_part") and not value:
        return NONE
    return _plain(value).replace("|", "、") or NONE
