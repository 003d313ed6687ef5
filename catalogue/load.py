"""Read the catalogue from its YAML files, or say everything that is wrong with them."""

import hashlib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from catalogue import rules
from catalogue.entries import Entry, Mistakes
from catalogue.model import (
    FRACTIONAL_MEASURES,
    Aggregation,
    Basis,
    Bounds,
    Catalogue,
    Collect,
    DistinctBy,
    Finding,
    Form,
    Indicator,
    Level,
    OverTime,
    Phase,
    PrintedFigure,
    ReportLine,
    ReportSection,
    Scope,
    Severity,
    State,
    Status,
    Threshold,
    ThresholdValue,
    UnitType,
)
from kexie.errors import UserError

FOLDER = Path(__file__).parent

DEFAULT_OVER_TIME = {
    Aggregation.FLOW: OverTime.SUM,
    Aggregation.NEWADD: OverTime.SUM,
    Aggregation.MONEY: OverTime.SUM,
    Aggregation.STOCK: OverTime.LAST,
    Aggregation.REGCUM: OverTime.LAST,
    Aggregation.COVERAGE: OverTime.NONE,
    Aggregation.LIST: OverTime.SUM,
    Aggregation.RATIO: OverTime.PARTS,
    Aggregation.RANK: OverTime.NONE,
    Aggregation.PEAK: OverTime.MAX,
    Aggregation.TARGET: OverTime.NONE,
    Aggregation.REF: OverTime.NONE,
}
_DONE = (Status.ACTUAL, Status.PROVISIONAL)
_DONE_OR_STANDING = (*_DONE, Status.CUMULATIVE)
DEFAULT_STATUSES = {
    Aggregation.FLOW: _DONE,
    Aggregation.NEWADD: _DONE,
    Aggregation.MONEY: _DONE,
    Aggregation.STOCK: _DONE_OR_STANDING,
    Aggregation.REGCUM: _DONE_OR_STANDING,
    Aggregation.COVERAGE: _DONE_OR_STANDING,
    Aggregation.LIST: _DONE_OR_STANDING,
    Aggregation.RATIO: _DONE,
    Aggregation.RANK: _DONE,
    Aggregation.PEAK: _DONE,
    Aggregation.TARGET: (Status.PLAN,),
    Aggregation.REF: (*_DONE, Status.REFERENCE, Status.CUMULATIVE),
}
DEFAULT_UNIT_TYPES = (UnitType.TERRITORIAL,)

CODES_OF_LISTS: dict[str, type[StrEnum] | None] = {
    "levels": Level,
    "unit_types": UnitType,
    "scopes": Scope,
    "statuses": Status,
    "states": State,
    "aggregations": Aggregation,
    "aggregation_rules": Aggregation,
    "over_times": OverTime,
    "bases": Basis,
    "distinct_by": DistinctBy,
    "collects": Collect,
    "severities": Severity,
    "phases": Phase,
    "themes": None,
    FRACTIONAL_MEASURES: None,
}
"""The code lists; a list with an enum holds exactly its codes, the others are free."""


class CatalogueError(UserError):
    """The catalogue cannot be used; the message lists every mistake with file, entry and what would be right."""


def load(folder: Path = FOLDER) -> Catalogue:
    """The catalogue in a folder; the project's own is read once per process. Raises CatalogueError."""
    return _load_own() if folder == FOLDER else _load(folder)


@cache
def _load_own() -> Catalogue:
    return _load(FOLDER)


def _load(folder: Path) -> Catalogue:
    mistakes = Mistakes()
    files = _Files(folder, mistakes)
    codelists = _read_codelists(files.entry("codelists.yaml"), mistakes)
    forms = [_read_form(files.entry(f"forms/{path.name}"), mistakes) for path in _form_paths(folder, mistakes)]
    findings, thresholds = _read_findings(files.entry("findings.yaml"), mistakes)
    sections, lines = _read_report(files.entry("report.yaml"), mistakes)
    rules.check(forms, lines, sections, codelists, mistakes)
    if mistakes.sentences:
        raise CatalogueError("\n".join(mistakes.sentences))
    forms.sort(key=lambda form: form.number)
    return Catalogue(
        forms={form.code: form for form in forms},
        indicators={indicator.code: indicator for form in forms for indicator in form.indicators},
        findings=findings,
        thresholds=thresholds,
        report_sections=sections,
        report_lines=lines,
        codelists=codelists,
        version=files.version(),
    )


