"""The catalogue as a page to read: every form and indicator, in Chinese."""

from collections.abc import Iterable
from datetime import date, timedelta

from catalogue.model import FOREVER, Catalogue, FilingRule, Form, Frequency, Indicator, since

PATH = "docs/data_dictionary.md"
FIRST_DAY = date(1900, 1, 1)
"""No period begins before."""


def dictionary(catalogue: Catalogue) -> dict[str, str]:
    """Path → text of the data dictionary."""
    lines = [
        "# 数据字典",
        "",
        "由指标目录（`catalogue/`）生成，请勿手工修改；改了目录后运行 `python -m catalogue.generate`。",
        "",
        f"共 {len(catalogue.forms)} 张报表、{len(catalogue.indicators)} 项指标。",
        "",
        "## 各类指标怎样汇总",
        "",
        *_kinds(catalogue),
        "",
        "## 报送日历",
        "",
        "报表的截止日从报告期的最后一个月算起，按北京时间；该月没有所定的日子的，为月末。"
        "本省自定的免报和延期见该省的 `filing_exceptions.csv`，是否报到见 `published.reporting_status`。",
        "",
        *_calendar(catalogue),
        *_exceptions(catalogue),
        "",
        "## 逐级审核",
        "",
        "几条都适用的，以后一条为准；本省自定的见该省的 `approval_rules.csv`，优先于下表。"
        "没有适用的规则，就不需要审核。",
        "",
        *_approval(catalogue),
        "",
        "## 报表和指标",
        "",
        "“常用”的指标在填报表中直接列出，其余的在隐藏的工作表“更多指标”里，有数时取消隐藏再填。",
        *(line for form in catalogue.forms.values() for line in _form(catalogue, form)),
    ]
    return {PATH: "\n".join(lines) + "\n"}


def _kinds(catalogue: Catalogue) -> Iterable[str]:
    yield from _heading("类型", "代码", "怎样汇总")
    for code, rule in catalogue.codelists["aggregation_rules"].items():
        yield _row(catalogue.label("aggregations", code), f"`{code}`", rule)


def _calendar(catalogue: Catalogue) -> Iterable[str]:
    yield from _heading("报表", "填报单位", "周期", "截止日", "适用年度")
    for form in catalogue.forms.values():
        owed: dict[tuple[FilingRule, date, date], list[str]] = {}
        for filing in catalogue.calendar.filings([form]):
            kinds = owed.setdefault((filing.rule, filing.valid_from, filing.valid_to), [])
            kinds.append(catalogue.label("levels", filing.level) + catalogue.label("unit_types", filing.unit_type))
        for (rule, first, end), kinds in owed.items():
            frequency = catalogue.label("frequencies", rule.frequency)
            yield _row(form.title, "、".join(kinds), frequency, _due(rule), _years(first, end))


def _due(rule: FilingRule) -> str:
    if rule.frequency is Frequency.YEAR:
        years, month = divmod(11 + rule.due_months, 12)
        return f"{('当年', '次年')[years] if years < 2 else f'{years}年后'}{month + 1}月{rule.due_day}日"
    if rule.due_months == 0:
        return f"期末当月{rule.due_day}日"
    side = "后" if rule.due_months > 0 else "前"
    return f"期{side}第{abs(rule.due_months)}个月{rule.due_day}日"


def _years(first: date, end: date) -> str:
    """The years of a rule; one from the beginning of all periods is said to hold always."""
    since = "" if first <= FIRST_DAY else f"{first.year}年起"
    until = "" if end == FOREVER else f"至{end.year - 1}年"
    return since + until or "一直"


def _exceptions(catalogue: Catalogue) -> Iterable[str]:
    if not catalogue.calendar.exceptions:
        return
    yield ""
    yield from _heading("例外", "报表", "报告期自", "至（不含）", "截止日", "理由")
    for exception in catalogue.calendar.exceptions:
        level = catalogue.label("levels", exception.level) if exception.level else ""
        kind = catalogue.label("unit_types", exception.unit_type) if exception.unit_type else ""
        form = catalogue.forms[exception.form].title if exception.form else "各表"
        due = str(exception.due_date) if exception.due_date else "免报"
        first, end = str(exception.valid_from), str(exception.valid_to)
        yield _row(level + kind or "各单位", form, first, end, due, exception.reason)


