"""What must hold between figures (`catalogue/relations.yaml`): within a form, across a unit's forms, against last year.

A relation is violated only where no truth within the bounds satisfies it. Which figures are asked is data; here is what
each kind of relation means.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from catalogue.model import Relation, RelationKind, Severities, Severity
from ingestion import wording
from ingestion.checks.filing import Filing, Told, amount, doubt, name_of, named
from ingestion.checks.findings import Findings
from ingestion.context import Context, Filed
from ingestion.entry_units import ENTRY_UNITS
from ingestion.periods import Period

Bound = Decimal | None
ZERO, ONE, HUNDRED = Decimal(0), Decimal(1), Decimal(100)
STRAYED = Decimal("1.5")
MOST_SLACK = Decimal("0.05")
"""What was entered in 万元 is off by no more than this share of itself, however few digits it has."""

TOLD = Severities.always(Severity.WARNING)
"""Of a part of a year: its budget, its plan and its running figures are settled with the year, so nothing is held."""

SCOPES = ("own", "jurisdiction")


@dataclass(frozen=True)
class Unit:
    """One unit and period in one file: its submissions, and what is in force of its other forms."""

    findings: Findings
    context: Context
    period: Period
    filings: list[Filing]
    scope: str
    told: Mapping[str, Told]
    last_year: Mapping[str, Decimal]

    def blamed(self, likeliest: Told, *others: Told) -> Told:
        """Where the finding stands: at the likeliest, unless another strayed much farther from last year's."""
        sent = [told for told in (likeliest, *others) if told.filing is not None]
        first = sent[0] if sent else likeliest
        far = max(sent, key=self._strayed, default=first)
        return far if self._strayed(far) > STRAYED * max(self._strayed(first), ONE) else first

    def sent(self, first: Told, second: Told) -> Told:
        """The first, where it is of this file."""
        return first if first.filing is not None else second

    def _strayed(self, told: Told) -> Decimal:
        """How many times last year's figure, or it how many times this; 0 where nothing is known."""
        last = self.last_year.get(told.code)
        if not last or not told.value:
            return ZERO
        return max(told.value / last, last / told.value)

    def doubt(self, relation: Relation, code: str, at: Told, involved: Iterable[Told], **details: str) -> None:
        others = list(involved)
        severities = relation.severities or self.context.sentences[code].severities
        if self.period.part and severities.on(self.period.last_day) is Severity.EXPLAIN:
            severities = TOLD
        names = "、".join(f"“{name_of(self.context, one.code)}”" for one in others)
        doubt(
            self.findings, self.context, at, code, severities, others,
            names=names, because=relation.because, **details,
        )  # fmt: skip


def check(findings: Findings, context: Context, period: Period, filings: list[Filing]) -> None:
    """Doubt the figures that one file brought of a unit for a period."""
    if not any(filing.observed for filing in filings):
        return
    for scope in SCOPES:
        told: dict[str, Told] = {}
        for filing in filings:
            told |= filing.told(context.rules, scope)
        if not told:
            continue
        brought = list(told)
        told |= _in_force(context, period, filings, scope, brought)
        last = _last_year(filings, scope, told)
        unit = Unit(findings, context, period, filings, scope, told, last)
        for relation, indicators in context.relations:
            if relation.aggregations:
                _of_every_indicator(unit, relation, brought)
            elif not indicators.isdisjoint(brought):
                _KINDS[relation.kind](unit, relation)


def _in_force(
    context: Context, period: Period, filings: list[Filing], scope: str, brought: Collection[str]
) -> dict[str, Told]:
    """What counts of the unit's other forms, as far as a relation asks for it."""
    unit_code, here = filings[0].key[0], {filing.key[1] for filing in filings}
    forms = {form for one in here for form in context.related_forms.get(one, ())} - here
    found: dict[str, tuple[int, Told]] = {}
    for form in sorted(forms):
        submission = context.in_force.get((unit_code, form, str(period)))
        for (code, of_scope, status), filed in submission.figures.items() if submission else ():
            rule = context.rules.get(code)
            rank = rule.ranks.get(status) if rule else None
            if of_scope != scope or rank is None or filed.state == "redacted" or code in brought:
                continue
            if code not in found or rank < found[code][0]:
                found[code] = (rank, Told(code, scope, filed))
    return {code: told for code, (_, told) in found.items()}


