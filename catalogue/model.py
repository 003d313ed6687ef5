"""The words of the catalogue: what an indicator, a form, a finding and a line of the report are.

Nothing here reads a file; `catalogue.load` builds these objects from the YAML beside it.
"""

import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import groupby, pairwise

from catalogue.check_up import CheckUp
from catalogue.language import Language
from catalogue.wordings import Wordings


class Level(StrEnum):
    """Level of a unit in the reporting tree, highest first."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    TOWNSHIP = "township"


class TitleLevel(StrEnum):
    """Who gave a title (称号) to what a list names, highest first."""

    NATIONAL = "national"
    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"


class UnitType(StrEnum):
    TERRITORIAL = "territorial"
    ZONE = "zone"
    SOCIETY = "society"
    UNIVERSITY = "university"
    ENTERPRISE = "enterprise"


class Scope(StrEnum):
    """Whose work a figure describes. Only `own` is ever added, and an `adjustment` of what was counted twice below the
    unit; `jurisdiction` is a claim."""

    OWN = "own"
    JURISDICTION = "jurisdiction"
    ADJUSTMENT = "adjustment"
    JOINT_UP = "joint_up"
    JOINT_DEPT = "joint_dept"
    PART = "part"


class Status(StrEnum):
    ACTUAL = "actual"
    PROVISIONAL = "provisional"
    PLAN = "plan"
    APPLIED = "applied"
    CUMULATIVE = "cumulative"
    REFERENCE = "reference"


class State(StrEnum):
    """What stands in a cell. A blank makes no observation, so it is no state."""

    NUMBER = "number"
    NOT_APPLICABLE = "not_applicable"
    REDACTED = "redacted"


class Aggregation(StrEnum):
    """Kind of indicator: how its figures add up over units."""

    FLOW = "flow"
    STOCK = "stock"
    NEWADD = "newadd"
    MONEY = "money"
    REGCUM = "regcum"
    COVERAGE = "coverage"
    LIST = "list"
    RATIO = "ratio"
    RANK = "rank"
    PEAK = "peak"
    TARGET = "target"
    REF = "ref"


class OverTime(StrEnum):
    """How the figures of a year's parts become the year's figure."""

    SUM = "sum"
    LAST = "last"
    MAX = "max"
    PARTS = "parts"
    NONE = "none"


class Basis(StrEnum):
    """What the figure to use rests on."""

    OWN = "own"
    LIST = "list"
    COMPUTED = "computed"
    CLAIMED = "claimed"
    PARTIAL = "partial"


class ChangeReason(StrEnum):
    """Why a published figure changed, in the order in which the reasons are applied."""

    TREE_MOVE = "tree_move"
    DEFINITION = "definition"
    SCOPE = "scope"
    WITHDRAWN = "withdrawn"
    CORRECTION = "correction"
    SETTLED = "settled"
    NEW_FILING = "new_filing"
    LATE = "late"


class ClaimReason(StrEnum):
    """Why a claim may differ from the computed figure."""

    OWN_AS_JURISDICTION = "own_as_jurisdiction"
    JURISDICTION_AS_OWN = "jurisdiction_as_own"
    MISSING_UNIT = "missing_unit"
    COUNTED_TWICE = "counted_twice"
    TEN_THOUSAND_SLIP = "ten_thousand_slip"
    CUMULATIVE = "cumulative"
    ROUNDING = "rounding"
    UNEXPLAINED = "unexplained"


class LiesIn(StrEnum):
    """Where the mistake stands that makes a claim differ from the computed figure."""

    CLAIM = "claim"
    SUM = "sum"


class DistinctBy(StrEnum):
    """Why distinct things of two units may be the same: bound to a territory, or shared by name."""

    TERRITORY = "territory"
    NAME = "name"


class Collect(StrEnum):
    """How a figure arrives: typed by a clerk, imported from a platform, computed from others, or not asked for."""

    TYPED = "typed"
    IMPORTED = "imported"
    COMPUTED = "computed"
    NO = "no"


class Frequency(StrEnum):
    """How often a form is filed."""

    YEAR = "year"
    HALF = "half"
    QUARTER = "quarter"
    MONTH = "month"


class Formula(StrEnum):
    """What a line of the report makes of several indicators; `percent` is a ratio times 100."""

    SUM = "sum"
    RATIO = "ratio"
    PERCENT = "percent"


class Severity(StrEnum):
    """`error` rejects the submission, `explain` holds the figure, `warning` and `info` pass."""

    ERROR = "error"
    EXPLAIN = "explain"
    WARNING = "warning"
    INFO = "info"


class RelationKind(StrEnum):
    """What a relation asks of figures of one unit and period; see `catalogue/relations.yaml` for each."""

    TOTAL = "total"
    PARTS = "parts"
    AT_MOST = "at_most"
    AUDIENCE = "audience"
    PERSONS = "persons"
    RATE = "rate"
    GROWTH = "growth"
    MOVEMENT = "movement"
    NEVER_ADDED = "never_added"
    NEVER_FALLS = "never_falls"
    WITHIN = "within"


class Phase(StrEnum):
    """The order in which a file is checked; a later phase waits while an earlier one has errors."""

    FILE = "file"
    SYNTAX = "syntax"
    CATALOGUE = "catalogue"
    LOGIC = "logic"


def since(day: date) -> str:
    """From that day on, as short as it can be said: 2022年起, 2022年7月起, 2022年7月15日起."""
    if day.day > 1:
        return f"{day.year}年{day.month}月{day.day}日起"
    return f"{day.year}年起" if day.month == 1 else f"{day.year}年{day.month}月起"


SUMMABLE = frozenset({Aggregation.FLOW, Aggregation.NEWADD, Aggregation.MONEY, Aggregation.STOCK, Aggregation.REGCUM})
"""Kinds whose figures add up over units, so that a ratio may be built of them."""

EXPLANATIONS = "explanations"
"""The code list of reasons that release a held figure; the last asks for words."""

FOREVER = date.max
"""The `valid_to` of what has no end."""

NARRATIVE = "narrative"
"""Submissions of prose are filed under this form code, so no form of indicators may take it."""

FRACTIONAL_MEASURES = "fractional_measures"
"""The code list of measures that do not count whole things."""


@dataclass(frozen=True, slots=True)
class Definition:
    """How an indicator is defined (口径) from `valid_from` until the next definition; the first holds before, too.

    `change` says what is other than before. With `breaks_series` figures before and after cannot be compared: SDMX
    calls it a break in series (OBS_STATUS B). The first definition changes nothing.
    """

    valid_from: date
    text: str
    change: str
    breaks_series: bool


@dataclass(frozen=True, slots=True)
class SeriesBreak:
    """Figures of `indicator` before `valid_from` and from then on cannot be compared.

    What changed is the definition of `changed`: of the indicator itself, or of what a ratio is made of. `reason` is a
    Chinese clause without a full stop.
    """

    indicator: str
    valid_from: date
    changed: str
    reason: str


class Combine(StrEnum):
    """What several figures of one indicator in one text make of each other, beyond a repeat of the same fact."""

    SUM = "sum"
    PART_OF = "part_of"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Prose:
    """How work reports speak of an indicator.

    Each of `names` is one or more words that must all stand near the number; `measures` are those it
    is counted in, all where there is none. None of the words in `unless` may stand near. A number in a measure of
    `by_measure` belongs to it when no name fits any indicator. `status` is what the figure has without a word that
    says so. The money that is listed under 其中 belongs to the indicator `parts`, what there is in all by now
    (新建3家，累计15家) to `stock`. `combine` says what several figures make: a sum, parts of the greatest, or a
    question to a person.
    """

    names: tuple[tuple[str, ...], ...]
    measures: frozenset[str]
    by_measure: frozenset[str]
    unless: tuple[str, ...]
    status: Status | None
    parts: str
    stock: str
    combine: Combine


@dataclass(frozen=True, slots=True)
class Indicator:
    """One thing that is counted. Figures are exact decimals in `measure` (元 for money, percent points for rates).

    A `core` row of a workbook is shown at once; the others stand on a hidden sheet of it. `risk` names its pitfalls in
    the words of the field's table, `mind` in a clerk's, the same where no others are given. Many indicators need no
    definition beside that; `definitions` are in the order of their dates. The names of a list bear its `title`, given
    at `title_level`, where they say no other.
    """

    code: str
    name_zh: str
    measure: str
    form: str
    theme: str
    aggregation: Aggregation
    over_time: OverTime
    levels: tuple[Level, ...]
    unit_types: tuple[UnitType, ...]
    statuses: tuple[Status, ...]
    numerator: str
    denominator: str
    owner_level: Level | None
    title: str
    title_level: TitleLevel | None
    distinct_by: DistinctBy | None
    collect: Collect
    core: bool
    risk: str
    mind: str
    official: str
    seed_facts: int
    more_facts: int
    definitions: tuple[Definition, ...]
    prose: Prose

    def is_expected_of(self, level: str, unit_type: str) -> bool:
        """Whether a unit of this level and type owes the figure (and is counted in `units_expected`)."""
        return level in self.levels and unit_type in self.unit_types

    def definition_on(self, day: date) -> Definition | None:
        """The definition in force on a day."""
        in_force = [definition for definition in self.definitions if definition.valid_from <= day]
        return next(reversed(in_force or self.definitions[:1]), None)

    @property
    def definition_spans(self) -> list[tuple[Definition, date | None]]:
        """Each definition with the day before which it ends; the last has no end."""
        ends = [definition.valid_from for definition in self.definitions[1:]]
        return list(zip(self.definitions, [*ends, None], strict=False))

    @property
    def default_status(self) -> Status:
        """The status of a figure that names none."""
        return self.statuses[0]

    def status_as(self, filed_as: Status | None) -> Status:
        """The status of a figure in a workbook that is filed as one, where the indicator lists it; else the first."""
        return filed_as if filed_as in self.statuses else self.default_status

    @property
    def unit_of_account(self) -> Decimal:
        """The smallest share a split hands out: one 分 for money, else one thing."""
        return Decimal("0.01") if self.measure == "元" else Decimal(1)

    @property
    def is_percentage(self) -> bool:
        return self.measure == "%"

    @property
    def has_parts(self) -> bool:
        """Whether this is a ratio recomputed from a numerator and a denominator."""
        return bool(self.numerator)


@dataclass(frozen=True, slots=True)
class Form:
    """One 报表: the indicators that are filed together for one unit and period."""

    code: str
    title: str
    number: str
    version: str
    indicators: tuple[Indicator, ...]

    @property
    def filers(self) -> tuple[tuple[Level, UnitType], ...]:
        """The kinds of unit that owe this form: those whose clerks type something in it.

        What a platform exports is owed by no clerk, as no workbook asks for it: whoever imports it files it.
        """
        typed = [i for i in self.indicators if i.collect is Collect.TYPED]
        return tuple(
            (level, unit_type)
            for level in Level
            for unit_type in UnitType
            if any(i.is_expected_of(level, unit_type) for i in typed)
        )

    @property
    def is_imported(self) -> bool:
        """Whether platforms export all of it that is collected, so that no clerk files it."""
        return {i.collect for i in self.indicators} - {Collect.COMPUTED, Collect.NO} == {Collect.IMPORTED}


@dataclass(frozen=True, slots=True)
class FilingRule:
    """How often some forms are filed by some kinds of unit, and by when; an empty `forms` means every form.

    Due is the day `due_day`, or the last one of a shorter month, of the `due_months`-th month after the period's last
    month, Beijing time. The rule holds for whole years, `valid_to` not included.
    """

    code: str
    forms: tuple[str, ...]
    levels: tuple[Level, ...]
    unit_types: tuple[UnitType, ...]
    frequency: Frequency
    due_months: int
    due_day: int
    valid_from: date
    valid_to: date

    def fits(self, form: str, level: Level, unit_type: UnitType) -> bool:
        return (not self.forms or form in self.forms) and level in self.levels and unit_type in self.unit_types


@dataclass(frozen=True, slots=True)
class Filing:
    """What one kind of unit owes of one form from `valid_from` until before `valid_to`: the rule that holds then."""

    form: str
    level: Level
    unit_type: UnitType
    rule: FilingRule
    valid_from: date
    valid_to: date


@dataclass(frozen=True, slots=True)
class FilingException:
    """Another due day, or none (免报), for what is filed for a period that lies from `valid_from` to before `valid_to`.

    An empty `unit_code`, `level`, `unit_type` or `form` stands for every one.
    """

    unit_code: str
    level: str
    unit_type: str
    form: str
    due_date: date | None
    reason: str
    valid_from: date
    valid_to: date


@dataclass(frozen=True, slots=True)
class Calendar:
    """The filing calendar. Of several rules or exceptions that fit, the last holds."""

    rules: tuple[FilingRule, ...]
    exceptions: tuple[FilingException, ...]

    def filings(self, forms: Iterable[Form]) -> list[Filing]:
        """What every kind of unit owes of every form through time, without overlaps."""
        return [
            filing for form in forms for level, unit_type in form.filers for filing in self._of(form, level, unit_type)
        ]

    def _of(self, form: Form, level: Level, unit_type: UnitType) -> Iterator[Filing]:
        fitting = [rule for rule in self.rules if rule.fits(form.code, level, unit_type)]
        days = sorted({day for rule in fitting for day in (rule.valid_from, rule.valid_to)})

        def last_of(span: tuple[date, date]) -> FilingRule | None:
            first, end = span
            return next((rule for rule in reversed(fitting) if rule.valid_from <= first and end <= rule.valid_to), None)

        for rule, spans in groupby(pairwise(days), key=last_of):
            if rule is not None:
                firsts, ends = zip(*spans, strict=True)
                yield Filing(form.code, level, unit_type, rule, firsts[0], ends[-1])


class ApprovalStep(StrEnum):
    """Who approves: the unit itself, or the unit of a level above it; lowest first."""

    OWN = "own"
    COUNTY = "county"
    CITY = "city"
    PROVINCE = "province"


class Unapproved(StrEnum):
    """What becomes of figures that wait for approval: they count as not reported, or count and are marked."""

    KEEP_OUT = "keep_out"
    MARK = "mark"


@dataclass(frozen=True, slots=True)
class ApprovalRule:
    """Who approves what is filed for a period that lies from `valid_from` to before `valid_to`; see approval.yaml.

    An empty `form`, `level` or `unit_type` stands for every one. Of several rules that fit, the last holds. Without
    `steps` nobody approves, and `unapproved` is None.
    """

    form: str
    level: str
    unit_type: str
    steps: tuple[ApprovalStep, ...]
    unapproved: Unapproved | None
    valid_from: date
    valid_to: date


class RemindedParty(StrEnum):
    """Who is told of a form that has not come: the unit that owes it, the one it reports to, the root of its tree."""

    UNIT = "unit"
    SUPERIOR = "superior"
    PROVINCE = "province"


@dataclass(frozen=True, slots=True)
class ReminderStep:
    """A reminder that is due `days` after a due day, before it where negative; `asks` is a sentence with {due}.

    Of an approval the day is that since which a submission waits, and the unit the one whose turn it is to approve.
    """

    code: str
    days: int
    name_zh: str
    to: tuple[RemindedParty, ...]
    asks: str


@dataclass(frozen=True, slots=True)
class Reminders:
    """Who is reminded when, the steps in the order of their days; after `gives_up_after_days` nobody is any more.

    `steps` are those of forms that have not come, `approvals` those of submissions that wait for one.
    """

    gives_up_after_days: int
    steps: tuple[ReminderStep, ...]
    approvals: tuple[ReminderStep, ...]


@dataclass(frozen=True, slots=True)
class DatedSeverity:
    valid_from: date
    severity: Severity


@dataclass(frozen=True, slots=True)
class Severities:
    """How grave a remark is, dated: an old period is judged as it was then; before the first the first holds."""

    dated: tuple[DatedSeverity, ...]

    @classmethod
    def always(cls, severity: Severity) -> "Severities":
        return cls((DatedSeverity(date.min, severity),))

    def on(self, day: date) -> Severity:
        in_force = [one.severity for one in self.dated if one.valid_from <= day]
        return in_force[-1] if in_force else self.dated[0].severity


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of remark about a file. `says` is what is wrong, `asks` what would be right; both hold {fields}."""

    code: str
    severities: Severities
    phase: Phase
    says: str
    asks: str

    @property
    def severity(self) -> Severity:
        """The severity in force since the last change."""
        return self.severities.dated[-1].severity

    @property
    def fields(self) -> frozenset[str]:
        """The details that the sentence needs."""
        return frozenset(name for _, name, _, _ in string.Formatter().parse(self.says + self.asks) if name)

    def sentence(self, details: Mapping[str, str]) -> str:
        """The Chinese sentence a clerk reads. Details it does not name are ignored; a missing one is a ValueError."""
        missing = self.fields - details.keys()
        if missing:
            raise ValueError(f"finding {self.code} needs {', '.join(sorted(missing))}")
        return (self.says + self.asks).format_map(details)


