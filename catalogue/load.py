"""Read the catalogue from its YAML files, or say everything that is wrong with them."""

import hashlib
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from catalogue import rules
from catalogue.check_up import read_check_up
from catalogue.entries import ABSENT, Entry, Mistakes
from catalogue.model import (
    EXPLANATIONS,
    FOREVER,
    FRACTIONAL_MEASURES,
    Aggregation,
    ApprovalRule,
    ApprovalStep,
    AssociationGap,
    Basis,
    Bounds,
    Calendar,
    Catalogue,
    ChangeReason,
    ClaimReason,
    Collect,
    Definition,
    DistinctBy,
    FilingException,
    FilingRule,
    Finding,
    Form,
    Formula,
    Frequency,
    Indicator,
    Level,
    LiesIn,
    OverTime,
    Phase,
    PrintedFigure,
    ReasonCase,
    Reasons,
    RemindedParty,
    Reminders,
    ReminderStep,
    Report,
    ReportChapter,
    ReportLine,
    ReportSection,
    ReportSentence,
    Scope,
    Severities,
    Severity,
    State,
    Status,
    Threshold,
    ThresholdValue,
    TitleLevel,
    Unapproved,
    UnitType,
)
from catalogue.read_language import read_language
from catalogue.read_prose import check_prose, read_prose
from catalogue.relations import check_relations, read_relations, read_severities
from catalogue.wordings import Wordings, read_wordings
from ingestion.periods import parse_period
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
    "title_levels": TitleLevel,
    "unit_types": UnitType,
    "scopes": Scope,
    "statuses": Status,
    "states": State,
    "aggregations": Aggregation,
    "aggregation_rules": Aggregation,
    "over_times": OverTime,
    "bases": Basis,
    "change_reasons": ChangeReason,
    "distinct_by": DistinctBy,
    "collects": Collect,
    "frequencies": Frequency,
    "severities": Severity,
    "phases": Phase,
    "event_kinds": None,
    "file_kinds": None,
    "approval_steps": ApprovalStep,
    "unapproved": Unapproved,
    "claim_reasons": ClaimReason,
    "themes": None,
    EXPLANATIONS: None,
    FRACTIONAL_MEASURES: None,
}
"""The code lists; a list with an enum holds exactly its codes, the others are free."""


EARLIEST_REMINDER = 180
"""So many days before a due day at most a reminder is of use."""

