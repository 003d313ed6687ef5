"""What must hold between the entries of the catalogue, beyond each field being well formed."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import pairwise

from catalogue.entries import Entry, Mistakes, one_of
from catalogue.model import (
    FOREVER,
    NARRATIVE,
    SUMMABLE,
    Aggregation,
    ApprovalRule,
    ApprovalStep,
    Bounds,
    Calendar,
    Collect,
    Definition,
    FilingRule,
    Finding,
    Form,
    Formula,
    Indicator,
    Level,
    OverTime,
    ReasonCase,
    Reminders,
    Report,
    ReportLine,
    ReportSection,
    ReportSentence,
    Threshold,
    Unapproved,
    UnitType,
)
from catalogue.wordings import Wordings

LONGEST_MONTH = 31

ALLOWED_OVER_TIME = {
    Aggregation.FLOW: (OverTime.SUM,),
    Aggregation.NEWADD: (OverTime.SUM,),
    Aggregation.MONEY: (OverTime.SUM,),
    Aggregation.STOCK: (OverTime.LAST,),
    Aggregation.REGCUM: (OverTime.LAST,),
    Aggregation.COVERAGE: (OverTime.NONE,),
    Aggregation.LIST: (OverTime.SUM, OverTime.LAST),
    Aggregation.RATIO: (OverTime.PARTS, OverTime.NONE),
    Aggregation.RANK: (OverTime.NONE,),
    Aggregation.PEAK: (OverTime.MAX,),
    Aggregation.TARGET: (OverTime.NONE,),
    Aggregation.REF: (OverTime.NONE,),
}


def check(
    forms: Sequence[Form],
    written: Set[str],
    codelists: Mapping[str, Mapping[str, str]],
    mistakes: Mistakes,
) -> None:
    """Note every entry that contradicts another one, or its own kind.

    `written` are the codes of all indicators in the files, those that could not be read included: they are known.
    """
    _check_forms(forms, mistakes)
    indicators = _check_unique_indicators(forms, mistakes)
    for indicator in indicators.values():
        for sentence in _mistakes_of(indicator, indicators, written, codelists["themes"]):
            mistakes.add(_file(indicator.form), indicator.code, sentence)


def check_sentence(sentence: ReportSentence, entry: Entry) -> None:
    """A sentence states at least one line, has no full stop of its own, and nothing but {line codes} in braces."""
    try:
        named = sentence.lines
    except ValueError:
        named = ()
    if not named or not all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in named):
        entry.mistake("text must name its lines as {line_code}, at least one")
    if sentence.text.endswith(tuple("。；，")):
        entry.mistake("text becomes part of a paragraph; write it without punctuation at its end")


def check_report(
    report: Report,
    indicators: Mapping[str, Indicator],
    written: Set[str],
    wordings: Wordings,
    mistakes: Mistakes,
) -> None:
    """Note every part of the report that names another one wrongly, or a line that is said otherwise than it may be."""
    file = "catalogue/report.yaml"
    for section in report.sections.values():
        if section.chapter and section.chapter not in report.chapters:
            mistakes.add(file, section.code, f"chapter '{section.chapter}' is unknown; {one_of(report.chapters)}")
    for line in report.lines.values():
        for sentence in (
            *_mistakes_of_line(line, report.sections, written),
            *_mistakes_of_formula(line, indicators),
            *_mistakes_of_style(line, indicators, wordings),
        ):
            mistakes.add(file, line.code, sentence)
    for sentence in _mistakes_of_sentences(report):
        mistakes.add(file, "sentences", sentence)
    for gap in report.association_gaps.values():
        for field, code in (("indicator", gap.indicator), ("out_of", gap.out_of)):
            if code and code not in written:
                mistakes.add(file, gap.code, f"{field} '{code}' is unknown; give the code of one")


def check_finding(finding: Finding, entry: Entry) -> None:
    """A finding's code is UPPER_SNAKE and its sentence has well-formed {fields}."""
    if not re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*", finding.code):
        entry.mistake("the code must be UPPER_SNAKE, such as NUMBER_UNREADABLE")
    try:
        named = all(re.fullmatch(r"[a-z][a-z_]*", field) for field in finding.fields)
    except ValueError:
        named = False
    if not named or "{}" in finding.says + finding.asks:
        entry.mistake("a field in the sentence must be written as {lower_snake}")


