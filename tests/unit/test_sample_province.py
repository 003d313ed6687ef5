"""The sample province holds what the contract asks of it, and its figures fall where the report's lines say."""

import csv
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from catalogue.load import load
from ingestion import readers
from sample_province import cast, generate, real_reports
from sample_province.defects import UNKNOWN, Defect
from sample_province.manifest import expected
from sample_province.rows import Row
from sample_province.units import CITY_STEMS, DIRECT_COUNTY, PROVINCE, province
from tests.reference.rollup import Figure
from tests.sample_figures import CATALOGUE, planted, reckon, rollup

REPORTS = Path(__file__).parents[3] / "shared" / "reports"
ASKED_FOR = {
    "missing_county_with_claim",
    "missing_county_without_claim",
    "claim_below_sum",
    "city_total_with_its_counties",
    "provisional_then_final",
    "revised_workbook",
    "same_file_twice",
    "ten_thousand_fold",
    "outside_subtree",
    "broken_workbook",
    "blank",
    "zero",
    "dash",
    "masked",
    "unknown_indicator",
    "gb18030",
    "merger_in_mid_year",
}
ROLLED_UP = (
    "vol_org_mobilized_count",
    "vol_person_mobilized_count",
    "sp_five_entry_activity_count",
    "sp_five_entry_persontimes",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole sample, written once."""
    target = tmp_path_factory.mktemp("sample")
    generate.write(target)
    return target


# The tree


def test_the_tree_has_the_units_asked_for_at_the_end_of_2021() -> None:
    alive = [unit for unit in province().units.values() if not unit.valid_to]
    kinds = Counter((unit.level, unit.unit_type) for unit in alive)
    assert kinds["province", "territorial"] == 1
    assert kinds["city", "territorial"] == 18
    assert kinds["county", "territorial"] == 158
    assert kinds["township", "territorial"] == 21
    assert kinds["city", "university"] == kinds["city", "enterprise"] == 1


def test_two_counties_have_townships_and_one_county_reports_to_the_province() -> None:
    tree = province()
    with_townships = {unit.parent for unit in tree.of_level("township")}
    assert {tree.units[code].level for code in with_townships} == {"county"}
    assert len(with_townships) == 2
    assert [unit.code for unit in tree.of_level("county") if unit.parent == PROVINCE] == [DIRECT_COUNTY]


def test_names_and_codes_are_invented_and_told_apart() -> None:
    tree = province()
    counties = [unit.name for unit in (*tree.of_level("city"), *tree.of_level("county"))]
    assert len(set(counties)) == len(counties)
    assert all(code.startswith("99") for code in tree.units)
    assert all(name[0] in CITY_STEMS or name.startswith(("示", "例")) for name in counties)


def test_the_merger_ends_two_counties_in_one_new_district_on_the_same_day() -> None:
    tree = province()
    successor = tree.units[tree.new_district]
    assert {tree.units[code].valid_to for code in tree.merged} == {successor.valid_from} == {"2021-07-01"}
    events = list(csv.DictReader(tree.files()["unit_events.csv"].decode().splitlines()))
    assert [(event["from_code"], event["to_code"]) for event in events] == list(tree.mergers)


# The files


def test_there_are_about_a_thousand_files_of_every_kind(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    kinds = Counter(file["kind"] for file in manifest["files"])
    assert 900 <= sum(kinds.values()) <= 1100
    assert kinds["workbook"] > 800
    assert kinds["csv"] > 20
    assert kinds["narrative"] == 10


def test_the_manifest_names_every_file_once_in_the_order_of_sending(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    paths = [file["path"] for file in manifest["files"]]
    written = {path.relative_to(folder).as_posix() for path in (folder / "inbox").rglob("*") if path.is_file()}
    assert len(set(paths)) == len(paths)
    assert set(paths) == written
    years = [int(file["period"][:4]) for file in manifest["files"]]
    assert years == sorted(years)


def test_another_process_with_another_hash_seed_writes_the_same_bytes(folder: Path) -> None:
    script = (
        "import hashlib, json\n"
        "from sample_province.generate import sending\n"
        "chosen = [d for d in sending().deliveries if d.kind != 'workbook'] + sending().deliveries[::50]\n"
        "print(json.dumps({d.path: hashlib.sha256(d.content()).hexdigest() for d in chosen}))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, env={"PYTHONHASHSEED": "4711"}, text=True
    )
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    written = {file["path"]: file["sha256"] for file in manifest["files"]}
    again = json.loads(run.stdout)
    assert len(again) > 60
    assert again == {path: written[path] for path in again}


def test_what_the_summaries_say_agrees_with_the_forms_of_their_units() -> None:
    filed = {
        (row.unit, row.period, row.indicator): row.value
        for delivery in planted().deliveries
        for row in delivery.rows
        if row.scope == "own" and row.value is not None
    }
    compared = 0
    for delivery in planted().deliveries:
        if delivery.kind == "narrative":
            content = readers.read(delivery.name, delivery.content(), CATALOGUE)
            assert (content.problems, len(content.readings)) == ([], 6), delivery.path
            for one in content.readings:
                value = filed.get((delivery.unit, delivery.period, one.indicator_code))
                if value is not None:
                    compared += 1
                    assert one.low is not None
                    assert one.high is not None
                    assert one.low <= value <= one.high, (delivery.path, one)
    assert compared > 30


def test_the_readers_find_in_each_file_what_was_put_into_it(folder: Path) -> None:
    for delivery in planted().deliveries:
        if delivery.kind == "narrative" or delivery.kept_bytes:
            continue
        content = readers.read(delivery.name, (folder / delivery.path).read_bytes(), CATALOGUE)
        assert content.problems == [], delivery.path
        found = {
            (r.unit_code, r.period, r.indicator_code, r.scope, r.value, r.low, r.high, r.state)
            for r in content.readings
        }
        sent = {
            (r.unit, r.period, r.indicator, r.scope, r.value, r.low, r.high, r.state or "number") for r in delivery.rows
        }
        assert found == sent, delivery.path


def test_some_counties_file_by_quarters_and_one_city_files_for_all_its_counties() -> None:
    files = [delivery for delivery in planted().deliveries if delivery.period.startswith("2021")]
    quarterly = {delivery.unit for delivery in files if "-Q4" in delivery.period and delivery.kind == "workbook"}
    assert len(quarterly) >= 10
    counties = {unit.code for unit in province().children(cast.MERGING_CITY)}
    (merged,) = [d for d in files if d.submitter == cast.MERGING_CITY and {r.unit for r in d.rows} == counties]
    assert merged.kind == "csv"
    assert not [delivery for delivery in files if delivery.submitter in counties]


# The real figures


def marked_figures() -> list[Any]:
    """Every quantity that a reader marked with an indicator, but for what the province rolls up."""
    if not REPORTS.is_dir():
        return []
    marked = []
    for path in sorted(REPORTS.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            mark = json.loads(line, parse_float=Decimal)
            is_rolled_up = mark["level"] == "province" and mark["scope"] == "jurisdiction"
            if mark["indicator"] not in ("none", "other") and not is_rolled_up:
                marked.append(pytest.param(mark, id=f"{path.stem} {mark['quote']} {mark['start']}"))
    return marked


@pytest.mark.parametrize("mark", marked_figures() or [pytest.param(None, id="no reports")])
def test_a_marked_figure_of_a_real_report_is_filed_by_a_unit_of_its_level(mark: dict[str, Any] | None) -> None:
    if mark is None:
        pytest.skip("the real reports are not on this machine")
    bounds = tuple(None if mark[name] is None else Decimal(mark[name]) for name in ("value", "low", "high"))
    key = (mark["indicator"], mark["level"])
    if mark["level"] == "county" and mark["scope"] == "jurisdiction":
        assert bounds in sums_of_a_citys_counties(mark["indicator"])
    elif bounds == (None, None, None):
        assert (*key, mark["status"], "redacted", bounds) in filed_figures()
    else:
        assert (*key, mark["status"], "", bounds) in filed_figures()


def test_the_figures_kept_here_are_all_the_marked_ones() -> None:
    if not REPORTS.is_dir():
        pytest.skip("the real reports are not on this machine")
    assert len(real_reports.figures()) == len(marked_figures())


@cache
def filed_figures() -> Counter[tuple[Any, ...]]:
    rows = [row for delivery in planted().deliveries for row in delivery.rows if row.period.startswith("2021")]
    units = province().units
    return Counter(
        (row.indicator, units[row.unit].level, status_of(row), row.state, (row.value, row.low, row.high))
        for row in rows
        if row.indicator != UNKNOWN
    )


def sums_of_a_citys_counties(indicator: str) -> list[tuple[Decimal, Decimal, Decimal]]:
    rows = {row.unit: row for d in planted().deliveries for row in d.rows if is_whole_2021(row, indicator)}
    sums = []
    for city in province().of_level("city"):
        below = [rows[unit.code] for unit in province().children(city.code) if unit.code in rows]
        sums.append(
            (total(row.value for row in below), total(row.low for row in below), total(row.high for row in below))
        )
    return sums


def total(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), Decimal(0))


def is_whole_2021(row: Row, indicator: str) -> bool:
    return (row.indicator, row.period, row.scope) == (indicator, "2021", "own") and None not in (row.value, row.high)


def status_of(row: Row) -> str:
    return row.status or CATALOGUE.indicators[row.indicator].default_status


# The province's figures


def test_the_province_files_only_its_own_part_of_what_is_rolled_up() -> None:
    filed = [row for d in planted().deliveries for row in d.rows if row.unit == PROVINCE and row.indicator in ROLLED_UP]
    assert {row.scope for row in filed} == {"own"}
    assert len(filed) == 2 * len(ROLLED_UP)
    for row in filed:
        printed = next(line for line in expected() if line["indicator_code"] == row.indicator)
        assert row.high is not None
        assert row.high < Decimal(printed["low"]) / 10


@pytest.mark.parametrize("line", [line for line in load().report_lines.values() if 2021 in line.printed])
def test_the_rollup_of_all_files_lies_where_the_report_says(line: Any) -> None:  # noqa: ANN401
    figure = rollup(2021)[PROVINCE, line.indicator]
    bounds = line.printed[2021].expected
    if figure.value.low == figure.value.high:
        assert figure.value.value is not None
        assert bounds.holds(figure.value.value)
    else:
        assert figure.value.low is not None
        assert figure.value.high is not None
        assert bounds.low is None or figure.value.low >= bounds.low
        assert bounds.high is None or figure.value.high <= bounds.high


def test_the_events_are_nearly_five_thousand_and_their_audience_is_of_the_right_size() -> None:
    events = rollup(2021)[PROVINCE, "sp_five_entry_activity_count"].value.value
    people = rollup(2021)[PROVINCE, "sp_five_entry_persontimes"].value.value
    assert events is not None
    assert people is not None
    assert 4850 <= events <= 4999
    assert people < 2_700_000
    assert 400 <= people / events <= 640


def test_2020_is_a_little_lower_than_2021() -> None:
    for code in ROLLED_UP:
        before, now = (rollup(year)[PROVINCE, code].value.value for year in (2020, 2021))
        assert before is not None
        assert now is not None
        assert Decimal("0.8") * now < before < now


def test_only_the_planted_slip_grows_ten_thousand_fold() -> None:
    times = CATALOGUE.thresholds["ten_thousand_fold_times"].values[0].value
    figures = {
        (row.unit, row.indicator, row.scope, row.period): row.value
        for delivery in planted().deliveries
        for row in delivery.rows
        if row.value is not None
    }
    slips = set()
    for (unit, indicator, scope, period), figure in figures.items():
        if period.startswith("2021"):
            before = (figures.get((unit, indicator, scope, of)) for of in (period.replace("2021", "2020"), "2020"))
            if any(last and figure >= last * times for last in before):
                slips.add(unit)
    assert slips == {cast.SLIPPING_BY_10000}


# The mistakes


def test_every_mistake_is_planted_once() -> None:
    assert sorted(defect.name for defect in planted().defects) == sorted(ASKED_FOR)


@pytest.mark.parametrize("defect", planted().defects, ids=lambda defect: defect.name)
def test_a_mistakes_files_are_in_the_order_of_sending_and_its_codes_in_the_catalogue(defect: Defect) -> None:
    order = [delivery.path for delivery in planted().deliveries]
    positions = [order.index(path) for path in defect.files]
    assert len(set(positions)) == len(positions)
    assert {receipt.file for receipt in defect.receipts} <= set(defect.files)
    assert {code for receipt in defect.receipts for code in receipt.findings} <= CATALOGUE.findings.keys()
    if defect.silent:
        assert not [d for d in planted().deliveries if d.unit == defect.silent and d.period.startswith("2021")]


@pytest.mark.parametrize("defect", planted().defects, ids=lambda defect: defect.name)
def test_a_mistakes_files_alone_give_the_figures_that_the_manifest_expects(defect: Defect) -> None:
    by_path = {delivery.path: delivery for delivery in planted().deliveries}
    held = {(receipt.file, code) for receipt in defect.receipts for code in receipt.findings}
    refused = {receipt.file for receipt in defect.receipts if receipt.outcome == "rejected"}
    sent = [by_path[path] for path in defect.files if path not in refused]
    figures = reckon(sent, 2021, {file for file, code in held if code == "TEN_THOUSAND_FOLD"})
    for wanted in defect.figures:
        figure = figures[str(wanted["unit_code"]), str(wanted["indicator_code"])]
        for column, content in wanted.items():
            if column not in ("unit_code", "indicator_code", "period"):
                assert published(figure, column) == content, (wanted, column)


def published(figure: Figure, column: str) -> object:
    """A column of published.indicator_values, as the manifest writes it."""
    bounds = {"value": figure.value, "own_value": figure.own, "claimed_value": figure.claimed}
    content = bounds[column].value if column in bounds else getattr(figure, column)
    return f"{content:f}" if isinstance(content, Decimal) else content
