"""How big a county's figure usually is: ranges by unit of measure and, where that is too coarse, by indicator.

Nothing here comes from a real unit. A city does about twice and the province's own offices four times as much.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from random import Random

from catalogue.model import Aggregation, Indicator, Level

BY_MEASURE = {
    "个": (2, 30),
    "人": (20, 300),
    "人次": (800, 9000),
    "次": (5, 60),
    "项": (2, 20),
    "元": (50, 600),
    "%": (60, 98),
    "场次": (10, 60),
    "场": (4, 30),
    "篇": (5, 60),
    "分": (60, 95),
    "条": (5, 80),
    "家": (2, 12),
    "期": (4, 30),
    "种": (3, 25),
    "所": (3, 30),
    "平方米": (200, 3000),
    "份": (3000, 40000),
    "块": (10, 60),
    "台次": (5, 40),
    "支": (1, 8),
    "天": (3, 15),
    "班(期)": (4, 20),
    "户": (200, 3000),
    "课时次": (100, 3000),
    "名": (1, 150),
    "件": (5, 200),
    "元/人": (1, 5),
    "部": (2, 20),
    "册": (500, 8000),
    "本": (1, 10),
    "件/万人": (3, 30),
}
"""Unit of measure to (least, most); 元 in thousands."""

BY_INDICATOR = {
    "ref_resident_population": (150_000, 900_000),
    "org_village_group_count": (60, 400),
    "org_ast_staff_count": (4, 20),
    "org_township_staff_count": (8, 30),
    "org_fulltime_sp_staff_count": (5, 30),
    "org_parttime_sp_staff_count": (50, 500),
    "org_individual_member_count": (100, 1500),
    "sp_online_audience_persontimes": (2000, 60_000),
    "sp_online_peak_viewers": (100, 3000),
    "sp_sms_count": (5000, 80_000),
    "contest_participant_persontimes": (5000, 60_000),
    "contest_participant_count": (800, 9000),
    "contest_farmer_registered_count": (1000, 12_000),
    "youth_contest_participant_count": (2000, 30_000),
    "youth_award_count": (5, 100),
    "vol_lecturer_new_count": (2, 20),
    "talent_recommended_count": (2, 10),
    "talent_title_applicant_count": (5, 60),
    "tr_exam_total_score": (5000, 20_000),
    "tr_exam_max_score": (88, 100),
    "base_museum_count": (1, 2),
    "info_kpzg_registered_count": (3000, 20_000),
    "info_kpzg_spread_count": (50_000, 900_000),
    "info_network_traffic_count": (100_000, 3_000_000),
    "lit_citizen_ratio": (8, 14),
    "party_staff_assigned_count": (1, 3),
}

SHARE_OF = {
    "sp_activity_count": ("sp_five_entry_activity_count", 1300, 2600),
    "sp_audience_persontimes": ("sp_five_entry_persontimes", 1200, 2200),
    "sp_lecture_count": ("sp_activity_count", 150, 300),
    "sp_exhibition_count": ("sp_activity_count", 100, 200),
    "sp_consult_count": ("sp_activity_count", 100, 250),
    "sp_science_day_activity_count": ("sp_activity_count", 100, 250),
    "org_committee_member_count": ("org_congress_delegate_count", 200, 400),
    "org_standing_member_count": ("org_committee_member_count", 200, 400),
    "base_expert_station_new_count": ("base_expert_station_count", 50, 250),
    "fin_project_item_amount": ("fin_project_granted_amount", 200, 800),
    "org_enterprise_ast_new_count": ("org_enterprise_ast_count", 50, 250),
    "tr_township_coverage_count": ("org_township_ast_count", 600, 1000),
    "sp_caravan_trip_count": ("sp_activity_count", 60, 200),
    "sp_huimin_action_count": ("sp_activity_count", 100, 300),
    "sp_expert_tour_count": ("sp_activity_count", 40, 200),
    "sp_performance_count": ("sp_activity_count", 40, 200),
    "sp_activity_with_dept_count": ("sp_activity_count", 100, 400),
    "sp_activity_joint_up_count": ("sp_activity_count", 50, 300),
    "youth_activity_count": ("sp_activity_count", 100, 300),
    "sp_lecture_persontimes": ("sp_audience_persontimes", 60, 200),
    "sp_consult_persontimes": ("sp_audience_persontimes", 20, 90),
    "tr_exam_passed_count": ("tr_exam_taken_count", 800, 980),
    "fin_budget_executed": ("fin_budget_total", 850, 990),
    "fin_project_granted_count": ("fin_project_applied_count", 400, 800),
    "fin_project_granted_amount": ("fin_project_applied_amount", 300, 700),
    "talent_selected_count": ("talent_recommended_count", 300, 900),
    "party_rectification_done": ("party_rectification_total", 700, 1000),
    "vol_org_registered_count": ("vol_org_mobilized_count", 1100, 1600),
    "vol_person_registered_count": ("vol_person_mobilized_count", 1100, 1800),
    "vol_service_persontimes": ("vol_person_mobilized_count", 1500, 4000),
    "base_free_open_museum_count": ("base_museum_count", 1000, 1000),
    "tr_exam_total_score": ("tr_exam_taken_count", 70_000, 86_000),
    "tr_target_persontimes": ("tr_practical_persontimes", 800, 1000),
}
"""A figure that another one bounds or drives: (the other, least and most thousandths of it)."""

QUOTIENT_OF = {
    "fin_per_capita_budget": ("fin_literacy_budget", "ref_resident_population", 1, 0),
    "tr_exam_avg_score": ("tr_exam_total_score", "tr_exam_taken_count", 1, 0),
    "tr_completion_over_rate": ("tr_practical_persontimes", "tr_target_persontimes", 100, 100),
}
"""A figure that two others make: the first ÷ the second × the third, less the fourth."""

SUM_OF = {"org_sp_staff_count": ("org_fulltime_sp_staff_count", "org_parttime_sp_staff_count")}

PROVINCIAL_LISTS = {
    "sp_excellent_activity_count": 60,
    "base_national_edu_base_count": 36,
    "base_demo_school_count": 40,
    "base_demo_base_count": 25,
    "base_revitalization_point_count": 30,
    "base_provincial_demo_unit_count": 15,
}
"""The province's own name lists, as far as no report gives them."""