@dataclass(frozen=True, slots=True)
class ThresholdValue:
    valid_from: date
    value: Decimal


@dataclass(frozen=True, slots=True)
class Threshold:
    """A limit that a check compares with. It is dated, so that an old period is judged as it was then."""

    code: str
    meaning: str
    values: tuple[ThresholdValue, ...]

    def on(self, day: date) -> Decimal:
        """The limit in force on a day; before the first dated value the first one holds."""
        in_force = [dated.value for dated in self.values if dated.valid_from <= day]
        return in_force[-1] if in_force else self.values[0].value


@dataclass(frozen=True, slots=True)
class Relation:
    """A rule between figures; `whole` and `parts` are indicators and mean what `kind` says.

    A rule for every indicator of some kinds names those (`aggregations`) instead. `least` and `most` are limits of a
    ratio, by the names of thresholds; `severities` None leaves it to the finding; `because` is a Chinese clause.
    """

    code: str
    kind: RelationKind
    whole: str
    parts: tuple[str, ...]
    aggregations: tuple[Aggregation, ...]
    times: Decimal
    least: str
    most: str
    severities: Severities | None
    because: str
    source: str

    @property
    def indicators(self) -> tuple[str, ...]:
        """All that it names."""
        return (self.whole, *self.parts) if self.whole else self.parts


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a printed wording promises: low ≤ x ≤ high, without the end itself where it is strict; None is open."""

    low: Decimal | None
    high: Decimal | None
    low_strict: bool
    high_strict: bool

    def holds(self, figure: Decimal) -> bool:
        above = self.low is None or (figure > self.low if self.low_strict else figure >= self.low)
        below = self.high is None or (figure < self.high if self.high_strict else figure <= self.high)
        return above and below


@dataclass(frozen=True, slots=True)
class PrintedFigure:
    """How the report of one year printed the figure of a line, and what that wording promises."""

    written: str
    expected: Bounds


@dataclass(frozen=True, slots=True)
class ReportChapter:
    """One numbered part (一、二、…) of the report's look back on the year."""

    code: str
    title: str


