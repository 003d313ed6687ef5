"""A province with a release of 2021 and corrections after it, whose figures drafts of a report can speak of."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from catalogue.load import load as load_catalogue
from ingestion.collect import collect
from ingestion.landing import submit
from ingestion.units import load as load_units
from kexie.database import acting, ready
from kexie.home import Home
from kexie.roles import Role
from pipeline.record import Run
from pipeline.steps import run_once
from reporting.release import Approval, published_state, release
from tests.spec.warehouse import ROW_COLUMNS, UNIT_COLUMNS, first_refusals, quietly, write_rows

YEAR = 2021

CITIES = {"C1": "青河市", "C2": "云岭市", "C3": "白塔市", "C4": "临湖市"}
COUNTIES = {
    "A1": ("南桥县", "C1"), "A2": ("东岗县", "C1"), "A3": ("石门区", "C1"),
    "B1": ("柳林县", "C2"), "B2": ("双塘县", "C2"),
    "D1": ("古渡县", "C3"), "D2": ("松山县", "C3"), "D3": ("长堤区", "C3"),
    "E1": ("平湖县", "C4"), "E2": ("北原县", "C4"),
}  # fmt: skip

# Each indicator with about how much a county has; a city's own work is twice as much, the province's six times.
SIZES = {
    "vol_org_mobilized_count": 120, "vol_person_mobilized_count": 7000, "sp_five_entry_activity_count": 450,
    "sp_five_entry_persontimes": 230000, "sp_activity_count": 800, "sp_audience_persontimes": 240000,
    "sp_lecture_count": 210, "sp_lecture_persontimes": 21000, "sp_material_distributed_count": 64000,
    "sp_display_board_count": 340, "sp_exhibition_count": 60, "sp_consult_persontimes": 5200,
    "tr_practical_class_count": 70, "tr_practical_persontimes": 5600, "youth_activity_count": 90,
    "youth_participant_persontimes": 13000, "base_gallery_count": 260, "base_museum_visitor_persontimes": 21000,
    "org_enterprise_ast_count": 38, "org_enterprise_ast_new_count": 9, "org_agritech_assoc_count": 42,
    "org_individual_member_count": 1700, "info_kpzg_registered_count": 24000, "info_kpzg_spread_count": 900000,
    "tank_academic_activity_count": 24, "tank_advice_count": 11, "fin_project_granted_amount": 1200000,
    "fin_literacy_budget": 900000, "fin_budget_total": 2000000, "fin_budget_executed": 1850000,
}  # fmt: skip
OF_PROVINCE = {
    "base_modern_agri_park_count": 21, "base_rural_school_museum_count": 26, "base_demo_community_count": 53,
    "base_provincial_edu_base_count": 87, "info_media_mv_count": 17, "info_media_play_count": 17860000,
    "org_rule_made_count": 24,
}  # fmt: skip
PLANNED = (
    "sp_five_entry_activity_count", "sp_activity_count", "sp_lecture_count", "tr_practical_persontimes",
    "org_enterprise_ast_new_count", "vol_person_mobilized_count", "sp_material_distributed_count",
    "youth_activity_count", "base_gallery_count", "base_demo_community_count", "base_provincial_edu_base_count",
)  # fmt: skip
WITHOUT_FIGURES = ("sp_sms_count", "sp_vehicle_dispatch_count", "tank_foreign_expert_count", "base_makerspace_count")

_CORRECTED_UNITS = ("A1", "B2", "D2", "P")
Filed = dict[tuple[str, str, str, str], Decimal]
"""Figures by unit, period, indicator and status."""


def units() -> Iterator[dict[str, Any]]:
    """The rows of units.csv."""
    named = {"P": ("示例省", ""), **{code: (name, "P") for code, name in CITIES.items()}, **COUNTIES}
    for code, (name, parent) in named.items():
        level = {"": "province", "P": "city"}.get(parent, "county")
        yield {
            "unit_code": code, "name": f"{name}科协", "level": level, "unit_type": "territorial",
            "parent_code": parent, "valid_from": "2000-01-01",
        }  # fmt: skip


def build(home: Home, seed: int) -> None:
    """File, publish and release; then correct and publish again."""
    chance = random.Random(seed)  # noqa: S311 - examples, no secrets
    owner = ready(home)
    tree = home.root / "tree"
    tree.mkdir()
    write_rows(tree / "units.csv", UNIT_COLUMNS, units())
    write_rows(tree / "unit_events.csv", ("event_date", "kind", "from_code", "to_code", "weight"), ())
    with acting(home, Role.INGEST) as engine:
        load_units(engine, tree)
    figures = _figures(chance)
    _publish(home, figures, "first")
    with acting(home, Role.PUBLISH) as engine, engine.begin() as connection:
        release(connection, published_state(connection, YEAR), Approval("值班主任"))
    _correct(figures, chance)
    _publish(home, figures, "corrected")
    owner.dispose()


def _publish(home: Home, figures: Filed, stage: str) -> None:
    file = home.root / f"filed_{stage}.csv"
    rows = (
        {
            "unit_code": unit,
            "period": period,
            "indicator_code": code,
            "scope": "own",
            "value": value,
            "status": status,
            # Figures by chance are odd beside each other now and then; a reason lets them in.
            "note": "经核实，情况属实",
        }
        for (unit, period, code, status), value in figures.items()
    )
    write_rows(file, ROW_COLUMNS, rows)
    submit(home, [file], "P")
    with acting(home, Role.INGEST) as engine:
        outcomes = collect(home, engine, load_catalogue(), quietly).outcomes
        assert set(outcomes) == {"accepted"}, (outcomes, first_refusals(ready(home)))
    run_once(home, (YEAR - 1, YEAR), Run.now("tests"), quietly)


def _figures(chance: random.Random) -> Filed:
    catalogue = load_catalogue()
    filed: Filed = {}
    growth = {code: Decimal(chance.randint(104, 138)) / 100 for code in (*SIZES, *OF_PROVINCE)}
    growth["fin_budget_executed"] = growth["fin_budget_total"]
    people = {unit: Decimal(chance.randint(60, 190)) / 100 for unit in (*CITIES, *COUNTIES, "P")}
    for code, size in SIZES.items():
        levels = catalogue.indicators[code].levels
        for unit, level, times in _members():
            if level not in levels:
                continue
            # Figures that belong together grow together, so that an audience stays one of its events.
            last = (Decimal(size * times) * people[unit] * Decimal(chance.randint(93, 107)) / 100).to_integral_value()
            now = (last * growth[code] * Decimal(chance.randint(97, 103)) / 100).to_integral_value()
            _file(filed, unit, code, last, now, catalogue.indicators[code].default_status)
            if code in PLANNED:
                _plan(filed, unit, code, now, chance)
    for code, size in OF_PROVINCE.items():
        last = (Decimal(size) / growth[code]).to_integral_value()
        _file(filed, "P", code, last, Decimal(size), catalogue.indicators[code].default_status)
        if code in PLANNED:
            _plan(filed, "P", code, Decimal(size), chance)
    return filed


def _members() -> Iterator[tuple[str, str, int]]:
    yield "P", "province", 6
    for city in CITIES:
        yield city, "city", 2
    for county in COUNTIES:
        yield county, "county", 1


def _file(filed: Filed, unit: str, code: str, last: Decimal, now: Decimal, status: str) -> None:
    filed[unit, str(YEAR - 1), code, status] = last
    filed[unit, str(YEAR), code, status] = now


def _plan(filed: Filed, unit: str, code: str, now: Decimal, chance: random.Random) -> None:
    for year, share in ((YEAR, chance.randint(88, 99)), (YEAR + 1, chance.randint(104, 125))):
        filed[unit, str(year), code, "plan"] = max(Decimal(1), (now * share / 100).to_integral_value())


def _correct(filed: Filed, chance: random.Random) -> None:
    """Change some units' figures of some indicators by a tenth or more, whole files at a time."""
    codes = sorted({code for _, _, code, _ in filed} - {"fin_budget_total", "fin_budget_executed"})
    for code in chance.sample(codes, len(codes) * 3 // 5):
        times = Decimal(chance.choice((62, 75, 130, 145))) / 100
        for key in [key for key in filed if key[1:3] == (str(YEAR), code) and key[3] != "plan"]:
            if key[0] in _CORRECTED_UNITS:
                filed[key] = (filed[key] * times).to_integral_value()