def check_threshold(threshold: Threshold, entry: Entry) -> None:
    """A threshold has at least one value, and its dates ascend."""
    days = [dated.valid_from for dated in threshold.values]
    if not days:
        entry.mistake("it has no values; give at least one with valid_from and value")
    if any(later <= earlier for earlier, later in pairwise(days)):
        entry.mistake("its values must be in ascending order of valid_from, each day once")


def check_reason_case(case: ReasonCase, entry: Entry) -> None:
    """A likelihood is a share, and a sentence names no other units than the one it is about and the claimant."""
    if not 0 < case.likelihood <= 1:
        entry.mistake(f"likelihood {case.likelihood} must be above 0 and at most 1")
    unknown = set(re.findall(r"\{(.*?)\}", case.says)) - {"unit", "claimant"}
    if unknown:
        entry.mistake(f"says names {{{min(unknown)}}}; it may name {{unit}} and {{claimant}}")


def check_definitions(definitions: Sequence[Definition], entry: Entry) -> None:
    """Dates ascend; each text is Chinese, fits into a sentence, and differs from the one before."""
    if not definitions:
        entry.mistake("definitions is empty; give at least one with valid_from and text, or leave it out")
    for before, after in pairwise(definitions):
        if after.valid_from <= before.valid_from:
            entry.mistake("its definitions must be in ascending order of valid_from, each day once")
        if after.text == before.text:
            entry.mistake(f"the definition of {after.valid_from} says what the one before says; keep one")
    for definition in definitions:
        for field, words in (("text", definition.text), ("change", definition.change)):
            if words and not re.search("[\u4e00-\u9fff]", words):
                entry.mistake(
                    f"{field} '{words}' of {definition.valid_from} must be Chinese, for clerks and the office"
                )
            if words != words.strip() or "\n" in words or words.endswith(tuple("。，；：、.,;:")):
                remedy = "write one line without punctuation at its end"
                entry.mistake(f"{field} of {definition.valid_from} becomes part of sentences; {remedy}")


def check_bounds(bounds: Bounds, entry: Entry) -> None:
    """The interval that a printed wording promises is not empty and has an end."""
    if bounds.low is None and bounds.high is None:
        entry.mistake("expected has no end; give low, high or both")
    elif bounds.low is not None and bounds.high is not None and bounds.low > bounds.high:
        entry.mistake(f"expected low {bounds.low} is above high {bounds.high}; put the smaller one first")


def check_calendar(calendar: Calendar, forms: Sequence[Form], mistakes: Mistakes) -> None:
    """Note every rule and exception that fits nobody or no year, and every form that nothing is said of."""
    file = "catalogue/calendar.yaml"
    codes = [form.code for form in forms]
    kinds = [(form.code, level, unit_type) for form in forms for level, unit_type in form.filers]
    for rule in calendar.rules:
        for sentence in _mistakes_of_rule(rule, codes, kinds):
            mistakes.add(file, rule.code, sentence)
    for exception in calendar.exceptions:
        if exception.form and exception.form not in codes:
            mistakes.add(file, "exceptions", f"form '{exception.form}' is unknown; {one_of(codes)}")
    for form, level, unit_type in kinds:
        if not any(rule.fits(form, level, unit_type) for rule in calendar.rules):
            sentence = f"no rule says how often {level} {unit_type} units file {form}; add one"
            mistakes.add(file, "rules", sentence)


def check_approval(approval: Sequence[ApprovalRule], forms: Sequence[Form], mistakes: Mistakes) -> None:
    """Note every rule for a form that nobody can file."""
    codes = approvable_forms(form.code for form in forms)
    for rule in approval:
        if rule.form and rule.form not in codes:
            mistakes.add("catalogue/approval.yaml", "rules", f"form '{rule.form}' is unknown; {one_of(codes)}")


def approvable_forms(forms: Iterable[str]) -> list[str]:
    """What may be filed and so approved: the forms, and prose."""
    return [*forms, NARRATIVE]


def mistakes_of_approval_rule(rule: ApprovalRule) -> Iterator[str]:
    """What is wrong with a rule as it stands, whatever else is known."""
    order = list(ApprovalStep)
    if [*rule.steps] != sorted(set(rule.steps), key=order.index):
        yield f"steps must go up, each once, in this order: {', '.join(order)}"
    if rule.steps and rule.unapproved is None:
        yield f"unapproved must say what becomes of figures that wait; {one_of(Unapproved)}"
    if rule.unapproved and not rule.steps:
        yield "unapproved says what becomes of figures that wait for a step, but steps is empty; fill both or neither"
    if rule.valid_to <= rule.valid_from:
        yield f"valid_to {rule.valid_to} must be after valid_from {rule.valid_from}"