def _last_year(filings: list[Filing], scope: str, told: Mapping[str, Told]) -> dict[str, Decimal]:
    last = {
        code: value
        for filing in filings
        for (code, of_scope), value in filing.last_year.same.items()
        if of_scope == scope
    }
    return {code: value for code, value in last.items() if code in told}


# ---- intervals


def low(filed: Filed) -> Decimal:
    """The least that a figure may be; nothing counted is below 0."""
    return filed.low if filed.low is not None else ZERO


def slack(context: Context, told: Told) -> Decimal:
    """By how much rounding may have moved what was entered in 万元, or is a rate: half of its last digit."""
    value = told.filed.value
    if value is None:
        return ZERO
    entered_in = told.row.reading.entered_in if told.row else ""
    measure = context.rules[told.code].indicator.measure
    if not entered_in and measure not in ("%", "分", "元/人"):
        return ZERO
    unit = ENTRY_UNITS.get(entered_in)
    entered = unit.from_measure(value) if unit else value
    exponent = min(int(entered.normalize().as_tuple().exponent), 0)
    half = Decimal(5).scaleb(exponent - 1)
    moved = unit.to_measure(half) if unit else half
    return min(moved, value * MOST_SLACK) if unit else moved


def least(context: Context, told: Told) -> Decimal:
    return low(told.filed) - slack(context, told)


def most(context: Context, told: Told) -> Bound:
    return None if told.filed.high is None else told.filed.high + slack(context, told)


def _sum(bounds: Iterable[Bound]) -> Bound:
    total = ZERO
    for bound in bounds:
        if bound is None:
            return None
        total += bound
    return total


def _numbers(unit: Unit, codes: Iterable[str]) -> list[Told]:
    found = (unit.told.get(code) for code in codes)
    return [told for told in found if told is not None and told.filed.state == "number"]


def _terms(unit: Unit, parts: Iterable[Told]) -> str:
    return "、".join(f"{named(unit.context, part)}" for part in parts)


# ---- the kinds


def _total(unit: Unit, relation: Relation) -> None:
    whole, parts = _numbers(unit, [relation.whole]), _numbers(unit, relation.parts)
    if not whole or not parts:
        return
    context, total = unit.context, whole[0]
    # A part that is blank may be anything; one that the unit does not have is nothing.
    is_complete = all(code in unit.told for code in relation.parts)
    lows = sum((least(context, part) for part in parts), ZERO)
    highs = _sum(most(context, part) for part in parts) if is_complete else None
    greatest = most(context, total)
    is_above = highs is not None and least(context, total) > highs
    if is_above or (greatest is not None and greatest < lows):
        _add_total(unit, relation, total, parts, "TOTAL_NOT_SUM")


def _parts(unit: Unit, relation: Relation) -> None:
    whole, parts = _numbers(unit, [relation.whole]), _numbers(unit, relation.parts)
    if not whole or not parts:
        return
    greatest = most(unit.context, whole[0])
    lows = sum((least(unit.context, part) for part in parts), ZERO)
    if greatest is not None and lows > greatest:
        _add_total(unit, relation, whole[0], parts, "PARTS_ABOVE_WHOLE")


