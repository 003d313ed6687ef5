"""All that a report says, before it is written down as a document or a workbook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from catalogue.model import Catalogue
from reporting.report.basis import Basis
from reporting.report.figures import Province
from reporting.report.notes import note
from reporting.report.places import Leaders, leaders
from reporting.report.reading import province as read_province
from reporting.report.sentences import Review, review
from reporting.report.shortfalls import Shortfalls, shortfalls


@dataclass(frozen=True, slots=True)
class Signature:
    """A department and the sections, with so many figures, that it answers for."""

    department: str
    sections: tuple[str, ...]
    figures: int


@dataclass(frozen=True, slots=True)
class Contents:
    """`notes` are in the order of their numbers; `names` has the name of every indicator the tables speak of."""

    basis: Basis
    province: Province
    review: Review
    notes: tuple[str, ...]
    leaders: tuple[Leaders, ...]
    shortfalls: Shortfalls
    names: Mapping[str, str]

    @property
    def title(self) -> str:
        return f"{self.province.name}全委会工作报告"

    @property
    def subtitle(self) -> str:
        return f"（{self.basis.year}年度数据稿）"

    @property
    def signatures(self) -> Iterator[Signature]:
        """Each department once, in the order of its first section."""
        departments = dict.fromkeys(section.department for section in self.review.sections if section.department)
        for department in departments:
            held = [section for section in self.review.sections if section.department == department]
            titles = tuple(section.part.title for section in held)
            yield Signature(department, titles, sum(len(section.lines) for section in held))


def contents(connection: Connection, basis: Basis, catalogue: Catalogue) -> Contents:
    """What the report of a basis says; raises what `reading.province` raises."""
    province = read_province(connection, basis, catalogue)
    naming = [code for code, line in catalogue.report_lines.items() if line.leading_places]
    leading = {line.code: leaders(line, province.cities) for line in province.lines if line.code in naming}
    departments = {section.code: section.department for section in catalogue.report_sections.values()}
    said = review(province.lines, catalogue.report.sentences, departments, leading)
    lacking = shortfalls(connection, basis, province, tuple(catalogue.association_gaps.values()))
    return Contents(
        basis,
        province,
        said,
        tuple(note(line, basis, lacking.blanks, leading.get(line.code)) for line in said.noted),
        tuple(leading.values()),
        lacking,
        {term.indicator: term.name for line in province.lines for term in line.terms},
    )