_SIZE = {Level.PROVINCE: 4, Level.CITY: 2, Level.COUNTY: 1, Level.TOWNSHIP: 1}
_NOT_SCALED = frozenset({"%", "分", "名", "元/人", "天", "件/万人"})


def figure(indicator: Indicator, level: str, known: dict[str, Decimal], rng: Random) -> Decimal:
    """A plausible figure of a year; `known` holds the unit's figures drawn so far."""
    if indicator.code in SUM_OF:
        return sum((known[part] for part in SUM_OF[indicator.code]), Decimal(0))
    if indicator.code in QUOTIENT_OF:
        return quotient(indicator.code, known)
    base, least, most = SHARE_OF.get(indicator.code, ("", 0, 0))
    if base in known:
        return at_least_one(known[base] * rng.randint(least, most) / 1000)
    if indicator.aggregation is Aggregation.LIST:
        return _on_list(indicator, level, rng)
    least, most = BY_INDICATOR.get(indicator.code) or BY_MEASURE[indicator.measure]
    size = 1 if indicator.measure in _NOT_SCALED else _SIZE[Level(level)]
    if indicator.measure == "元":
        return Decimal(rng.randint(least * size, most * size) * 1000)
    if indicator.measure in ("%", "元/人", "件/万人"):
        return Decimal(rng.randint(least * 10, most * 10)) / 10
    return Decimal(rng.randint(least * size, most * size))


def quotient(code: str, known: Mapping[str, Decimal]) -> Decimal:
    """A rate or an average of what else is known, to one digit."""
    numerator, denominator, times, less = QUOTIENT_OF[code]
    return (known[numerator] / known[denominator] * times - less).quantize(Decimal("0.1"))


def at_least_one(amount: Decimal) -> Decimal:
    """Whole, and 1 where it would vanish."""
    return max(amount.quantize(Decimal(1)), Decimal(1))


def _on_list(indicator: Indicator, level: str, rng: Random) -> Decimal:
    if level == Level.PROVINCE:
        return Decimal(PROVINCIAL_LISTS.get(indicator.code, 10))
    if level == indicator.owner_level:
        return Decimal(rng.randint(5, 20))
    return Decimal(rng.randint(0, 1))


def drawing_order(indicators: list[Indicator]) -> list[Indicator]:
    """The same indicators, each after those that its figure is drawn from."""
    by_code = {indicator.code: indicator for indicator in indicators}
    ordered: dict[str, Indicator] = {}

    def place(indicator: Indicator) -> None:
        base = SHARE_OF.get(indicator.code, ("",))[0]
        for needed in (base, *SUM_OF.get(indicator.code, ()), *QUOTIENT_OF.get(indicator.code, ())[:2]):
            if needed in by_code:
                place(by_code[needed])
        ordered.setdefault(indicator.code, indicator)

    for indicator in indicators:
        place(indicator)
    return list(ordered.values())