class _Loader(yaml.CSafeLoader):
    """Safe and fast; reads decimals exactly and refuses a key that is written twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            if key_node.value in seen:
                line = key_node.start_mark.line + 1
                raise _RepeatedKeyError(f"'{key_node.value}' is written twice (again in line {line}); keep one")
            seen.add(key_node.value)
        return super().construct_mapping(node, deep)


class _RepeatedKeyError(yaml.YAMLError):
    pass


def _exact_decimal(_loader: _Loader, node: yaml.ScalarNode) -> Decimal:
    return Decimal(node.value.replace("_", ""))


_Loader.add_constructor("tag:yaml.org,2002:float", _exact_decimal)


class _Files:
    """The YAML files of a folder, parsed, and the hash of all bytes read."""

    def __init__(self, folder: Path, mistakes: Mistakes) -> None:
        self._folder, self._mistakes = folder, mistakes
        self._bytes: dict[str, bytes] = {}

    def entry(self, name: str) -> Entry:
        file = f"catalogue/{name}"
        try:
            self._bytes[name] = (self._folder / name).read_bytes()
            return Entry(self._mistakes, file, "", yaml.load(self._bytes[name], Loader=_Loader))  # noqa: S506 - a safe loader
        except FileNotFoundError:
            self._mistakes.add(file, "", "the file is missing; write it")
        except _RepeatedKeyError as error:
            self._mistakes.add(file, "", str(error))
        except yaml.YAMLError as error:
            self._mistakes.add(file, "", f"it is not YAML; put this right: {' '.join(str(error).split())}")
        return Entry(self._mistakes, file, "", {})

    def version(self) -> str:
        digest = hashlib.sha256()
        for name in sorted(self._bytes):
            digest.update(f"{name}\0{len(self._bytes[name])}\0".encode() + self._bytes[name])
        return digest.hexdigest()[:12]


def _form_paths(folder: Path, mistakes: Mistakes) -> list[Path]:
    paths = sorted((folder / "forms").glob("*.yaml"))
    if not paths:
        mistakes.add("catalogue/forms", "", "there is no form; write one YAML file per form")
    return paths


def _entries(owner: Entry, field: str, mistakes: Mistakes) -> Iterable[Entry]:
    for code, content in owner.mapping(field).items():
        yield Entry(mistakes, owner.file, str(code), content)


def _read_codelists(entry: Entry, mistakes: Mistakes) -> dict[str, dict[str, str]]:
    codelists = {}
    for name, codes in CODES_OF_LISTS.items():
        labels = Entry(mistakes, entry.file, name, entry.mapping(name))
        wanted = list(codes) if codes else list(entry.mapping(name))
        codelists[name] = {str(code): labels.required_text(code) for code in wanted}
        labels.finish()
    entry.finish()
    return codelists


def _read_form(entry: Entry, mistakes: Mistakes) -> Form:
    code = entry.required_text("code")
    form = Form(
        code=code,
        title=entry.required_text("title"),
        number=entry.required_text("number"),
        version=entry.required_text("version"),
        indicators=tuple(
            indicator
            for fields in _entries(entry, "indicators", mistakes)
            if (indicator := _read_indicator(code, fields)) is not None
        ),
    )
    entry.finish()
    return form


def _read_indicator(form: str, entry: Entry) -> Indicator | None:
    aggregation = entry.word("aggregation", Aggregation)
    over_time = entry.word("over_time", OverTime, DEFAULT_OVER_TIME.get(aggregation) if aggregation else None)
    collect = entry.word("collect", Collect, Collect.TYPED)
    fields: dict[str, Any] = {
        "code": entry.name,
        "name_zh": entry.required_text("name_zh"),
        "measure": entry.text("measure"),
        "form": form,
        "theme": entry.required_text("theme"),
        "aggregation": aggregation,
        "over_time": over_time,
        "levels": entry.words("levels", Level),
        "unit_types": entry.words("unit_types", UnitType, DEFAULT_UNIT_TYPES),
        "statuses": entry.words("statuses", Status, DEFAULT_STATUSES[aggregation] if aggregation else _DONE),
        "numerator": entry.text("numerator", ""),
        "denominator": entry.text("denominator", ""),
        "owner_level": entry.word("owner_level", Level, None),
        "distinct_by": entry.word("distinct_by", DistinctBy, None),
        "collect": collect,
        "risk": entry.text("risk", ""),
        "official": entry.text("official", ""),
        "seed_facts": entry.whole("seed_facts", 0),
        "more_facts": entry.whole("more_facts", 0),
    }
    return Indicator(**fields) if entry.finish() else None


def _read_findings(entry: Entry, mistakes: Mistakes) -> tuple[dict[str, Finding], dict[str, Threshold]]:
    findings = {fields.name: _read_finding(fields) for fields in _entries(entry, "findings", mistakes)}
    thresholds = {fields.name: _read_threshold(fields, mistakes) for fields in _entries(entry, "thresholds", mistakes)}
    entry.finish()
    return findings, thresholds


def _read_finding(entry: Entry) -> Finding:
    severity = entry.word("severity", Severity)
    finding = Finding(
        code=entry.name,
        severity=severity or Severity.ERROR,
        phase=entry.word("phase", Phase) or Phase.FILE,
        says=entry.required_text("says"),
        asks=entry.text("asks", "") if severity is Severity.INFO else entry.required_text("asks"),
    )
    entry.finish()
    rules.check_finding(finding, entry)
    return finding


def _read_threshold(entry: Entry, mistakes: Mistakes) -> Threshold:
    meaning = entry.required_text("meaning")
    values = []
    for row in entry.rows("values"):
        fields = Entry(mistakes, entry.file, entry.name, row)
        valid_from, value = fields.day("valid_from"), fields.number("value")
        if fields.finish() and valid_from is not None and value is not None:
            values.append(ThresholdValue(valid_from, value))
    entry.finish()
    threshold = Threshold(entry.name, meaning, tuple(values))
    rules.check_threshold(threshold, entry)
    return threshold


def _read_report(entry: Entry, mistakes: Mistakes) -> tuple[dict[str, ReportSection], dict[str, ReportLine]]:
    sections = {}
    for fields in _entries(entry, "sections", mistakes):
        sections[fields.name] = ReportSection(fields.name, fields.required_text("title"))
        fields.finish()
    lines = {fields.name: _read_line(fields, mistakes) for fields in _entries(entry, "lines", mistakes)}
    entry.finish()
    return sections, lines


def _read_line(entry: Entry, mistakes: Mistakes) -> ReportLine:
    line = ReportLine(
        code=entry.name,
        section=entry.required_text("section"),
        indicator=entry.required_text("indicator"),
        label_zh=entry.required_text("label_zh"),
        printed=_read_printed(entry, mistakes),
    )
    entry.finish()
    return line


def _read_printed(entry: Entry, mistakes: Mistakes) -> Mapping[int, PrintedFigure]:
    printed = {}
    for year, content in entry.mapping("printed").items():
        if not isinstance(year, int):
            entry.mistake(f"printed year {year!r} must be a year such as 2021")
            continue
        fields = Entry(mistakes, entry.file, f"{entry.name}, {year}", content)
        written = fields.required_text("written")
        expected = Entry(mistakes, entry.file, fields.name, fields.mapping("expected"))
        bounds = Bounds(
            low=expected.number("low", None),
            high=expected.number("high", None),
            low_strict=expected.flag("low_strict", False),
            high_strict=expected.flag("high_strict", False),
        )
        expected.finish()
        fields.finish()
        rules.check_bounds(bounds, expected)
        printed[year] = PrintedFigure(written, bounds)
    return printed