def _add_total(unit: Unit, relation: Relation, total: Told, parts: list[Told], code: str) -> None:
    context = unit.context
    added = sum((part.value if part.value is not None else low(part.filed) for part in parts), ZERO)
    stated = total.value if total.value is not None else low(total.filed)
    at = unit.blamed(total, *parts)
    unit.doubt(
        relation, code, at, [total, *parts],
        whole=name_of(context, total.code),
        whole_value=named(context, total).removeprefix(f"{name_of(context, total.code)} "),
        sum=amount(context, total, added),
        terms=_terms(unit, parts),
        gap=amount(context, total, abs(added - stated)),
    )  # fmt: skip


def _at_most(unit: Unit, relation: Relation) -> None:
    context, wholes = unit.context, _numbers(unit, [relation.whole])
    for part in _numbers(unit, relation.parts) if wholes else ():
        whole = wholes[0]
        greatest = most(context, whole)
        if greatest is None or least(context, part) <= greatest or (part.filing is None and whole.filing is None):
            continue
        at = unit.blamed(part, whole)
        unit.doubt(
            relation, "PART_ABOVE_WHOLE", at, [part, whole],
            part=name_of(context, part.code), part_value=_placed(unit, part),
            whole=name_of(context, whole.code), whole_value=_placed(unit, whole),
        )  # fmt: skip


def _placed(unit: Unit, told: Told) -> str:
    """An amount with its place in brackets."""
    written = amount(unit.context, told)
    full = named(unit.context, told)
    _, comma, place = full.rpartition("，")
    return f"{written}（{place}）" if comma else written


def _audience(unit: Unit, relation: Relation) -> None:
    audiences, counts = _numbers(unit, [relation.whole]), _numbers(unit, relation.parts)
    if not audiences or not counts:
        return
    context, audience, count = unit.context, audiences[0], counts[0]
    details = {
        "count": name_of(context, count.code), "count_value": _placed(unit, count),
        "audience": name_of(context, audience.code), "audience_value": _placed(unit, audience),
    }  # fmt: skip
    if low(count.filed) > 0 and audience.filed.high == 0:
        unit.doubt(relation, "COUNT_WITHOUT_AUDIENCE", unit.sent(audience, count), [audience, count], **details)
    elif low(audience.filed) > 0 and count.filed.high == 0:
        unit.doubt(relation, "AUDIENCE_WITHOUT_COUNT", unit.sent(count, audience), [audience, count], **details)
    else:
        _band(unit, relation, audience, count, details)


def _band(unit: Unit, relation: Relation, audience: Told, count: Told, details: dict[str, str]) -> None:
    """How many are at one event, told only: an average is no proof."""
    context, day = unit.context, unit.period.last_day
    value, events = audience.value, count.value
    if not value or not events:
        return
    fewest, greatest = context.limit(relation.least, day), context.limit(relation.most, day)
    if most(context, audience) is not None and most(context, audience) < fewest * low(count.filed):  # type: ignore[operator]
        code, limit = "AUDIENCE_PER_EVENT_LOW", fewest
    elif count.filed.high is not None and least(context, audience) > greatest * count.filed.high:
        code, limit = "AUDIENCE_PER_EVENT_HIGH", greatest
    else:
        return
    indicator = context.rules[count.code].indicator
    doubt(
        unit.findings, context, unit.blamed(audience, count), code, None, (),
        each=indicator.measure, average=wording.figure(round(value / events, 1)),
        limit=wording.figure(limit), measure=context.rules[audience.code].indicator.measure, **details,
    )  # fmt: skip


def _persons(unit: Unit, relation: Relation) -> None:
    wholes, parts = _numbers(unit, [relation.whole]), _numbers(unit, relation.parts)
    if not wholes or not parts:
        return
    context, visits, persons = unit.context, wholes[0], parts[0]
    over_times = {context.rules[told.code].indicator.over_time for told in (visits, persons)}
    if unit.period.part and len(over_times) > 1:
        # Persons at the end of a quarter and the visits within it are of different times.
        return
    greatest = most(context, visits)
    many = context.limit("persons_many", unit.period.last_day)
    if greatest is not None and low(persons.filed) > greatest:
        code = "PERSONS_ABOVE_VISITS"
    elif persons.value is not None and persons.value == visits.value and persons.value >= many:
        code = "PERSONS_ARE_VISITS"
    else:
        return
    unit.doubt(
        relation, code, unit.blamed(persons, visits), [persons, visits],
        persons=name_of(context, persons.code), persons_value=_placed(unit, persons),
        visits=name_of(context, visits.code), visits_value=_placed(unit, visits),
    )  # fmt: skip


