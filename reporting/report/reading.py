"""From schema `published` to the figures of a report, as its basis knows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, text

from catalogue.model import SUMMABLE, Catalogue, Formula, ReportLine, UnitType
from kexie.errors import UserError
from reporting.figures import Figure, percent
from reporting.report.basis import Basis
from reporting.report.figures import Change, CityFigure, Line, Part, Province, ProvinceFigure, Target

NEVER_WORDED = "定稿时还没有表述规则，请按准确数自行表述。"
"""The lines of a release that is older than the rules of wording have neither a wording nor a reason."""


def province(connection: Connection, basis: Basis, catalogue: Catalogue) -> Province:
    """All figures of the report's year. Raises UserError where it has no line, or lines of several provinces."""
    return _Reading.of(connection, basis, catalogue).province()


@dataclass(frozen=True, slots=True)
class _Reading:
    """The rows of one report, read once, and how they are put together."""

    catalogue: Catalogue
    code: str
    name: str
    lines: list[Row[Any]]
    last_lines: Mapping[str, Row[Any]]
    figures: Mapping[str, ProvinceFigure]
    next_figures: Mapping[str, ProvinceFigure]
    plans: Mapping[str, Row[Any]]
    next_plans: Mapping[str, Row[Any]]
    changes: Mapping[tuple[str, str], Change]
    breaks: Mapping[str, str]
    cities: list[Row[Any]]

    @classmethod
    def of(cls, connection: Connection, basis: Basis, catalogue: Catalogue) -> _Reading:
        def rows(query: str, **bound: object) -> list[Row[Any]]:
            return list(connection.execute(text(query), basis.bound | bound))

        lines = rows(LINES.format(lines=basis.rows("report_lines")))
        code, name = _one_province(lines, rows(NAMES.format(tree=basis.rows("tree_closure"))), basis.year)
        indicators = sorted({code for line in lines for code in _indicators(catalogue, line)})

        def of_province(relation: str, year: str) -> list[Row[Any]]:
            return rows(OF_PROVINCE.format(rows=basis.rows(relation, year)), province=code)

        unapproved = {row.indicator_code: row.units_unapproved for row in of_province("unapproved_figures", "year")}
        return cls(
            catalogue,
            code,
            name,
            lines,
            {row.line_code: row for row in rows(LINES.format(lines=basis.rows("report_lines", "last_year")))},
            {row.indicator_code: _figure(row, unapproved) for row in of_province("indicator_values", "year")},
            {row.indicator_code: _figure(row, {}) for row in of_province("indicator_values", "next_year")},
            {row.indicator_code: row for row in of_province("progress", "year")},
            {row.indicator_code: row for row in of_province("progress", "next_year")},
            {(row.unit_code, row.indicator_code): _same_terms(row) for row in rows(COMPARABLE, indicators=indicators)},
            {row.indicator_code: row.reason for row in rows(BREAKS, indicators=indicators) if row.reason},
            rows(CITIES.format(figures=basis.rows("indicator_values")), indicators=indicators),
        )

    def province(self) -> Province:
        made = tuple(map(self._line, self.lines))
        places = self._places
        return Province(
            self.code,
            self.name,
            made,
            tuple(target for target in self._targets(made, self.plans, self.figures) if not target.plan.is_missing),
            tuple(self._targets(made, self.next_plans, self.next_figures)),
            tuple(self._city(row) for row in self.cities if row.unit_code in places),
        )

    @property
    def _places(self) -> set[str]:
        """Cities that are places: they owe what only territorial associations do. A university is no place."""
        return {
            row.unit_code
            for row in self.cities
            if (known := self.catalogue.indicators.get(row.indicator_code))
            and known.unit_types == (UnitType.TERRITORIAL,)
        }

    def _line(self, row: Row[Any]) -> Line:
        last = self.last_lines.get(row.line_code)
        figure = Figure(row.value, row.low, row.high)
        last_year = Figure(last.value, last.low, last.high) if last else Figure()
        return Line(
            row.line_code,
            row.line_name,
            Part(row.chapter_code or "", row.chapter_name or ""),
            Part(row.section_code, row.section_name),
            row.measure or "",
            figure,
            row.recommended_wording or "",
            row.wording_prefix or "",
            row.wording_reason or ("" if row.recommended_wording else NEVER_WORDED),
            row.basis or "",
            row.units_expected or 0,
            row.units_reported or 0,
            row.units_covered or 0,
            row.coverage if row.weighted_coverage is None else row.weighted_coverage,
            tuple(self.figures[code] for code in _indicators(self.catalogue, row) if code in self.figures),
            _is_divided(self.catalogue.report_lines.get(row.line_code)),
            last_year,
            self._change(row, figure, last_year),
        )

    def _change(self, row: Row[Any], figure: Figure, last_year: Figure) -> Change:
        line, indicators = self.catalogue.report_lines.get(row.line_code), _indicators(self.catalogue, row)
        reasons = [self.breaks[code] for code in indicators if code in self.breaks]
        if reasons:
            return Change(figure.value, last_year.value, reason=f"{'；'.join(reasons)}，与上年不可比。")
        if _is_divided(line) or not all(self._adds(code) for code in indicators):
            return _plain(figure, last_year)
        terms = [self.changes.get((self.code, code)) for code in indicators]
        if len(terms) == 1:
            return terms[0] or Change(reason="没有两年都报齐的单位，不能比较。")
        return _together([term for term in terms if term], len(terms))

    def _adds(self, indicator: str) -> bool:
        known = self.catalogue.indicators.get(indicator)
        return known is not None and known.aggregation in SUMMABLE

    def _targets(
        self, lines: Iterable[Line], plans: Mapping[str, Row[Any]], figures: Mapping[str, ProvinceFigure]
    ) -> Iterator[Target]:
        """Each line with its plan, as far as there is one, then what else was planned.

        `figures` are those of the planned year: an indicator that holds what was aimed at is filed like any other.
        """
        told: set[str] = set()
        for line in lines:
            known = self.catalogue.report_lines.get(line.code)
            aim = figures.get(known.target) if known and known.target else None
            plan = plans.get(line.indicators[0]) if len(line.indicators) == 1 else None
            told.update(line.indicators[:1] if len(line.indicators) == 1 else ())
            figure, units = (aim.figure, 0) if aim else _plan(plan)
            yield Target(line.name, line.measure, figure, units, line.figure, line.units_expected, line.units_reported)
        for code, plan in sorted(plans.items()):
            figure, units = _plan(plan)
            if code not in told and not figure.is_missing and (done := self.figures.get(code)):
                yield Target(
                    done.name, done.measure, figure, units, done.figure, done.units_expected, done.units_reported
                )

    def _city(self, row: Row[Any]) -> CityFigure:
        return CityFigure(
            row.unit_code,
            row.unit_name,
            row.indicator_code,
            Figure(row.value, row.low, row.high),
            row.units_expected,
            row.units_reported,
            self.changes.get((row.unit_code, row.indicator_code)) or Change(),
        )


