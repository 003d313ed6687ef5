"""The catalogue as a page to read: every form and indicator, in Chinese."""

from collections.abc import Iterable

from catalogue.model import Catalogue, Form, Indicator

PATH = "docs/data_dictionary.md"


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
        "“常用”的指标在填报表中直接列出，其余的折叠在后，有数时展开填写。",
        *(line for form in catalogue.forms.values() for line in _form(catalogue, form)),
    ]
    return {PATH: "\n".join(lines) + "\n"}


def _kinds(catalogue: Catalogue) -> Iterable[str]:
    yield from _heading("类型", "代码", "怎样汇总")
    for code, rule in catalogue.codelists["aggregation_rules"].items():
        yield _row(catalogue.label("aggregations", code), f"`{code}`", rule)


def _form(catalogue: Catalogue, form: Form) -> Iterable[str]:
    yield from ("", f"## {form.number} {form.title}（`{form.code}`，{form.version} 版）", "")
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
            indicator.risk,
            indicator.official,
        )


def _filers(catalogue: Catalogue, form: Form) -> str:
    kinds = [f"{catalogue.label('levels', level)}{catalogue.label('unit_types', kind)}" for level, kind in form.filers]
    return "、".join(kinds) or "无（不单独填报）"


def _kind(catalogue: Catalogue, indicator: Indicator) -> str:
    kind = catalogue.label("aggregations", indicator.aggregation)
    if indicator.has_parts:
        return f"{kind}：`{indicator.numerator}` ÷ `{indicator.denominator}`"
    if indicator.owner_level is not None:
        return f"{kind}（{catalogue.label('levels', indicator.owner_level)}管理）"
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
