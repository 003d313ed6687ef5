"""Random provinces whose units file honestly for two years: noisy, with zeroes, blanks, new starts and small counts.

Nothing is taken from the sample province or from the checks: figures are drawn from what each depends on in life (an
event has an audience, a rate its parts), and grow, stop and begin as work does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from catalogue.load import load
from catalogue.model import FOREVER, Aggregation, Collect, Indicator, OverTime
from ingestion.tree import Event, Span, Tree

YEAR = 2024
BEGINNING, HALFWAY = date(2000, 1, 1), date(YEAR, 7, 1)

Figures = dict[str, Decimal]

MEDIANS = {
    "人": 60, "人次": 2500, "个": 8, "次": 20, "项": 7, "场次": 30, "场": 12, "篇": 15, "条": 25, "家": 5, "期": 9,
    "种": 8, "所": 9, "平方米": 900, "份": 9000, "块": 25, "台次": 15, "支": 3, "天": 7, "班(期)": 8, "户": 600,
    "课时次": 500, "件": 25, "部": 4, "册": 1500, "本": 3, "元": 180_000, "名": 40, "%": 60, "分": 78, "件/万人": 9,
    "元/人": 2,
}  # fmt: skip
BIG = {
    "ref_resident_population": 420_000,
    "info_kpzg_registered_count": 9000,
    "info_kpzg_spread_count": 250_000,
    "info_network_traffic_count": 900_000,
    "info_media_play_count": 2_000_000,
    "contest_participant_persontimes": 18_000,
    "contest_farmer_registered_count": 4000,
    "sp_online_audience_persontimes": 15_000,
    "sp_online_peak_viewers": 900,
    "org_ast_staff_count": 9,
    "org_township_ast_count": 14,
    "base_museum_count": 1,
    "youth_contest_participant_count": 6000,
    "tr_target_persontimes": 2000,
}
PARTS = {
    "sp_five_entry_activity_count": ("sp_activity_count", 0.3, 0.8),
    "sp_caravan_trip_count": ("sp_activity_count", 0.02, 0.15),
    "youth_activity_count": ("sp_activity_count", 0.05, 0.25),
    "sp_lecture_count": ("sp_activity_count", 0.1, 0.3),
    "sp_exhibition_count": ("sp_activity_count", 0.05, 0.2),
    "sp_consult_count": ("sp_activity_count", 0.05, 0.2),
    "sp_science_day_activity_count": ("sp_activity_count", 0.05, 0.25),
    "sp_huimin_action_count": ("sp_activity_count", 0.05, 0.3),
    "sp_expert_tour_count": ("sp_activity_count", 0.02, 0.15),
    "sp_performance_count": ("sp_activity_count", 0.01, 0.1),
    "sp_activity_with_dept_count": ("sp_activity_count", 0.05, 0.3),
    "sp_activity_joint_up_count": ("sp_activity_count", 0.02, 0.2),
    "fin_budget_executed": ("fin_budget_total", 0.75, 1.0),
    "tr_exam_passed_count": ("tr_exam_taken_count", 0.8, 1.0),
    "party_rectification_done": ("party_rectification_total", 0.5, 1.0),
    "fin_project_granted_count": ("fin_project_applied_count", 0.2, 0.9),
    "fin_project_granted_amount": ("fin_project_applied_amount", 0.2, 0.9),
    "fin_project_item_amount": ("fin_project_granted_amount", 0.2, 0.9),
    "talent_selected_count": ("talent_recommended_count", 0.2, 1.0),
    "vol_org_mobilized_count": ("vol_org_registered_count", 0.4, 0.95),
    "vol_person_mobilized_count": ("vol_person_registered_count", 0.4, 0.95),
    "contest_participant_count": ("contest_participant_persontimes", 0.2, 0.8),
    "base_free_open_museum_count": ("base_museum_count", 0.5, 1.0),
    "org_enterprise_ast_new_count": ("org_enterprise_ast_count", 0.05, 0.3),
    "base_expert_station_new_count": ("base_expert_station_count", 0.05, 0.3),
    "org_standing_member_count": ("org_committee_member_count", 0.2, 0.4),
    "org_committee_member_count": ("org_congress_delegate_count", 0.2, 0.5),
    "tr_township_coverage_count": ("org_township_ast_count", 0.5, 1.0),
    "tank_excellent_paper_count": ("tank_paper_count", 0.05, 0.3),
    "tr_exam_avg_score": ("tr_exam_max_score", 0.7, 0.95),
}
"""A part, its whole, and between which shares of it the part lies."""

AUDIENCES = {
    "sp_audience_persontimes": ("sp_activity_count", 180),
    "sp_five_entry_persontimes": ("sp_five_entry_activity_count", 120),
    "sp_lecture_persontimes": ("sp_lecture_count", 90),
    "sp_consult_persontimes": ("sp_consult_count", 60),
    "sp_caravan_persontimes": ("sp_caravan_trip_count", 200),
    "tr_practical_persontimes": ("tr_practical_class_count", 90),
    "tr_nhd_enrolled_count": ("tr_nhd_class_count", 45),
    "org_training_persontimes": ("org_training_class_count", 60),
    "youth_participant_persontimes": ("youth_activity_count", 250),
    "tank_academic_persontimes": ("tank_academic_activity_count", 90),
    "vol_service_persontimes": ("vol_activity_count", 25),
    "base_museum_visitor_persontimes": ("base_museum_count", 30_000),
    "base_museum_area_sqm": ("base_museum_count", 1500),
    "fin_project_granted_amount": ("fin_project_granted_count", 80_000),
    "fin_project_applied_amount": ("fin_project_applied_count", 90_000),
}
"""What comes with a count, and how much at one."""

RATES = {
    "party_rectification_rate": ("party_rectification_done", "party_rectification_total", 100, 0),
    "tr_exam_avg_score": ("tr_exam_total_score", "tr_exam_taken_count", 1, 0),
    "fin_per_capita_budget": ("fin_literacy_budget", "ref_resident_population", 1, 0),
    "tr_completion_over_rate": ("tr_practical_persontimes", "tr_target_persontimes", 100, 100),
}
"""A rate, numerator and denominator, what their quotient is multiplied by, and what is then taken off."""

UNITS_OF_LEVEL = {"province": 8.0, "city": 2.5, "county": 1.0}


@dataclass(slots=True)
class Unit:
    """A unit with its own figures of both years, what it claims for all below it and takes off their sums."""

    span: Span
    last: Figures = field(default_factory=dict)
    now: Figures = field(default_factory=dict)
    claims: Figures = field(default_factory=dict)
    adjustments: Figures = field(default_factory=dict)

    @property
    def code(self) -> str:
        return self.span.unit_code


class Province:
    """One random province. The same seed gives the same."""

    def __init__(self, seed: int, cities: int = 5, counties: tuple[int, int] = (6, 12)) -> None:
        self._random = Random(seed)  # noqa: S311 - no secret is made here
        self.mark = f"q{seed:05}"
        self._spread = self._random.uniform(0.15, 0.4)
        spans, events = self._tree(cities, counties)
        self.tree = Tree(spans, events)
        alive = [span for span in spans if span.valid_to > date(YEAR, 12, 31)]
        self.units = {span.unit_code: Unit(span) for span in alive}
        for unit in self.units.values():
            self._draw(unit)
        self._claim()
        self._adjust()

    def _tree(self, cities: int, counties: tuple[int, int]) -> tuple[list[Span], list[Event]]:
        root = f"{self.mark}P"
        spans = [self._span(root, "province", "")]
        events = []
        for city in range(cities):
            above = f"{root}{city}"
            spans.append(self._span(above, "city", root))
            count = self._random.randint(*counties)
            spans += [self._span(f"{above}x{number:02}", "county", above) for number in range(count)]
        # One county was split in mid-year into two new ones.
        parent, split = f"{root}0", f"{root}0x00"
        spans = [span for span in spans if span.unit_code != split]
        spans.append(self._span(split, "county", parent, end=HALFWAY))
        for number in (1, 2):
            new = f"{parent}s{number}"
            spans.append(self._span(new, "county", parent, start=HALFWAY))
            events.append(Event(HALFWAY, "split", split, new, Decimal("0.5")))
        return spans, events

    def _span(self, code: str, level: str, parent: str, start: date = BEGINNING, end: date = FOREVER) -> Span:
        return Span(code, f"{code}科协", level, "territorial", parent, start, end)

    # ---- figures

    def _draw(self, unit: Unit) -> None:
        random = self._random
        size = UNITS_OF_LEVEL[unit.span.level] * random.lognormvariate(0, 0.5)
        asked = load().asked_of(unit.span.level, unit.span.unit_type)
        wanted = {one.code: one for one in asked if one.collect in (Collect.TYPED, Collect.IMPORTED)}
        blank = {code for code in wanted if random.random() < 0.12}
        does_not = {code for code in wanted if random.random() < 0.05}
        last: Figures = {}
        for code in wanted:
            self._place(code, wanted, size, last)
        self._mend(last)
        now = self._grown(wanted, last)
        if unit.span.valid_from == BEGINNING:
            unit.last = {code: value for code, value in last.items() if code not in blank}
        newly_blank = {code for code in wanted if random.random() < 0.02}
        for code in does_not:
            now = self._stopped(code, now)
        unit.now = {code: value for code, value in now.items() if code not in blank | newly_blank}
        if random.random() < 0.1:
            self._round(unit)
        for figures in (unit.last, unit.now):
            _compute(figures)

    def _place(self, code: str, wanted: dict[str, Indicator], size: float, drawn: Figures) -> Decimal:
        if code in drawn:
            return drawn[code]
        random, indicator = self._random, wanted[code]
        if code in AUDIENCES and AUDIENCES[code][0] in wanted and not (code in PARTS and PARTS[code][0] in wanted):
            count, each = AUDIENCES[code]
            events = self._place(count, wanted, size, drawn)
            value = float(events) * each * random.lognormvariate(0, 0.4)
        elif code in PARTS and PARTS[code][0] in wanted:
            whole, least, most = PARTS[code]
            value = float(self._place(whole, wanted, size, drawn)) * random.uniform(least, most)
        elif code == "org_sp_staff_count":
            value = float(
                self._place("org_fulltime_sp_staff_count", wanted, size, drawn)
                + self._place("org_parttime_sp_staff_count", wanted, size, drawn)
            )
        elif indicator.measure in ("%", "分", "名"):
            value = MEDIANS[indicator.measure] * random.lognormvariate(0, 0.1)
        else:
            value = BIG.get(code, MEDIANS[indicator.measure]) * size * random.lognormvariate(0, 0.6)
        drawn[code] = self._whole(indicator, value)
        return drawn[code]

    def _grown(self, wanted: dict[str, Indicator], last: Figures) -> Figures:
        """Next year's figures: each by itself where it stands alone, parts and audiences with what they belong to."""
        now: Figures = {}
        pace = self._random.lognormvariate(0.03, 0.1)

        def place(code: str) -> Decimal:
            if code in now:
                return now[code]
            indicator, before = wanted[code], float(last[code])
            base = self._base(code, wanted)
            if code == "org_sp_staff_count" and "org_fulltime_sp_staff_count" in wanted:
                now[code] = place("org_fulltime_sp_staff_count") + place("org_parttime_sp_staff_count")
                return now[code]
            if base and last[base]:
                ratio = before / float(last[base]) * self._random.lognormvariate(0, self._spread * 0.6)
                share = min(ratio, 1.0) if code in PARTS and PARTS[code][0] == base else ratio
                value = float(place(base)) * share
            elif base and not place(base):
                value = 0.0
            else:
                value = self._moved(indicator, before, pace)
            now[code] = self._whole(indicator, value)
            return now[code]

        for code in wanted:
            place(code)
        for stock, new in (
            ("org_enterprise_ast_count", "org_enterprise_ast_new_count"),
            ("base_expert_station_count", "base_expert_station_new_count"),
        ):
            if stock in now and new in now:
                now[stock] = min(now[stock], last[stock] + now[new])
        self._mend(now)
        return now

    def _base(self, code: str, wanted: dict[str, Indicator]) -> str:
        if code in PARTS and PARTS[code][0] in wanted:
            return PARTS[code][0]
        return AUDIENCES[code][0] if code in AUDIENCES and AUDIENCES[code][0] in wanted else ""

    def _moved(self, indicator: Indicator, before: float, pace: float) -> float:
        random = self._random
        if indicator.aggregation is Aggregation.REGCUM:
            return before * (1 + abs(random.gauss(0.05, 0.1)))
        if indicator.measure in ("%", "分", "名"):
            return before * random.lognormvariate(0, 0.05)
        if indicator.over_time is OverTime.LAST:
            return before * random.lognormvariate(0.02, 0.08)
        return before * pace * random.lognormvariate(0, self._spread)

    def _mend(self, figures: Figures) -> None:
        """What cannot be otherwise: an event has an audience, and five-entry people are among the audience."""
        for audience, (count, _) in AUDIENCES.items():
            if count in figures and audience in figures:
                if not figures[count]:
                    figures[audience] = Decimal(0)
                elif not figures[audience]:
                    figures[audience] = figures[count] * 10
        for part, whole in (
            ("sp_five_entry_persontimes", "sp_audience_persontimes"),
            ("sp_caravan_persontimes", "sp_audience_persontimes"),
            ("vol_person_mobilized_count", "vol_service_persontimes"),
        ):
            if part in figures and whole in figures:
                figures[whole] = max(figures[whole], figures[part])
        spoken = ("sp_lecture_persontimes", "sp_consult_persontimes")
        if "sp_audience_persontimes" in figures:
            people = sum((figures.get(code, Decimal(0)) for code in spoken), Decimal(0))
            figures["sp_audience_persontimes"] = max(figures["sp_audience_persontimes"], people)

    def _stopped(self, code: str, now: Figures) -> Figures:
        """A unit that did not do such work this year writes 0, and 0 for what belongs to it."""
        indicator = load().indicators[code]
        if indicator.over_time is not OverTime.SUM or code not in now:
            return now
        gone = {code}
        while True:
            more = {part for part, (whole, *_) in PARTS.items() if whole in gone}
            more |= {audience for audience, (count, _) in AUDIENCES.items() if count in gone}
            more |= {count for audience, (count, _) in AUDIENCES.items() if audience in gone}
            more |= {whole for part, (whole, *_) in PARTS.items() if part in gone and whole in _EMPTY_WITH_PART}
            if more <= gone:
                break
            gone |= more
        return {one: Decimal(0) if one in gone else value for one, value in now.items()}

    def _round(self, unit: Unit) -> None:
        """Some know their audience only about."""
        for code, value in unit.now.items():
            if load().indicators[code].measure in ("人次", "份") and value > 1000:
                unit.now[code] = Decimal(round(int(value), -1))
        self._mend(unit.now)

    def _whole(self, indicator: Indicator, value: float) -> Decimal:
        if indicator.measure in ("%", "元/人", "件/万人"):
            return Decimal(str(round(min(value, 99) if indicator.measure == "%" else value, 1)))
        if indicator.measure == "元":
            return Decimal(round(value / 100) * 100)
        if indicator.measure == "分":
            return Decimal(round(min(value, 100)))
        return Decimal(round(value))

    def _claim(self) -> None:
        """Cities say what they and their counties did together."""
        catalogue = load()
        for unit in self.units.values():
            if unit.span.level != "city" or self._random.random() < 0.4:
                continue
            below = [one for one in self.units.values() if one.span.parent_code == unit.code]
            for code, value in unit.now.items():
                indicator = catalogue.indicators[code]
                of_counties = [one.now[code] for one in below if code in one.now]
                if indicator.aggregation in _ADDED and len(of_counties) == len(below):
                    unit.claims[code] = value + sum(of_counties, Decimal(0))

    def _adjust(self) -> None:
        """Cities take off events that two of their counties hold and both report."""
        for unit in self.units.values():
            below = [one for one in self.units.values() if one.span.parent_code == unit.code]
            for code in ("sp_activity_count", "sp_audience_persontimes", "sp_lecture_count", "vol_activity_count"):
                summed = sum((one.now.get(code, Decimal(0)) for one in below), Decimal(0))
                twice = (summed * self._random.randint(1, 12) / 100).quantize(Decimal(1))
                if unit.span.level == "city" and twice and self._random.random() < 0.5:
                    unit.adjustments[code] = -twice


_EMPTY_WITH_PART = ("fin_project_applied_count", "fin_project_applied_amount")
_ADDED = (Aggregation.FLOW, Aggregation.NEWADD, Aggregation.MONEY, Aggregation.STOCK, Aggregation.REGCUM)


def _compute(figures: Figures) -> None:
    """Whoever files a rate has worked it out; one below zero has no place in a form."""
    if {"tr_exam_avg_score", "tr_exam_taken_count", "tr_exam_total_score"} <= set(figures):
        score = figures["tr_exam_avg_score"] * figures["tr_exam_taken_count"]
        figures["tr_exam_total_score"] = score.quantize(Decimal(1))
    for rate, (numerator, denominator, times, above) in RATES.items():
        if not {rate, numerator, denominator} <= set(figures):
            continue
        if not figures[denominator]:
            del figures[rate]
            continue
        value = figures[numerator] / figures[denominator] * times - above
        figures[rate] = value.quantize(Decimal("0.01"), ROUND_HALF_UP)
        if value < 0:
            del figures[rate]