def _rate(unit: Unit, relation: Relation) -> None:
    _quotient(unit, relation, above=ZERO)


def _growth(unit: Unit, relation: Relation) -> None:
    _quotient(unit, relation, above=relation.times)


def _quotient(unit: Unit, relation: Relation, above: Decimal) -> None:
    """whole = numerator ÷ denominator × times − above, where all three are known."""
    rates, parts = _numbers(unit, [relation.whole]), _numbers(unit, relation.parts)
    if not rates or len(parts) != len(relation.parts):
        return
    context, rate, (numerator, denominator) = unit.context, rates[0], parts
    if not numerator.value or not denominator.value or most(context, denominator) is None or rate.value is None:
        return
    expected = numerator.value / denominator.value * relation.times - above
    floor = least(context, denominator)
    lowest = least(context, numerator) / most(context, denominator) * relation.times - above  # type: ignore[operator]
    top = most(context, numerator)
    highest = top / floor * relation.times - above if top is not None and floor > 0 else None
    highest_told, lowest_told = most(context, rate), least(context, rate)
    if (highest_told is not None and highest_told < lowest) or (highest is not None and lowest_told > highest):
        if context.rules[rate.code].is_percentage and abs(rate.value * HUNDRED - expected) <= ONE:
            doubt(unit.findings, context, rate, "PERCENTAGE_AS_FRACTION", value=wording.figure(rate.value))
            return
        at = unit.blamed(rate, numerator, denominator)
        unit.doubt(
            relation, "RATE_NOT_OF_PARTS", at, [rate, numerator, denominator],
            whole=name_of(context, rate.code), whole_value=_placed(unit, rate),
            numerator=name_of(context, numerator.code), numerator_value=_placed(unit, numerator),
            denominator=name_of(context, denominator.code), denominator_value=_placed(unit, denominator),
            expected=f"{wording.figure(round(expected, 2))}{context.rules[rate.code].indicator.measure}",
        )  # fmt: skip


def _movement(unit: Unit, relation: Relation) -> None:
    wholes, parts = _numbers(unit, [relation.whole]), _numbers(unit, relation.parts)
    last = unit.last_year.get(relation.whole)
    if not wholes or len(parts) != len(relation.parts) or last is None or unit.period.part:
        return
    context, whole, (new, *gone) = unit.context, wholes[0], parts
    if whole.value is None or any(part.value is None for part in parts):
        return
    left = sum((part.value for part in gone if part.value is not None), ZERO)
    expected = last + (new.value or ZERO) - left
    greatest, fewest = most(context, whole), least(context, whole)
    lost = last * context.limit("stock_loss_percent", unit.period.last_day) / HUNDRED
    if fewest > expected or (bool(gone) and greatest is not None and greatest < expected):
        code = "STOCK_ABOVE_MOVEMENT"
    elif greatest is not None and greatest < expected - max(lost, ONE):
        code = "STOCK_BELOW_MOVEMENT"
    else:
        return
    unit.doubt(
        relation, code, unit.blamed(whole, new), [whole, *parts],
        whole=name_of(context, whole.code), whole_value=_placed(unit, whole),
        last_value=amount(context, whole, last), terms=_terms(unit, parts),
        expected=amount(context, whole, expected), gap=amount(context, whole, abs(expected - whole.value)),
        **{"is": "是" if gone else "不超过"},
    )  # fmt: skip