def _one_province(lines: list[Row[Any]], names: list[Row[Any]], year: int) -> tuple[str, str]:
    codes = {line.unit_code for line in lines}
    if len(codes) != 1:
        found = f"lines of {len(codes)} provinces are" if codes else "no line of the report is"
        raise UserError(f"Of {year} {found} published, and a report is made of the lines of one province.")
    (code,) = codes
    return code, next((row.unit_name for row in names if row.unit_code == code), code)


def _indicators(catalogue: Catalogue, row: Row[Any]) -> tuple[str, ...]:
    """The indicators a published line is made of; a line that the catalogue no longer has is that of one."""
    line = catalogue.report_lines.get(row.line_code)
    return line.indicators if line else (row.indicator_code,)


def _is_divided(line: ReportLine | None) -> bool:
    return line is not None and line.formula in (Formula.RATIO, Formula.PERCENT)


def _figure(row: Row[Any], unapproved: Mapping[str, int]) -> ProvinceFigure:
    return ProvinceFigure(
        row.indicator_code,
        row.indicator_name,
        row.measure or "",
        Figure(row.value, row.low, row.high),
        row.units_expected,
        row.units_reported,
        row.provisional_part,
        row.narrative_part,
        row.is_inherited,
        row.is_estimate,
        row.adjustment_value,
        unapproved.get(row.indicator_code, 0),
    )


def _plan(row: Row[Any] | None) -> tuple[Figure, int]:
    """The plan for the whole year and how many units have filed one."""
    if row is None:
        return Figure(), 0
    return Figure(row.year_plan_value, row.year_plan_low, row.year_plan_high), row.year_plan_units_reported or 0


def _same_terms(row: Row[Any]) -> Change:
    reason = ""
    if row.not_comparable:
        reason = f"{row.not_comparable}，与上年不可比。"
    elif row.change is None:
        reason = "有单位只报了上下限，算不出增减。"
    elif row.change_percent is None:
        reason = "上年为零，不算百分比。"
    return Change(row.value, row.base_value, row.change, row.change_percent, row.units_in_both, reason)


def _plain(now: Figure, before: Figure) -> Change:
    """The difference of what does not add over units, and so is compared as it stands."""
    for side, figure in (("本年", now), ("上年", before)):
        if figure.value is None:
            lacking = "没有数" if figure.is_missing else "没有确定的数，只有上下限"
            return Change(now.value, before.value, reason=f"{side}{lacking}。")
    return _difference(now.value, before.value, None)


def _together(terms: list[Change], expected: int) -> Change:
    """A sum's change: its terms' together, over at least so many units as the term with the fewest has."""
    if len(terms) < expected or any(term.difference is None for term in terms):
        return Change(reason="有的加项不能与上年比较。")
    now = sum((term.now for term in terms if term.now is not None), Decimal(0))
    before = sum((term.before for term in terms if term.before is not None), Decimal(0))
    return _difference(now, before, min(term.units or 0 for term in terms))


def _difference(now: Decimal | None, before: Decimal | None, units: int | None) -> Change:
    if now is None or before is None:
        return Change(now, before, reason="缺一方的数。")
    share = percent(now - before, before)
    return Change(now, before, now - before, share, units, "" if share is not None else "上年为零，不算百分比。")


LINES = "select * from {lines} as lines order by sort_order, line_code"

NAMES = "select unit_code, unit_name from {tree} as tree where ancestor_code = unit_code and unit_level = 'province'"

OF_PROVINCE = "select * from {rows} as history where unit_code = :province"

COMPARABLE = """
    select * from published.comparable(:year, :last_year, :publication, :beside)
    where unit_level in ('province', 'city') and indicator_code = any(:indicators)
"""

BREAKS = """
    select indicator_code, published.break_between(indicator_code, :last_year, :year) as reason
    from unnest(cast(:indicators as text[])) as asked (indicator_code)
"""

CITIES = """
    select * from {figures} as figures
    where unit_level = 'city' and indicator_code = any(:indicators) and units_expected > 0
    order by indicator_code, unit_code
"""