@dataclass(frozen=True, slots=True)
class ReportSection:
    """A part of a chapter with a topic of its own, and the department (处室) that answers for its figures."""

    code: str
    chapter: str
    title: str
    department: str


@dataclass(frozen=True, slots=True)
class AssociationGap:
    """A kind of association that a place may lack: none by `indicator`, or fewer than the indicator `out_of` counts."""

    code: str
    label_zh: str
    indicator: str
    out_of: str


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One figure of the full-committee report: the province's figure of an indicator, or what is made of several.

    `formula` says what is made of `indicators`: nothing of one alone, else their sum, or the first divided by the
    second. `measure` is the figure's unit, `counter` the word behind it in a sentence (名 for 人), `style` one of the
    wordings' styles. With `leading_places` the report names who is in front (如××市). `target` is the indicator that
    holds what was aimed at; without one that is the plan of the indicator itself. `printed` is by year.
    """

    code: str
    section: str
    indicators: tuple[str, ...]
    formula: Formula | None
    label_zh: str
    measure: str
    counter: str
    style: str
    leading_places: bool
    target: str
    printed: Mapping[int, PrintedFigure]

    @property
    def indicator(self) -> str:
        """The indicator, or the first of several: the one the line is filed under."""
        return self.indicators[0]

    @property
    def formula_text(self) -> str:
        """How the figure comes of its indicators, as one would write it down; empty for that of one alone."""
        written = {Formula.SUM: " + ", Formula.RATIO: " / ", Formula.PERCENT: " * 100 / "}
        return written[self.formula].join(self.indicators) if self.formula else ""

    def divides(self, indicator: str) -> bool:
        """Whether the others are divided by this indicator of a formula."""
        return self.formula in (Formula.RATIO, Formula.PERCENT) and indicator == self.indicators[-1]


@dataclass(frozen=True, slots=True)
class ReportSentence:
    """A sentence of the report, with {line code} where the wording of a line's figure goes."""

    code: str
    section: str
    text: str

    @property
    def lines(self) -> tuple[str, ...]:
        """The codes of the lines whose figures it states, in order."""
        return tuple(name for _, name, _, _ in string.Formatter().parse(self.text) if name)