def _never_added(unit: Unit, relation: Relation) -> None:
    wholes, parts = _numbers(unit, [relation.whole]), _numbers(unit, relation.parts)
    if not wholes or len(parts) != len(relation.parts) or wholes[0].filing is None:
        return
    added = sum((part.value for part in parts if part.value is not None), ZERO)
    if wholes[0].value == added and all(part.value for part in parts):
        unit.doubt(
            relation, "PERSONS_AND_VISITS_ADDED", wholes[0], [wholes[0], *parts],
            whole=name_of(unit.context, relation.whole), whole_value=_placed(unit, wholes[0]),
            terms=_terms(unit, parts),
        )  # fmt: skip


_KINDS: dict[RelationKind, Callable[[Unit, Relation], None]] = {
    RelationKind.TOTAL: _total,
    RelationKind.PARTS: _parts,
    RelationKind.AT_MOST: _at_most,
    RelationKind.AUDIENCE: _audience,
    RelationKind.PERSONS: _persons,
    RelationKind.RATE: _rate,
    RelationKind.GROWTH: _growth,
    RelationKind.MOVEMENT: _movement,
    RelationKind.NEVER_ADDED: _never_added,
}


# ---- of every indicator of some kinds


def _of_every_indicator(unit: Unit, relation: Relation, brought: Iterable[str]) -> None:
    rules, is_within = unit.context.rules, relation.kind is RelationKind.WITHIN
    if is_within and unit.scope != "jurisdiction":
        return
    for code in brought:
        told = unit.told[code]
        if rules[code].indicator.aggregation in relation.aggregations and told.filed.state == "number":
            (_within if is_within else _never_falls)(unit, relation, told)


def _never_falls(unit: Unit, relation: Relation, told: Told) -> None:
    last, greatest = unit.last_year.get(told.code), told.filed.high
    if last is None or greatest is None or greatest >= last:
        return
    context = unit.context
    percent = (last - greatest) / last * HUNDRED
    is_far = percent > context.limit("running_total_fall_percent", unit.period.last_day)
    unit.doubt(
        relation, "RUNNING_TOTAL_FELL_FAR" if is_far else "RUNNING_TOTAL_FELL", told, [told],
        value=amount(context, told), last_value=amount(context, told, last),
        percent=wording.figure(round(percent, 0)),
    )  # fmt: skip


def _within(unit: Unit, relation: Relation, claim: Told) -> None:
    """本级 ≤ 含下级, and all that was filed below ≤ 含下级."""
    context, greatest = unit.context, most(unit.context, claim)
    if greatest is None or claim.filing is None:
        return
    own = claim.filing.told(context.rules, "own").get(claim.code)
    if own is not None and own.filed.state == "number" and low(own.filed) > greatest:
        unit.doubt(
            relation, "OWN_ABOVE_JURISDICTION", own, [own, claim],
            own_value=_placed(unit, own), value=_placed(unit, claim),
        )  # fmt: skip
        return
    below = list(_filed_below(unit, claim))
    own_low = low(own.filed) if own is not None and own.filed.state == "number" else ZERO
    added = sum(map(low, below), own_low)
    if below and added > greatest:
        unit.doubt(
            relation, "JURISDICTION_BELOW_UNITS", claim, [claim],
            value=_placed(unit, claim), sum=amount(context, claim, added), units=str(len(below)),
        )  # fmt: skip


def _filed_below(unit: Unit, claim: Told) -> Iterable[Filed]:
    context = unit.context
    if claim.filing is None:
        return
    unit_code, form, period = claim.filing.key
    for below in context.units_below(unit_code, unit.period):
        submission = context.in_force.get((below, form, period))
        if submission is None:
            continue
        filed = next(
            (
                filed
                for status in context.rules[claim.code].ranks
                if (filed := submission.figures.get((claim.code, "own", status))) and filed.state == "number"
            ),
            None,
        )
        if filed is not None and not filed.is_held:
            yield filed
