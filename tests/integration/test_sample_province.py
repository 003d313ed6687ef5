"""The sample province through the warehouse: what each receipt says, and the figures the office then reads."""

from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Engine, text

from catalogue.load import load
from ingestion import landing, units
from ingestion.collect import collect
from kexie.database import acting, ready
from kexie.home import Home
from kexie.roles import Role
from pipeline.record import Run
from pipeline.steps import run_once
from sample_province import generate, names
from sample_province.defects import Defect
from sample_province.deliveries import Delivery
from sample_province.units import PROVINCE
from tests.conftest import NewDatabase
from tests.sample_figures import planted, rollup, watched

FIGURE_COLUMNS = ("own_value", "own_low", "own_high", "computed_value", "claimed_value", "value", "low", "high")
OTHER_COLUMNS = ("basis", "units_expected", "units_reported", "units_covered", "is_inherited")


class Answer(NamedTuple):
    """What came of one file."""

    outcome: str
    findings: set[str]


def silent(_line: str) -> None:
    pass


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("sample")
    generate.write(target)
    return target


def send(home: Home, engine: Engine, sample: Path, deliveries: Iterable[Delivery]) -> None:
    """Load the units, submit the files in order and collect them."""
    units.load(engine, sample / generate.UNITS)
    for submitter, together in groupby(deliveries, key=lambda delivery: delivery.submitter):
        landing.submit(home, [sample / delivery.path for delivery in together], submitter)
    assert collect(home, engine, load(), silent).left == []


def answers(engine: Engine) -> dict[str, Answer]:
    """What came of every file, by its path in the sample."""
    query = text(
        """
        select delivery.submitter_code, delivery.file_name, delivery.outcome, delivery.receipt_name,
            coalesce(array_agg(finding.code) filter (where finding.code is not null), '{}') as codes
        from landing.delivery left join landing.finding using (delivery_seq)
        group by delivery.delivery_seq
        """
    )
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    assert all(row.receipt_name for row in rows)
    return {f"inbox/{row.submitter_code}/{row.file_name}": Answer(row.outcome, set(row.codes)) for row in rows}


@pytest.mark.parametrize("defect", planted().defects, ids=lambda defect: defect.name)
def test_a_mistakes_files_alone_get_the_receipts_that_the_manifest_says(
    defect: Defect, new_database: NewDatabase, sample: Path
) -> None:
    home = new_database()
    engine = ready(home, Role.INGEST)
    by_path = {delivery.path: delivery for delivery in planted().deliveries}
    send(home, engine, sample, [by_path[path] for path in defect.files])
    found = answers(engine)
    engine.dispose()
    assert found.keys() == set(defect.files)
    for receipt in defect.receipts:
        assert found[receipt.file].outcome == receipt.outcome
        assert set(receipt.findings) <= found[receipt.file].findings
    unnamed = set(defect.files) - {receipt.file for receipt in defect.receipts}
    assert {found[path].outcome for path in unnamed} <= {"accepted"}


@pytest.fixture(scope="module")
def warehouse(new_database: NewDatabase, sample: Path) -> Iterable[Engine]:
    """All files collected and both years published."""
    home = new_database()
    with acting(home, Role.INGEST) as ingest:
        send(home, ingest, sample, planted().deliveries)
    run_once(home, (2020, 2021), Run.now("test"), silent)
    engine = ready(home)
    yield engine
    engine.dispose()


def test_every_file_is_accepted_but_for_the_planted_mistakes(warehouse: Engine) -> None:
    expected = {delivery.path: "accepted" for delivery in planted().deliveries}
    expected |= {receipt.file: receipt.outcome for defect in planted().defects for receipt in defect.receipts}
    assert {path: answer.outcome for path, answer in answers(warehouse).items()} == expected


@pytest.mark.parametrize("line", [line for line in load().report_lines.values() if 2021 in line.printed])
def test_the_published_figure_lies_where_the_report_says(warehouse: Engine, line: Any) -> None:  # noqa: ANN401
    row = published(warehouse, 2021)[PROVINCE, line.indicator]
    bounds = line.printed[2021].expected
    if row["low"] == row["high"]:
        assert bounds.holds(row["value"])
    else:
        assert bounds.low is None or row["low"] >= bounds.low
        assert bounds.high is None or row["high"] <= bounds.high


@pytest.mark.parametrize("year", [2020, 2021])
def test_every_published_figure_is_the_references(warehouse: Engine, year: int) -> None:
    found = published(warehouse, year)
    wanted = rollup(year)
    assert found.keys() == wanted.keys()
    differing = []
    for key, figure in wanted.items():
        numbers = (*figure.own, figure.computed.value, figure.claimed.value, *figure.value)
        expected: dict[str, Any] = dict(zip(FIGURE_COLUMNS, numbers, strict=True))
        expected |= {column: getattr(figure, column) for column in OTHER_COLUMNS}
        differing += [
            (*key, column, found[key][column], content)
            for column, content in expected.items()
            if found[key][column] != content
        ]
    assert differing == []


def published(engine: Engine, year: int) -> dict[tuple[str, str], dict[str, Decimal | str | int | bool | None]]:
    """The figures of a year, of the indicators that the reference reckons too."""
    query = text("select * from published.indicator_values where period = :period and indicator_code = any(:codes)")
    with engine.connect() as connection:
        rows = connection.execute(query, {"period": str(year), "codes": sorted(watched())}).mappings().all()
    return {(row["unit_code"], row["indicator_code"]): dict(row) for row in rows}


def test_the_provinces_fifty_communities_can_be_named_and_set_beside_what_counties_claim(warehouse: Engine) -> None:
    of_list = f"indicator_code = '{names.LIST}' and period = '2021'"
    listed = f"""
        select count(*), count(*) filter (where is_valid), count(distinct located_in)
        from published.list_names where {of_list}
    """
    claims = f"""
        select unit_code, claimed_count, listed_count from published.list_reconciliation
        where {of_list} and unit_level = 'county' and unit_code < '990105' order by unit_code
    """
    with warehouse.connect() as connection:
        assert tuple(connection.execute(text(listed)).one()) == (50, 45, 50)
        assert [tuple(row) for row in connection.execute(text(claims))] == [
            ("990101", 1, 1),
            ("990102", 1, 1),
            ("990103", 1, 1),
            ("990104", 0, 0),
        ]