@dataclass(frozen=True, slots=True)
class Report:
    """The report's look back on the year: chapters, their sections, sentences, and the lines that these state."""

    chapters: Mapping[str, ReportChapter]
    sections: Mapping[str, ReportSection]
    sentences: Mapping[str, ReportSentence]
    lines: Mapping[str, ReportLine]
    association_gaps: Mapping[str, AssociationGap]


@dataclass(frozen=True, slots=True)
class ReasonCase:
    """One way in which a claim comes to differ from the sum; see `catalogue/reasons.yaml` for each field."""

    code: str
    reason: ClaimReason
    likelihood: Decimal
    lies_in: LiesIn
    needs_no_exact_sum: bool
    says: str


@dataclass(frozen=True, slots=True)
class Reasons:
    """What explains a claim that differs from the sum. `unexplained` maps a circumstance to what is said of it."""

    cases: Mapping[str, ReasonCase]
    unexplained: Mapping[str, str]
    also_others: str
    limits: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that is counted, checked and printed. Mappings keep the order of the files; `version` names their bytes."""

    forms: Mapping[str, Form]
    indicators: Mapping[str, Indicator]
    calendar: Calendar
    approval: tuple[ApprovalRule, ...]
    reminders: Reminders
    findings: Mapping[str, Finding]
    thresholds: Mapping[str, Threshold]
    report: Report
    wordings: Wordings
    relations: Mapping[str, Relation]
    reasons: Reasons
    language: Language
    check_up: CheckUp
    codelists: Mapping[str, Mapping[str, str]]
    version: str

    @property
    def association_gaps(self) -> Mapping[str, AssociationGap]:
        return self.report.association_gaps

    @property
    def report_sections(self) -> Mapping[str, ReportSection]:
        return self.report.sections

    @property
    def report_lines(self) -> Mapping[str, ReportLine]:
        return self.report.lines

    def asked_of(self, level: str, unit_type: str) -> list[Indicator]:
        """The indicators that a unit of this level and type owes, in the order of the forms."""
        return [indicator for indicator in self.indicators.values() if indicator.is_expected_of(level, unit_type)]

    def series_breaks(self, indicator: Indicator) -> list[SeriesBreak]:
        """Each day from which the indicator's figures cannot be compared with those before, in order.

        A ratio breaks where its numerator or denominator does.
        """
        found = []
        for code in (indicator.code, indicator.numerator, indicator.denominator):
            if code:
                name = "" if code == indicator.code else f"“{self.indicators[code].name_zh}”"
                found += [
                    SeriesBreak(
                        indicator.code, one.valid_from, code, f"{since(one.valid_from)}{name}口径调整：{one.change}"
                    )
                    for one in self.indicators[code].definitions
                    if one.breaks_series
                ]
        return sorted(found, key=lambda one: one.valid_from)

    def breaks_between(self, indicator: Indicator, earlier: date, later: date) -> list[SeriesBreak]:
        """The breaks between two periods, given by the first day of the earlier and the last day of the later one.

        A definition that changes within a period breaks its comparison with those before and with those after.
        """
        return [one for one in self.series_breaks(indicator) if earlier < one.valid_from <= later]

    def form_title(self, code: str) -> str:
        """The title of a form, or the word for prose; a code that is neither stays what it is."""
        if code in self.forms:
            return self.forms[code].title
        return self.label("file_kinds", code) if code == NARRATIVE else code

    def label(self, codelist: str, code: str) -> str:
        """The Chinese word for a code."""
        return self.codelists[codelist][code]

    def counts_whole_things(self, indicator: Indicator) -> bool:
        """Whether a figure with a fraction would be odd: persons, events, places, but not 元, % or 平方米."""
        return bool(indicator.measure) and indicator.measure not in self.codelists[FRACTIONAL_MEASURES]