def check_reminders(reminders: Reminders, entry: Entry) -> None:
    """Steps ascend, each day once and before it is given up; their sentences name the due day and nothing else."""
    for name, steps in (("steps", reminders.steps), ("approvals", reminders.approvals)):
        days = [step.days for step in steps]
        if any(later <= earlier for earlier, later in pairwise(days)):
            entry.mistake(f"its {name} must be in ascending order of days, each day once")
        if days and days[-1] > reminders.gives_up_after_days:
            entry.mistake(f"gives_up_after_days {reminders.gives_up_after_days} must not be before the last step")
    twice = {step.code for step in reminders.steps} & {step.code for step in reminders.approvals}
    if twice:
        entry.mistake(f"{min(twice)} names a step of steps and one of approvals; give one of them another name")
    for step in (*reminders.steps, *reminders.approvals):
        if re.findall(r"[{}][^{}]*[{}]?", step.asks) != ["{due}"]:
            entry.mistake(f"asks of {step.code} must name {{due}}, once, and nothing else in braces")


def _mistakes_of_rule(
    rule: FilingRule, forms: Sequence[str], kinds: Iterable[tuple[str, Level, UnitType]]
) -> Iterable[str]:
    unknown = [form for form in rule.forms if form not in forms]
    if unknown:
        yield f"form '{unknown[0]}' is unknown; {one_of(forms)}"
    elif not any(rule.fits(*kind) for kind in kinds):
        yield "it fits no kind of unit that files these forms; widen forms, levels or unit_types, or remove it"
    if rule.due_day > LONGEST_MONTH:
        yield f"due_day {rule.due_day} must be at most {LONGEST_MONTH}"
    for name, day in (("valid_from", rule.valid_from), ("valid_to", rule.valid_to)):
        if (day.month, day.day) != (1, 1) and day != FOREVER:
            yield f"{name} {day} must be the first of January; a rule holds for whole years"
    if rule.valid_to <= rule.valid_from:
        yield f"valid_to {rule.valid_to} must be after valid_from {rule.valid_from}"


def _file(form: str) -> str:
    return f"catalogue/forms/{form}.yaml"


def _check_forms(forms: Sequence[Form], mistakes: Mistakes) -> None:
    for field in ("number", "title"):
        first: dict[str, Form] = {}
        for form in forms:
            value = getattr(form, field)
            if value and first.setdefault(value, form) is not form:
                other = _file(first[value].code)
                mistakes.add(_file(form.code), "", f"{field} '{value}' is also that of {other}; give each form its own")
    for form in forms:
        if form.code == NARRATIVE:
            mistakes.add(_file(form.code), "", f"code '{NARRATIVE}' is kept for prose; name the form otherwise")


def _check_unique_indicators(forms: Iterable[Form], mistakes: Mistakes) -> dict[str, Indicator]:
    indicators: dict[str, Indicator] = {}
    for form in forms:
        for indicator in form.indicators:
            first = indicators.setdefault(indicator.code, indicator)
            if first is not indicator:
                sentence = f"it is also in {_file(first.form)}; an indicator belongs to one form"
                mistakes.add(_file(form.code), indicator.code, sentence)
    return indicators


def _mistakes_of(
    indicator: Indicator, indicators: Mapping[str, Indicator], written: Set[str], themes: Mapping[str, str]
) -> Iterable[str]:
    kind = indicator.aggregation
    if not re.fullmatch(r"[a-z][a-z0-9_]*", indicator.code):
        yield "the code must be lower_snake, such as sp_activity_count"
    if indicator.theme not in themes:
        yield f"theme '{indicator.theme}' is unknown; {one_of(themes)}"
    if indicator.over_time not in ALLOWED_OVER_TIME[kind]:
        yield f"over_time '{indicator.over_time}' does not fit a {kind}; {one_of(ALLOWED_OVER_TIME[kind])}"
    yield from _mistakes_of_parts(indicator, indicators, written)
    yield from _mistakes_of_owner(indicator)
    if kind is Aggregation.COVERAGE and indicator.distinct_by is None:
        yield "a coverage needs distinct_by; use one of: territory, name"
    if kind is not Aggregation.COVERAGE and indicator.distinct_by is not None:
        yield f"distinct_by is for a coverage only; remove it from this {kind}"
    if indicator.core and indicator.collect is not Collect.TYPED:
        yield f"core is for what a clerk types; remove it, this one is collected as '{indicator.collect}'"