UNEXPLAINED = ("sum_has_gaps", "sum_is_vague", "otherwise")
"""When no reason is found: what may be known all the same, the first that is true."""


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
    codelists = _read_codelists(files.entry("codelists.yaml"))
    entries = {name: files.entry(f"forms/{name}.yaml") for name in files.forms()}
    forms = [_read_form(name, entry) for name, entry in entries.items()]
    calendar = _read_calendar(files.entry("calendar.yaml"))
    approval = _read_approval(files.entry("approval.yaml"))
    reminders = _read_reminders(files.entry("reminders.yaml"))
    findings, thresholds = _read_findings(files.entry("findings.yaml"))
    relations = read_relations(files.entry("relations.yaml"))
    language = read_language(files.entry("number_language.yaml"))
    wordings = read_wordings(files.entry("wordings.yaml"), language)
    known = {indicator.code: indicator for form in forms for indicator in form.indicators}
    report = _read_report(files.entry("report.yaml"), known, wordings)
    reasons = _read_reasons(files.entry("reasons.yaml"))
    check_up = read_check_up(files.entry("check_up.yaml"))
    if files.all_read:
        written = {code for entry in entries.values() for code in entry.codes("indicators")}
        rules.check(forms, written, codelists, mistakes)
        if all(entry.codes("indicators") for entry in entries.values()):
            rules.check_report(report, known, written, wordings, mistakes)
        rules.check_calendar(calendar, forms, mistakes)
        rules.check_approval(approval, forms, mistakes)
        check_prose(forms, language, mistakes)
    if not mistakes.sentences:
        # A form that could not be read must not also make its indicators unknown.
        check_relations(relations, written, thresholds, mistakes)
    if mistakes.sentences:
        raise CatalogueError("\n".join(mistakes.sentences))
    forms.sort(key=lambda form: form.number)
    return Catalogue(
        forms={form.code: form for form in forms},
        indicators={indicator.code: indicator for form in forms for indicator in form.indicators},
        calendar=calendar,
        approval=approval,
        reminders=reminders,
        findings=findings,
        thresholds=thresholds,
        report=report,
        wordings=wordings,
        relations=relations,
        reasons=reasons,
        language=language,
        check_up=check_up,
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
        self.all_read = True

    def forms(self) -> list[str]:
        """The names of the form files, without .yaml."""
        names = sorted(path.stem for path in (self._folder / "forms").glob("*.yaml"))
        if not names:
            self._unread("forms", "there is no form; write one YAML file per form")
        return names

    def entry(self, name: str) -> Entry:
        content: object = ABSENT
        try:
            self._bytes[name] = (self._folder / name).read_bytes()
            content = yaml.load(self._bytes[name], Loader=_Loader)  # noqa: S506 - a safe loader
        except FileNotFoundError:
            self._unread(name, "the file is missing; write it")
        except _RepeatedKeyError as error:
            self._unread(name, str(error))
        except yaml.YAMLError as error:
            self._unread(name, f"it is not YAML; put this right: {' '.join(str(error).split())}")
        return Entry(self._mistakes, f"catalogue/{name}", "", content)

    def version(self) -> str:
        digest = hashlib.sha256()
        for name in sorted(self._bytes):
            digest.update(f"{name}\0{len(self._bytes[name])}\0".encode() + self._bytes[name])
        return digest.hexdigest()[:12]

    def _unread(self, name: str, sentence: str) -> None:
        self.all_read = False
        self._mistakes.add(f"catalogue/{name}", "", sentence)


def _read_codelists(entry: Entry) -> dict[str, dict[str, str]]:
    codelists = {}
    for name, codes in CODES_OF_LISTS.items():
        labels = entry.child(name, name)
        wanted = list(codes) if codes else labels.fields
        codelists[name] = {str(code): labels.required_text(code) for code in wanted}
        labels.finish()
    entry.finish()
    return codelists


def _read_form(name: str, entry: Entry) -> Form:
    code = entry.required_text("code")
    if code and code != name:
        entry.mistake(f"code '{code}' differs from the file's name; write {name}")
    form = Form(
        code=name,
        title=entry.required_text("title"),
        number=entry.required_text("number"),
        version=entry.required_text("version"),
        indicators=tuple(
            indicator
            for fields in entry.children("indicators")
            if (indicator := _read_indicator(name, fields)) is not None
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
        "title": entry.text("title", ""),
        "title_level": entry.word("title_level", TitleLevel, None),
        "distinct_by": entry.word("distinct_by", DistinctBy, None),
        "collect": collect,
        "core": entry.flag("core", False),
        "risk": entry.text("risk", ""),
        "mind": entry.text("mind", entry.text("risk", "")),
        "official": entry.text("official", ""),
        "seed_facts": entry.whole("seed_facts", 0),
        "more_facts": entry.whole("more_facts", 0),
        "definitions": _read_definitions(entry),
        "prose": read_prose(entry, aggregation),
    }
    return Indicator(**fields) if entry.finish() else None


def _read_definitions(entry: Entry) -> tuple[Definition, ...]:
    rows = list(entry.rows("definitions", []))
    read = [_read_definition(row, is_first=row is rows[0]) for row in rows]
    definitions = tuple(definition for definition in read if definition is not None)
    if "definitions" in entry.fields and len(definitions) == len(rows):
        rules.check_definitions(definitions, entry)
    return definitions


def _read_definition(entry: Entry, *, is_first: bool) -> Definition | None:
    valid_from, words = entry.day("valid_from"), entry.required_text("text")
    # Nothing was before the first definition: to say what it changed would be unknown fields.
    change = "" if is_first else entry.required_text("change")
    breaks_series = False if is_first else entry.flag("breaks_series")
    if entry.finish() and valid_from is not None:
        return Definition(valid_from, words, change, breaks_series)
    return None


def _read_calendar(entry: Entry) -> Calendar:
    rules_read = [_read_rule(fields) for fields in entry.children("rules")]
    exceptions = [_read_exception(fields) for fields in entry.children("exceptions")]
    entry.finish()
    return Calendar(
        tuple(rule for rule in rules_read if rule is not None),
        tuple(exception for exception in exceptions if exception is not None),
    )


def _read_rule(entry: Entry) -> FilingRule | None:
    fields: dict[str, Any] = {
        "code": entry.name,
        "forms": entry.texts("forms", ()),
        "levels": entry.words("levels", Level, tuple(Level)),
        "unit_types": entry.words("unit_types", UnitType, tuple(UnitType)),
        "frequency": entry.word("frequency", Frequency),
        "due_months": entry.whole("due_months", least=-11),
        "due_day": entry.whole("due_day", least=1),
        "valid_from": entry.day("valid_from"),
        "valid_to": entry.day("valid_to", FOREVER),
    }
    return FilingRule(**fields) if entry.finish() else None


def _read_exception(entry: Entry) -> FilingException | None:
    level = entry.word("level", Level, None)
    unit_type = entry.word("unit_type", UnitType, None)
    form, reason = entry.text("form", ""), entry.required_text("reason")
    period, due_date, end = entry.required_text("period"), entry.day("due_date", None), entry.day("valid_to", None)
    if not entry.finish():
        return None
    try:
        first, end = filing_span(period, due_date, end)
    except ValueError as mistake:
        entry.mistake(str(mistake))
        return None
    return FilingException("", level or "", unit_type or "", form, due_date, reason, first, end)


def filing_span(period: str, due_date: date | None, valid_to: date | None) -> tuple[date, date]:
    """From when until before when an exception for a period holds. Raises ValueError, saying what would be right."""
    named = parse_period(period)
    if named is None:
        raise ValueError(f"period '{period}' is no period; write it like 2021, 2021-H1, 2021-Q3 or 2021-09")
    if valid_to is None:
        return named.first_day, named.last_day + timedelta(days=1)
    if due_date is not None:
        raise ValueError("due_date is one day for one period; leave valid_to empty")
    if valid_to <= named.last_day:
        raise ValueError(f"valid_to {valid_to} must be after {period} ends; leave it empty for that period alone")
    return named.first_day, valid_to


def _read_approval(entry: Entry) -> tuple[ApprovalRule, ...]:
    read = [_read_approval_rule(fields) for fields in entry.children("rules")]
    entry.finish()
    return tuple(rule for rule in read if rule is not None)


def _read_approval_rule(entry: Entry) -> ApprovalRule | None:
    fields: dict[str, Any] = {
        "form": entry.text("form", ""),
        "level": entry.word("level", Level, None) or "",
        "unit_type": entry.word("unit_type", UnitType, None) or "",
        "steps": entry.words("steps", ApprovalStep, ()),
        "unapproved": entry.word("unapproved", Unapproved, None),
        "valid_from": entry.day("valid_from"),
        "valid_to": entry.day("valid_to", FOREVER),
    }
    if not entry.finish():
        return None
    rule = ApprovalRule(**fields)
    for sentence in rules.mistakes_of_approval_rule(rule):
        entry.mistake(sentence)
    return rule


def _read_reminders(entry: Entry) -> Reminders:
    steps, approvals = ([_read_step(fields) for fields in entry.children(of)] for of in ("steps", "approvals"))
    known = (tuple(step for step in some if step) for some in (steps, approvals))
    reminders = Reminders(entry.whole("gives_up_after_days", least=1), *known)
    if entry.finish() and None not in steps + approvals:
        rules.check_reminders(reminders, entry)
    return reminders


def _read_step(entry: Entry) -> ReminderStep | None:
    fields: dict[str, Any] = {
        "code": entry.name,
        "days": entry.whole("days", least=-EARLIEST_REMINDER),
        "name_zh": entry.required_text("name_zh"),
        "to": entry.words("to", RemindedParty),
        "asks": entry.required_text("asks"),
    }
    return ReminderStep(**fields) if entry.finish() else None


def _read_findings(entry: Entry) -> tuple[dict[str, Finding], dict[str, Threshold]]:
    findings = {fields.name: _read_finding(fields) for fields in entry.children("findings")}
    thresholds = {fields.name: _read_threshold(fields) for fields in entry.children("thresholds")}
    entry.finish()
    return findings, thresholds


def _read_finding(entry: Entry) -> Finding:
    severities = read_severities(entry)
    informs = severities is not None and all(one.severity is Severity.INFO for one in severities.dated)
    finding = Finding(
        code=entry.name,
        severities=severities or Severities.always(Severity.ERROR),
        phase=entry.word("phase", Phase) or Phase.FILE,
        says=entry.required_text("says"),
        asks=entry.text("asks", "") if informs else entry.required_text("asks"),
    )
    if entry.finish():
        rules.check_finding(finding, entry)
    return finding


def _read_threshold(entry: Entry) -> Threshold:
    meaning = entry.required_text("meaning")
    rows = [_read_threshold_value(row) for row in entry.rows("values")]
    threshold = Threshold(entry.name, meaning, tuple(dated for dated in rows if dated is not None))
    if entry.finish() and None not in rows:
        rules.check_threshold(threshold, entry)
    return threshold


def _read_threshold_value(entry: Entry) -> ThresholdValue | None:
    valid_from, value = entry.day("valid_from"), entry.number("value")
    if entry.finish() and valid_from is not None and value is not None:
        return ThresholdValue(valid_from, value)
    return None


def _read_report(entry: Entry, indicators: Mapping[str, Indicator], wordings: Wordings) -> Report:
    report = Report(
        chapters={fields.name: _read_chapter(fields) for fields in entry.children("chapters")},
        sections={fields.name: _read_section(fields) for fields in entry.children("sections")},
        sentences={fields.name: _read_sentence(fields) for fields in entry.children("sentences")},
        lines={fields.name: _read_line(fields, indicators, wordings) for fields in entry.children("lines")},
        association_gaps={fields.name: _read_association_gap(fields) for fields in entry.children("associations")},
    )
    entry.finish()
    return report


def _read_chapter(entry: Entry) -> ReportChapter:
    chapter = ReportChapter(code=entry.name, title=entry.required_text("title"))
    entry.finish()
    return chapter


def _read_section(entry: Entry) -> ReportSection:
    section = ReportSection(
        code=entry.name,
        chapter=entry.required_text("chapter"),
        title=entry.required_text("title"),
        department=entry.required_text("department"),
    )
    entry.finish()
    return section


def _read_association_gap(entry: Entry) -> AssociationGap:
    gap = AssociationGap(
        code=entry.name,
        label_zh=entry.required_text("label_zh"),
        indicator=entry.required_text("indicator"),
        out_of=entry.text("out_of", ""),
    )
    entry.finish()
    return gap


def _read_sentence(entry: Entry) -> ReportSentence:
    sentence = ReportSentence(entry.name, entry.required_text("section"), entry.required_text("text"))
    if entry.finish():
        rules.check_sentence(sentence, entry)
    return sentence


def _read_line(entry: Entry, indicators: Mapping[str, Indicator], wordings: Wordings) -> ReportLine:
    formula = entry.word("formula", Formula, None)
    made_of = entry.texts("indicators", ()) if formula else (entry.required_text("indicator"),)
    first = indicators.get(made_of[0]) if made_of else None
    measure = entry.text("measure", _measure_of(formula, first))
    line = ReportLine(
        code=entry.name,
        section=entry.required_text("section"),
        indicators=made_of,
        formula=formula,
        label_zh=entry.required_text("label_zh"),
        measure=measure,
        counter=entry.text("counter", measure),
        style=entry.text("style", _usual_style(formula, first, wordings)),
        leading_places=entry.flag("leading_places", False),
        target=entry.text("target", ""),
        printed={year: _read_printed(printed) for year, printed in entry.years("printed", {})},
    )
    entry.finish()
    return line


def _measure_of(formula: Formula | None, first: Indicator | None) -> str:
    if formula is Formula.PERCENT:
        return "%"
    return first.measure if first else ""


def _usual_style(formula: Formula | None, first: Indicator | None, wordings: Wordings) -> str:
    """What the kind of figure asks for, where a line names no style."""
    if first is None:
        return next(iter(wordings.styles), "")
    kind = first.aggregation if formula in (None, Formula.SUM) else Aggregation.RATIO
    return wordings.usual_style(kind, first.theme, first.measure)


def _read_printed(entry: Entry) -> PrintedFigure:
    written = entry.required_text("written")
    expected = entry.child("expected", entry.name)
    bounds = Bounds(
        low=expected.number("low", None),
        high=expected.number("high", None),
        low_strict=expected.flag("low_strict", False),
        high_strict=expected.flag("high_strict", False),
    )
    entry.finish()
    if expected.finish():
        rules.check_bounds(bounds, expected)
    return PrintedFigure(written, bounds)


def _read_reasons(entry: Entry) -> Reasons:
    cases = {fields.name: _read_reason_case(fields) for fields in entry.children("reasons")}
    limits = {fields.name: _read_reason_limit(fields) for fields in entry.children("limits")}
    unexplained = entry.child("unexplained", "unexplained")
    sentences = {name: unexplained.required_text(name) for name in UNEXPLAINED}
    unexplained.finish()
    reasons = Reasons(cases, sentences, entry.required_text("also_others"), limits)
    entry.finish()
    return reasons


def _read_reason_case(entry: Entry) -> ReasonCase:
    case = ReasonCase(
        code=entry.name,
        reason=entry.word("reason", ClaimReason) or ClaimReason.UNEXPLAINED,
        likelihood=entry.number("likelihood") or Decimal(0),
        lies_in=entry.word("lies_in", LiesIn) or LiesIn.CLAIM,
        needs_no_exact_sum=entry.flag("needs_no_exact_sum", False),
        says=entry.required_text("says"),
    )
    if entry.finish():
        rules.check_reason_case(case, entry)
    return case


def _read_reason_limit(entry: Entry) -> Decimal:
    entry.required_text("meaning")
    value = entry.number("value") or Decimal(0)
    entry.finish()
    return value