def _approval(catalogue: Catalogue) -> Iterable[str]:
    if not catalogue.approval:
        yield "目录里没有规则。"
        return
    yield from _heading("报表", "填报单位", "依次由谁审核", "审核前", "报告期自", "至（不含）")
    for rule in catalogue.approval:
        form = catalogue.form_title(rule.form) if rule.form else "各表"
        level = catalogue.label("levels", rule.level) if rule.level else ""
        kind = catalogue.label("unit_types", rule.unit_type) if rule.unit_type else ""
        steps = "、".join(catalogue.label("approval_steps", step) for step in rule.steps) or "不需要审核"
        waits = catalogue.label("unapproved", rule.unapproved) if rule.unapproved else ""
        end = "" if rule.valid_to == FOREVER else str(rule.valid_to)
        yield _row(form, level + kind or "各单位", steps, waits, str(rule.valid_from), end)


def _form(catalogue: Catalogue, form: Form) -> Iterable[str]:
    yield from ("", f"### {form.number} {form.title}（`{form.code}`，{form.version} 版）", "")
    yield f"填报单位：{_filers(catalogue, form)}。"
    yield ""
    yield from _heading(
        "指标", "代码", "单位", "类型", "年内各期", "应报单位", "来源", "常用", "口径提示", "对应统计表"
    )
    for indicator in form.indicators:
        yield _row(
            indicator.name_zh,
            f"`{indicator.code}`",
            indicator.measure,
            _kind(catalogue, indicator),
            catalogue.label("over_times", indicator.over_time),
            _asked(catalogue, indicator),
            catalogue.label("collects", indicator.collect),
            "是" if indicator.core else "",
            indicator.mind,
            indicator.official,
        )
    yield from _definitions(form)


def _definitions(form: Form) -> Iterable[str]:
    """What is defined more closely than by its name, with every definition that ever held."""
    defined = [indicator for indicator in form.indicators if indicator.definitions]
    if not defined:
        return
    yield ""
    yield from _heading("指标", "适用", "口径", "比以前的调整", "与以前可比")
    for indicator in defined:
        for one, end in indicator.definition_spans:
            until = "" if end is None else f"，至{end - timedelta(days=1)}"
            comparable = "" if not one.change else "否" if one.breaks_series else "是"
            yield _row(indicator.name_zh, since(one.valid_from) + until, one.text, one.change, comparable)


def _filers(catalogue: Catalogue, form: Form) -> str:
    kinds = [f"{catalogue.label('levels', level)}{catalogue.label('unit_types', kind)}" for level, kind in form.filers]
    return "、".join(kinds) or ("无（由平台导出后统一导入，各单位不欠报）" if form.is_imported else "无（不单独填报）")


def _kind(catalogue: Catalogue, indicator: Indicator) -> str:
    kind = catalogue.label("aggregations", indicator.aggregation)
    if indicator.has_parts:
        return f"{kind}：`{indicator.numerator}` ÷ `{indicator.denominator}`"
    if indicator.owner_level is not None:
        level = catalogue.label("title_levels", indicator.title_level) if indicator.title_level else ""
        title = "，".join(filter(None, (indicator.title, level)))
        keeper = catalogue.label("levels", indicator.owner_level)
        return f"{kind}（{keeper}管理{f'；称号：{title}' if title else ''}）"
    if indicator.distinct_by is not None:
        return f"{kind}（{catalogue.label('distinct_by', indicator.distinct_by)}）"
    return kind


def _asked(catalogue: Catalogue, indicator: Indicator) -> str:
    levels = "、".join(catalogue.label("levels", level) for level in indicator.levels)
    kinds = "、".join(catalogue.label("unit_types", kind) for kind in indicator.unit_types)
    return f"{levels}的{kinds}"


def _heading(*titles: str) -> Iterable[str]:
    yield _row(*titles)
    yield _row(*["---"] * len(titles))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
