"""Data Docs: what an audit found, as pages in Chinese that need nothing but a browser.

One page for each build that was audited, and an index of them. A page says first whether the candidate may be
published and what should be looked at, then every rule by gate, then the rows that broke one by form, each with its
unit, file and cell. Everything on it is in `ops` too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from catalogue.model import Catalogue
from expectations.ledger import Verdict
from expectations.relations import RELATIONS
from kexie.clock import BEIJING, now
from kexie.page import page

INDEX = "index.html"
BUILDS = "builds"

SHOWN_ROWS = 200
"""So many rows of a rule stand on a page; ops.expectation_bad_row has more."""

LISTED_BUILDS = 200

NO_FORM = "不属于某一张报表"

FIGURES = {
    "part": "项",
    "value": "采用数",
    "low": "下限",
    "high": "上限",
    "computed": "汇总",
    "total": "应为",
    "own_value": "本级",
    "computed_value": "汇总",
    "claimed_value": "自报含下级",
    "gap": "差额",
    "last_year_value": "上年",
    "events": "场次",
    "coverage": "覆盖率",
    "units_expected": "应报",
    "units_reported": "已报",
    "units_covered": "覆盖",
    "weights": "份额合计",
    "original_value": "原来",
}
"""What of a bad row is shown, and by which word."""


@dataclass(frozen=True, slots=True)
class Gate:
    """`is_blocking` tells rules without which nothing is published from those that ask to look again."""

    title: str
    says: str
    is_blocking: bool

    def holds(self, verdict: Verdict) -> bool:
        return (verdict.severity == "critical") is self.is_blocking


GATES = (
    Gate("可发布", "必须成立：有一条不符，这次汇总就不发布，已发布的数不变", is_blocking=True),
    Gate("请核实", "少见但可能：只提示，不妨碍发布", is_blocking=False),
)


def write(
    connection: Connection, folder: Path, build_id: int, verdicts: Sequence[Verdict], catalogue: Catalogue
) -> Path:
    """Write the page of a build, whose findings stand in `ops` already, and the index anew; returns the page."""
    rows = list(connection.execute(text(ROWS), {"build_id": build_id, "shown": SHOWN_ROWS}).mappings())
    about = connection.execute(text(ABOUT), {"build_id": build_id}).mappings().one()
    page = _file(folder, build_id)
    page.parent.mkdir(parents=True, exist_ok=True)
    _replace(page, _page(about, verdicts, rows, catalogue))
    listed = connection.execute(text(LISTED), {"listed": LISTED_BUILDS}).mappings().all()
    _replace(folder / INDEX, _index([one for one in listed if _file(folder, one["build_id"]).exists()]))
    return page


def _file(folder: Path, build_id: int) -> Path:
    return folder / BUILDS / f"{build_id:06}.html"


def _replace(file: Path, content: str) -> None:
    """A reader sees the old page or the new one."""
    draft = file.with_suffix(".part")
    draft.write_text(content, encoding="utf-8")
    draft.replace(file)


def _page(
    about: Mapping[Any, Any], verdicts: Sequence[Verdict], rows: Sequence[Mapping[Any, Any]], catalogue: Catalogue
) -> str:
    title = f"第 {about['build_id']} 次汇总的审核（{about['years']} 年）"
    forms = _by_form(rows, catalogue)
    names = {verdict.code: verdict for verdict in verdicts}
    body = [
        f'<p class="path"><a href="../{INDEX}">全部审核</a></p>',
        f"<h1>{escape(title)}</h1>",
        f"<p>{_moment(now())} · 由 {escape(about['requested_by'])} 发起 · "
        f"目录版本 {escape(about['catalogue_version'])}</p>",
        *_verdict(verdicts),
        *(_of_forms(forms, names, catalogue) if forms else ()),
    ]
    for gate in GATES:
        body += _gate(gate, [verdict for verdict in verdicts if gate.holds(verdict)])
    if forms:
        body.append('<h2 id="rows">不符的行</h2>')
        for form, ones in forms.items():
            body += _rows(form, ones, names, catalogue)
    return page(title, STYLE, body)


def _verdict(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """The first thing to see: may it be published, and how much is there to look at."""
    wrong = {gate: [one for one in verdicts if gate.holds(one) and not one.is_success] for gate in GATES}
    blocking, odd = (wrong[gate] for gate in GATES)
    verdict = f"不能发布：{len(blocking)} 项必须成立的不符" if blocking else "可以发布：必须成立的各项都符合"
    yield f'<p class="verdict {"bad" if blocking else "good"}">{verdict}</p>'
    if odd:
        yield f'<p class="verdict odd">请核实：{len(odd)} 项，共 {sum(one.bad_rows for one in odd)} 行</p>'


def _by_form(rows: Iterable[Mapping[Any, Any]], catalogue: Catalogue) -> dict[str, list[Mapping[Any, Any]]]:
    """Form → its rows, in the order of the forms; what belongs to none comes last, under ''."""
    found: dict[str, list[Mapping[Any, Any]]] = {form: [] for form in (*catalogue.forms, "")}
    for row in rows:
        indicator = catalogue.indicators.get(row["indicator_code"])
        found[indicator.form if indicator else ""].append(row)
    return {form: ones for form, ones in found.items() if ones}


def _title(form: str, catalogue: Catalogue) -> str:
    return catalogue.forms[form].title if form else NO_FORM


def _of_forms(
    forms: Mapping[str, Sequence[Mapping[Any, Any]]], names: Mapping[str, Verdict], catalogue: Catalogue
) -> Iterator[str]:
    yield "<h2>按报表看</h2>"
    yield "<table><thead><tr><th>报表</th><th>可发布：不符的行</th><th>请核实：行</th></tr></thead><tbody>"
    for form, ones in forms.items():
        counted = Counter(names[row["expectation"]].severity == "critical" for row in ones)
        yield (
            f'<tr><td><a href="#form-{escape(form)}">{escape(_title(form, catalogue))}</a></td>'
            f'<td class="number">{counted[True] or ""}</td><td class="number">{counted[False] or ""}</td></tr>'
        )
    yield "</tbody></table>"


def _gate(gate: Gate, verdicts: Sequence[Verdict]) -> Iterator[str]:
    wrong = [verdict for verdict in verdicts if not verdict.is_success]
    right = [verdict for verdict in verdicts if verdict.is_success]
    yield (
        f"<h2>{gate.title}：{len(verdicts)} 项，{len(wrong)} 项不符</h2>"
        if wrong
        else (f"<h2>{gate.title}：{len(verdicts)} 项，全部符合</h2>")
    )
    yield f'<p class="says">{gate.says}。</p>'
    if wrong:
        yield from _rules(wrong)
    if right:
        yield f"<details><summary>符合的 {len(right)} 项</summary>"
        yield from _rules(right)
        yield "</details>"


def _rules(verdicts: Sequence[Verdict]) -> Iterator[str]:
    yield "<table><thead><tr><th></th><th>审核项</th><th>必须怎样</th><th>不符的行</th><th>代码</th></tr></thead>"
    for relation, ones in groupby(verdicts, key=lambda verdict: verdict.relation):
        yield f'<tbody><tr><th colspan="5" class="group">{escape(RELATIONS[relation].name_zh)}</th></tr>'
        for verdict in ones:
            mark = ("✓", "good") if verdict.is_success else ("✗", "bad" if verdict.is_blocking else "odd")
            must = verdict.sentence.removeprefix(f"{verdict.name_zh}：")
            wrong = f"无法核对：{escape(verdict.error)}" if verdict.error else verdict.bad_rows or ""
            yield (
                f'<tr id="{escape(verdict.code)}"><td class="{mark[1]}">{mark[0]}</td>'
                f"<td>{escape(verdict.name_zh)}</td><td>{escape(must)}</td>"
                f'<td class="number">{wrong}</td><td class="code">{escape(verdict.code)}</td></tr>'
            )
        yield "</tbody>"
    yield "</table>"


def _rows(
    form: str, rows: Sequence[Mapping[Any, Any]], names: Mapping[str, Verdict], catalogue: Catalogue
) -> Iterator[str]:
    yield f'<h3 id="form-{escape(form)}">{escape(_title(form, catalogue))}</h3>'
    yield (
        "<table><thead><tr><th>单位</th><th>指标</th><th>报告期</th><th>数</th><th>文件</th><th>位置</th></tr></thead>"
    )
    # Gates before rules: what keeps the candidate back is read first.
    ordered = sorted(rows, key=lambda row: names[row["expectation"]].severity != "critical")
    for code, ones in groupby(ordered, key=lambda row: str(row["expectation"])):
        verdict, shown = names[code], list(ones)
        gate = GATES[0] if verdict.severity == "critical" else GATES[1]
        more = f"，全部见 ops.expectation_bad_row（{verdict.bad_rows} 行）" if verdict.bad_rows > SHOWN_ROWS else ""
        yield (
            f'<tbody><tr><th colspan="6" class="group">{gate.title} · <a href="#{escape(code)}">'
            f"{escape(verdict.sentence)}</a>{more}</th></tr>"
        )
        yield from (_row(row, catalogue) for row in shown)
        yield "</tbody>"
    yield "</table>"


def _row(row: Mapping[Any, Any], catalogue: Catalogue) -> str:
    indicator = catalogue.indicators.get(row["indicator_code"])
    unit = f"{row['unit_name']}（{row['unit_code']}）" if row["unit_name"] else row["unit_code"]
    cells = (
        unit,
        indicator.name_zh if indicator else row["indicator_code"],
        row["period"],
        _figures(row["bad_row"]),
        row["file_name"] or "没有来源文件",
        row["place"],
    )
    return "<tr>" + "".join(f"<td>{escape(str(cell or ''))}</td>" for cell in cells) + "</tr>"


def _figures(bad_row: Mapping[str, Any]) -> str:
    """The figures of a row, as far as it has any; those that only repeat the figure in use are left out."""
    value, found = bad_row.get("value"), []
    for field, word in FIGURES.items():
        figure = bad_row.get(field)
        if figure is not None and (field == "value" or figure != value):
            found.append(f"{word} {figure}")
    return "，".join(found)


def _index(builds: Iterable[Mapping[Any, Any]]) -> str:
    body = [
        "<h1>审核网页（Data Docs）</h1>",
        "<p>每次汇总在发布之前都经过审核。最近的在最前面；每次的全部结果也在 <code>ops.check_results</code>。</p>",
        "<table><thead><tr><th>汇总</th><th>年度</th><th>审核时间</th><th>结论</th><th>可发布：不符</th>"
        "<th>请核实</th><th>发起者</th></tr></thead><tbody>",
    ]
    for one in builds:
        said, kind = ("不能发布", "bad") if one["blocking"] else ("可以发布", "good")
        body.append(
            f'<tr><td><a href="{BUILDS}/{one["build_id"]:06}.html">第 {one["build_id"]} 次</a></td>'
            f"<td>{escape(one['years'])}</td><td>{_moment(one['finished_at'])}</td>"
            f'<td class="{kind}">{said}{"，已发布" if one["state"] == "published" else ""}</td>'
            f'<td class="number">{one["blocking"] or ""}</td><td class="number">{one["odd"] or ""}</td>'
            f"<td>{escape(one['requested_by'])}</td></tr>"
        )
    body.append("</tbody></table>")
    return page("审核网页", STYLE, body)


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(BEIJING):%Y-%m-%d %H:%M}"


YEARS = """
    (select string_agg(year::text, '、' order by year) from ops.build_year where build_year.build_id = build.build_id)