def _mistakes_of_parts(indicator: Indicator, indicators: Mapping[str, Indicator], written: Set[str]) -> Iterable[str]:
    given = {"numerator": indicator.numerator, "denominator": indicator.denominator}
    if indicator.aggregation is not Aggregation.RATIO and any(given.values()):
        yield f"numerator and denominator are for a ratio only; remove them from this {indicator.aggregation}"
        return
    if any(given.values()) and not all(given.values()):
        yield "numerator and denominator go together; give both or neither"
    if indicator.collect is Collect.COMPUTED and not all(given.values()):
        yield "collect 'computed' needs a numerator and a denominator; give both, or collect it otherwise"
    for role, code in given.items():
        if code and code not in written:
            yield f"{role} '{code}' is no indicator; give the code of one"
        elif code in indicators and indicators[code].aggregation not in SUMMABLE:
            yield (
                f"{role} '{code}' is a {indicators[code].aggregation}, which does not add up; "
                f"give an indicator of one of these kinds: {', '.join(sorted(SUMMABLE))}"
            )


def _mistakes_of_owner(indicator: Indicator) -> Iterable[str]:
    is_list = indicator.aggregation is Aggregation.LIST
    if is_list and indicator.owner_level is None:
        yield f"a list needs owner_level; {one_of(indicator.levels)}"
    if not is_list and indicator.owner_level is not None:
        yield f"owner_level is for a list only; remove it from this {indicator.aggregation}"
    if not is_list and (indicator.title or indicator.title_level):
        yield f"title and title_level are for a list only; remove them from this {indicator.aggregation}"
    if is_list and indicator.owner_level is not None and indicator.owner_level not in indicator.levels:
        yield f"owner_level '{indicator.owner_level}' is not among its levels; {one_of(indicator.levels)}"


def _mistakes_of_line(line: ReportLine, sections: Mapping[str, ReportSection], written: Set[str]) -> Iterable[str]:
    for code in line.indicators:
        if code and code not in written:
            yield f"indicator '{code}' is unknown; give the code of one"
    if line.target and line.target not in written:
        yield f"target '{line.target}' is unknown; give the code of an indicator"
    if line.section and line.section not in sections:
        yield f"section '{line.section}' is unknown; {one_of(sections)}"


def _mistakes_of_formula(line: ReportLine, indicators: Mapping[str, Indicator]) -> Iterable[str]:
    if line.formula is None:
        return
    if line.formula is Formula.SUM and len(line.indicators) < 2:
        yield "a sum needs two indicators or more"
    if line.formula is not Formula.SUM and len(line.indicators) != 2:
        yield f"a {line.formula} needs two indicators, what is divided and by what"
    known = [indicators[code] for code in line.indicators if code in indicators]
    if any(indicator.aggregation not in SUMMABLE for indicator in known):
        yield f"a formula is made of what adds up; give indicators of these kinds: {', '.join(sorted(SUMMABLE))}"
    measures = sorted({indicator.measure for indicator in known})
    if line.formula is Formula.SUM and len(measures) > 1:
        yield f"its indicators count different things ({', '.join(measures)}), which have no sum"


def _mistakes_of_style(line: ReportLine, indicators: Mapping[str, Indicator], wordings: Wordings) -> Iterable[str]:
    if line.style not in wordings.styles:
        yield f"style '{line.style}' is unknown; {one_of(wordings.styles)}"
    elif not wordings.is_exact(line.style) and line.formula in (None, Formula.SUM):
        for code in line.indicators:
            it = indicators.get(code)
            usual = wordings.usual_style(it.aggregation, it.theme, it.measure) if it else ""
            if it and usual in wordings.styles and wordings.is_exact(usual):
                yield f"a {it.aggregation} like '{code}' is never hedged; its style must be exact or list"


def _mistakes_of_sentences(report: Report) -> Iterable[str]:
    stated = [name for sentence in report.sentences.values() for name in sentence.lines]
    for sentence in report.sentences.values():
        if sentence.section and sentence.section not in report.sections:
            yield f"section '{sentence.section}' of {sentence.code} is unknown; {one_of(report.sections)}"
        for name in sentence.lines:
            if name not in report.lines:
                yield f"{sentence.code} states {{{name}}}, which is no line; give the code of one"
            elif report.lines[name].section in report.sections and report.lines[name].section != sentence.section:
                yield f"{sentence.code} states {{{name}}} of another section; keep a sentence within its section"
    for code in report.lines:
        if stated.count(code) != 1:
            yield f"line {code} is stated {stated.count(code)} times; state each line in one sentence, once"