"""

ABOUT = f"""
    select build.build_id, coalesce({YEARS}, '') as years, build.requested_by, build.catalogue_version
    from ops.build as build
    where build.build_id = :build_id
"""

ROWS = """
    select ordered.*, coalesce(ordered.bad_row ->> 'unit_name', named.unit_name) as unit_name
    from (
        select
            expectation, unit_code, indicator_code, period, file_name, place, bad_row, bad_row_id,
            row_number() over (partition by expectation order by bad_row_id) as number
        from ops.expectation_bad_row
        where build_id = :build_id
    ) as ordered
    left join lateral (
        select tree.unit_name from candidate.tree_closure as tree
        where tree.unit_code = ordered.unit_code and tree.ancestor_code = ordered.unit_code
        limit 1
    ) as named on true
    where ordered.number <= :shown
    order by ordered.bad_row_id
"""

LISTED = f"""
    select
        build.build_id,
        coalesce({YEARS}, '') as years,
        build.requested_by,
        build.state,
        max(result.finished_at) as finished_at,
        count(*) filter (where not result.is_success and result.severity = 'critical') as blocking,
        count(*) filter (where not result.is_success and result.severity <> 'critical') as odd
    from (
        select distinct build_id from ops.expectation_result order by build_id desc limit :listed
    ) as last
    join ops.build as build on build.build_id = last.build_id
    join ops.expectation_result as result on result.build_id = build.build_id
    group by build.build_id
    order by build.build_id desc
"""

STYLE = """\
body { max-width: 76em; line-height: 1.45; }
h1 { font-size: 1.5em; margin: .2em 0; }
h2 { font-size: 1.2em; margin: 2em 0 .3em; }
h3 { font-size: 1em; margin: 1.5em 0 .3em; }
p.path, p.says { color: #666; margin: .2em 0 .6em; }
table { border-collapse: collapse; width: 100%; margin: .4em 0; }
th, td { border: 1px solid #ddd; padding: .3em .6em; text-align: left; vertical-align: top; }
thead th { background: #f0f2f5; white-space: nowrap; }
th.group { background: #fafafa; font-weight: normal; color: #555; }
td.number { text-align: right; }
td.code { color: #888; font-family: monospace; font-size: .85em; }
.good { color: #1a7f37; }
.bad { color: #b42318; }
.odd { color: #9a6700; }
p.verdict { font-size: 1.1em; padding: .6em 1em; border-left: .4em solid; background: #f7f8fa; margin: .5em 0; }
summary { cursor: pointer; color: #555; margin: .4em 0; }
"""
