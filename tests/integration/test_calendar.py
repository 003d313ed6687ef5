"""published.reporting_status says of every form, unit and period that is owed when it is due and whether it is in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from catalogue.load import load as load_catalogue
from catalogue.model import FOREVER, Calendar, FilingException, FilingRule, Frequency, Level, UnitType
from ingestion.collect import collect
from ingestion.filing_calendar import Source, keep_exceptions, sync_calendar
from ingestion.landing import submit
from ingestion.units import load as load_units
from ingestion.withdraw import withdraw
from kexie.database import ready
from kexie.errors import UserError
from reporting.completeness import LevelStatus, completeness
from tests.conftest import NewDatabase
from tests.integration.office import HEADER, quietly

FORM = "popularisation"

UNITS = """\
unit_code,name,level,unit_type,parent_code,valid_from,valid_to
P,示例省科协,province,territorial,,2000-01-01,
C,甲市科协,city,territorial,P,2000-01-01,
NOTHING,无报县科协,county,territorial,C,2000-01-01,
YEAR,年报县科协,county,territorial,C,2000-01-01,
HALF,半年报县科协,county,territorial,C,2000-01-01,
QUARTERS,季报县科协,county,territorial,C,2000-01-01,
MONTHS,月报县科协,county,territorial,C,2000-01-01,
BEGUN,新设县科协,county,territorial,C,2021-05-10,
ENDED,撤销县科协,county,territorial,C,2000-01-01,2021-01-20
RESENT,重报县科协,county,territorial,C,2000-01-01,
TAKEN_BACK,撤回县科协,county,territorial,C,2000-01-01,
"""
EVENTS = "event_date,kind,from_code,to_code,weight\n2021-01-20,close,ENDED,,1\n"

# unit, period, the day on which it came; in the order of sending
SENT = [
    ("C", "2020", "2021-01-15"),
    ("YEAR", "2021", "2021-03-31"),
    ("HALF", "2021-H1", "2021-07-15"),
    ("QUARTERS", "2021-Q1", "2021-04-15"),
    ("QUARTERS", "2021-Q2", "2021-07-16"),
    ("MONTHS", "2021-01", "2021-02-01"),
    ("MONTHS", "2021-02", "2021-03-01"),
    ("MONTHS", "2021-03", "2021-04-16"),
    ("MONTHS", "2021-04", "2021-05-01"),
    ("BEGUN", "2021-05", "2021-06-01"),
    ("BEGUN", "2021-06", "2021-07-01"),
    ("RESENT", "2021", "2022-01-31"),
    ("RESENT", "2021", "2022-03-01"),
    ("TAKEN_BACK", "2021", "2022-01-10"),
    ("TAKEN_BACK", "2021", "2022-02-01"),
]


@pytest.fixture(scope="module")
def engine(new_database: NewDatabase) -> Iterator[Engine]:
    home = new_database()
    engine = ready(home)
    (home.root / "units.csv").write_text(UNITS, encoding="utf-8")
    (home.root / "unit_events.csv").write_text(EVENTS, encoding="utf-8")
    load_units(engine, home.root)
    for number, (unit, period, _) in enumerate(SENT):
        file = home.root / f"{number:02}.csv"
        file.write_text(HEADER + f"{unit},,{period},sp_lecture_count,own,{number}\n", encoding="utf-8")
        submit(home, [file], unit)
    outcomes = collect(home, engine, load_catalogue(), quietly).outcomes
    assert dict(outcomes) == {"accepted": len(SENT)}
    with engine.begin() as connection:
        for number, (*_, day) in enumerate(SENT):
            came = text(
                "update landing.delivery set received_at = cast(:day as timestamptz) where file_name like :file"
            )
            connection.execute(came, {"day": f"{day} 23:59+08", "file": f"{number:02}%"})
        first = connection.scalar(
            text("select min(submission_id) from landing.submission where unit_code = 'TAKEN_BACK'")
        )
    withdraw(engine, first)
    yield engine
    engine.dispose()


@pytest.fixture
def warehouse(engine: Engine) -> Iterator[Connection]:
    """What came in, with a calendar that the test may change: nothing of it stays."""
    with engine.connect() as connection:
        yield connection
        connection.rollback()


def rule(frequency: str, due_months: int = 1, due_day: int = 15, **fields: object) -> FilingRule:
    every: dict[str, object] = {
        "code": frequency,
        "forms": (),
        "levels": tuple(Level),
        "unit_types": tuple(UnitType),
        "valid_from": date(1900, 1, 1),
        "valid_to": FOREVER,
    }
    known = {"frequency": Frequency(frequency), "due_months": due_months, "due_day": due_day}
    return FilingRule(**(every | known | fields))  # type: ignore[arg-type]


def exception(first: str, end: str, due: str = "", **who: str) -> FilingException:
    every = {"unit_code": "", "level": "", "unit_type": "", "form": ""}
    day = date.fromisoformat(due) if due else None
    span = date.fromisoformat(first), date.fromisoformat(end)
    return FilingException(**(every | who), due_date=day, reason=f"理由{due}", valid_from=span[0], valid_to=span[1])


def set_calendar(
    connection: Connection, rules: Sequence[FilingRule], exceptions: Sequence[FilingException] = ()
) -> None:
    sync_calendar(connection, replace(load_catalogue(), calendar=Calendar(tuple(rules), tuple(exceptions))))


def status(connection: Connection, unit: str, column: str, year: int = 2021) -> dict[str, object]:
    """Period → a column of the unit's rows for the form."""
    query = text(
        f"select period, {column} from published.reporting_status "
        "where unit_code = :unit and form = :form and left(period, 4) = :year order by period"
    )
    rows = connection.execute(query, {"unit": unit, "form": FORM, "year": str(year)})
    return {str(period): str(value) if isinstance(value, date) else value for period, value in rows}


# ---- what is owed, and when


def test_the_catalogue_asks_for_every_form_once_a_year_by_the_end_of_january(warehouse: Connection) -> None:
    assert status(warehouse, "NOTHING", "due_date") == {"2021": "2022-01-31"}
    assert status(warehouse, "NOTHING", "due_date", 2020) == {"2020": "2021-01-31"}


DUE = [
    (rule("half", 1, 20), {"2021-H1": "2021-07-20", "2021-H2": "2022-01-20"}),
    (
        rule("quarter", 1, 15),
        {"2021-Q1": "2021-04-15", "2021-Q2": "2021-07-15", "2021-Q3": "2021-10-15", "2021-Q4": "2022-01-15"},
    ),
    (rule("year", -1, 7), {"2021": "2021-11-07"}),
    (rule("year", 14, 29), {"2021": "2023-02-28"}),
    (rule("quarter", 0, 31), {"2021-Q1": "2021-03-31", "2021-Q2": "2021-06-30"}),
    (rule("month", 1, 31), {"2021-01": "2021-02-28", "2021-02": "2021-03-31", "2021-12": "2022-01-31"}),
]


@pytest.mark.parametrize(("asked", "due"), DUE, ids=[f"{it.code} {it.due_months} {it.due_day}" for it, _ in DUE])
def test_a_form_is_due_so_many_months_after_its_period_on_a_day_or_the_last_of_a_shorter_month(
    warehouse: Connection, asked: FilingRule, due: Mapping[str, str]
) -> None:
    set_calendar(warehouse, [asked])
    found = status(warehouse, "NOTHING", "due_date")
    assert len(found) == {"year": 1, "half": 2, "quarter": 4, "month": 12}[asked.frequency]
    assert found.items() >= due.items()


def test_an_old_year_is_judged_by_the_rule_of_its_day(warehouse: Connection) -> None:
    until, since = rule("year", valid_to=date(2021, 1, 1)), rule("half", valid_from=date(2021, 1, 1))
    set_calendar(warehouse, [until, since])
    assert [*status(warehouse, "NOTHING", "state", 2020)] == ["2020"]
    assert [*status(warehouse, "NOTHING", "state", 2021)] == ["2021-H1", "2021-H2"]


def test_a_rule_may_be_for_one_level_and_one_form(warehouse: Connection) -> None:
    set_calendar(warehouse, [rule("year"), rule("quarter", levels=(Level.COUNTY,), forms=(FORM,))])
    assert len(status(warehouse, "NOTHING", "state")) == 4
    assert [*status(warehouse, "C", "state")] == ["2021"]
    others = text(
        "select distinct period from published.reporting_status where unit_code = 'NOTHING' and form <> :form"
    )
    assert {"2020", "2021"} <= set(warehouse.scalars(others, {"form": FORM}))


@pytest.mark.parametrize(
    ("unit", "owed"),
    [("NOTHING", ["Q1", "Q2", "Q3", "Q4"]), ("BEGUN", ["Q2", "Q3", "Q4"]), ("ENDED", [])],
)
def test_a_unit_owes_the_periods_in_which_it_lived_to_the_end_of_a_month(
    warehouse: Connection, unit: str, owed: list[str]
) -> None:
    set_calendar(warehouse, [rule("quarter")])
    assert [*status(warehouse, unit, "state")] == [f"2021-{quarter}" for quarter in owed]


# ---- what has come


STATES = [
    ("a year filed fulfils its year", "YEAR", "year", ["accepted"]),
    ("a year filed fulfils its quarters", "YEAR", "quarter", ["accepted"] * 4),
    ("a year filed fulfils its months", "YEAR", "month", ["accepted"] * 12),
    ("a half filed is a part of its year", "HALF", "year", ["partial"]),
    ("a half filed fulfils its quarters alone", "HALF", "quarter", ["accepted", "accepted", "missing", "missing"]),
    ("two quarters filed fulfil their half", "QUARTERS", "half", ["accepted", "missing"]),
    (
        "months filed fulfil a quarter when all are in",
        "MONTHS",
        "quarter",
        ["accepted", "partial", "missing", "missing"],
    ),
    ("four months are not yet a half", "MONTHS", "half", ["partial", "missing"]),
    ("only the months in which a unit lived are owed", "BEGUN", "quarter", ["accepted", "missing", "missing"]),
    ("a unit that sent nothing is missing", "NOTHING", "half", ["missing", "missing"]),
]


@pytest.mark.parametrize(("unit", "frequency", "states"), [it[1:] for it in STATES], ids=[it[0] for it in STATES])
def test_what_was_filed_fulfils_the_periods_whose_months_it_covers(
    warehouse: Connection, unit: str, frequency: str, states: list[str]
) -> None:
    set_calendar(warehouse, [rule(frequency)])
    assert [*status(warehouse, unit, "state").values()] == states


ON_TIME = [
    ("on the day itself is on time", "QUARTERS", "quarter", [True, False, None, None]),
    ("a year sent early is on time for its quarters", "YEAR", "quarter", [True, True, True, True]),
    ("a quarter is in when its last month is", "MONTHS", "quarter", [False, None, None, None]),
    ("its months are each in by their own day", "MONTHS", "month", [True, True, False, True, *[None] * 8]),
    ("two quarters are in with the later one", "QUARTERS", "half", [False, None]),
]


@pytest.mark.parametrize(("unit", "frequency", "on_time"), [it[1:] for it in ON_TIME], ids=[it[0] for it in ON_TIME])
def test_on_time_is_who_had_filed_all_months_by_the_due_day(
    warehouse: Connection, unit: str, frequency: str, on_time: list[bool | None]
) -> None:
    set_calendar(warehouse, [rule(frequency)])
    assert [*status(warehouse, unit, "is_on_time").values()] == on_time


def test_a_revision_does_not_make_what_came_in_time_late(warehouse: Connection) -> None:
    assert status(warehouse, "RESENT", "is_on_time") == {"2021": True}
    assert status(warehouse, "RESENT", "received_at::date") == {"2021": "2022-03-01"}
    assert status(warehouse, "RESENT", "revisions") == {"2021": 2}


def test_what_was_withdrawn_was_never_sent_in_time(warehouse: Connection) -> None:
    assert status(warehouse, "TAKEN_BACK", "state") == {"2021": "accepted"}
    assert status(warehouse, "TAKEN_BACK", "is_on_time") == {"2021": False}


# ---- exceptions


YEAR_2021 = ("2021-01-01", "2022-01-01")
EXEMPT = [
    ("a unit", {"unit_code": "NOTHING"}, YEAR_2021, ["exempt"] * 4),
    ("another unit", {"unit_code": "YEAR"}, YEAR_2021, ["missing"] * 4),
    ("its level", {"level": "county"}, YEAR_2021, ["exempt"] * 4),
    ("another level", {"level": "city"}, YEAR_2021, ["missing"] * 4),
    ("its unit type", {"unit_type": "territorial"}, YEAR_2021, ["exempt"] * 4),
    ("another unit type", {"unit_type": "zone"}, YEAR_2021, ["missing"] * 4),
    ("the form", {"form": FORM}, YEAR_2021, ["exempt"] * 4),
    ("another form", {"form": "youth"}, YEAR_2021, ["missing"] * 4),
    ("everyone, one quarter", {}, ("2021-04-01", "2021-07-01"), ["missing", "exempt", "missing", "missing"]),
    ("everyone, a part of a quarter", {}, ("2021-04-01", "2021-06-01"), ["missing"] * 4),
    ("everyone, until it ends", {}, ("2020-01-01", "2021-10-01"), ["exempt", "exempt", "exempt", "missing"]),
]


@pytest.mark.parametrize(("who", "span", "states"), [it[1:] for it in EXEMPT], ids=[it[0] for it in EXEMPT])
def test_an_exemption_is_for_whom_and_for_when_it_says(
    warehouse: Connection, who: dict[str, str], span: tuple[str, str], states: list[str]
) -> None:
    set_calendar(warehouse, [rule("quarter")], [exception(*span, **who)])
    found = status(warehouse, "NOTHING", "state")
    assert [*found.values()] == states
    reasons = {period: "理由" if state == "exempt" else None for period, state in found.items()}
    assert status(warehouse, "NOTHING", "exception_reason") == reasons
    assert [period for period, due in status(warehouse, "NOTHING", "due_date").items() if due is None] == [
        period for period, state in found.items() if state == "exempt"
    ]


def test_another_due_day_makes_what_came_by_then_on_time(warehouse: Connection) -> None:
    set_calendar(warehouse, [rule("quarter")], [exception("2021-04-01", "2021-07-01", "2021-07-20")])
    assert status(warehouse, "QUARTERS", "due_date") == {
        "2021-Q1": "2021-04-15",
        "2021-Q2": "2021-07-20",
        "2021-Q3": "2021-10-15",
        "2021-Q4": "2022-01-15",
    }
    assert [*status(warehouse, "QUARTERS", "is_on_time").values()] == [True, True, None, None]


def test_the_last_exception_that_fits_holds_and_the_installations_before_the_catalogues(warehouse: Connection) -> None:
    february, march, april = (exception(*YEAR_2021, f"2022-{month}-10") for month in ("02", "03", "04"))
    set_calendar(warehouse, [rule("year")], [february, march])
    assert status(warehouse, "NOTHING", "due_date") == {"2021": "2022-03-10"}
    keep_exceptions(warehouse, Source.UNITS, [april])
    assert status(warehouse, "NOTHING", "due_date") == {"2021": "2022-04-10"}
    set_calendar(warehouse, [rule("year")], [])
    assert status(warehouse, "NOTHING", "due_date") == {"2021": "2022-04-10"}
    keep_exceptions(warehouse, Source.UNITS, [])
    assert status(warehouse, "NOTHING", "due_date") == {"2021": "2022-01-15"}


# ---- how complete a year is


@pytest.fixture
def calendar(engine: Engine) -> Iterator[Engine]:
    """The engine, for a test that commits another calendar; the catalogue's own comes back."""
    yield engine
    with engine.begin() as connection:
        sync_calendar(connection, load_catalogue())


def test_completeness_counts_each_period_owed_and_leaves_out_who_is_exempt(calendar: Engine) -> None:
    never = exception(*YEAR_2021, unit_code="NOTHING")
    with calendar.begin() as connection:
        set_calendar(connection, [rule("half", forms=(FORM,))], [never])
    said: list[str] = []
    levels = completeness(calendar, 2021, said.append)
    assert levels == [
        LevelStatus("province", 2, 0, 0),
        LevelStatus("city", 2, 0, 0),
        LevelStatus("county", 14, 9, 1),
    ]
    assert said[2] == "2021, county: 9 of 14 submissions received, 1 for a part of their period"
    assert said[3] == "2021: 2 units sent nothing: 甲市科协（C）、示例省科协（P）."


# ---- exceptions that an installation loads


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "units.csv").write_text(UNITS, encoding="utf-8")
    (tmp_path / "unit_events.csv").write_text(EVENTS, encoding="utf-8")
    return tmp_path


def write(folder: Path, *rows: str) -> Path:
    header = "unit_code,level,unit_type,form,period,due_date,reason,valid_to"
    (folder / "filing_exceptions.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return folder


def held(engine: Engine) -> list[tuple[object, ...]]:
    query = "select unit_code, level, form, due_date::text, reason, valid_from::text, valid_to::text"
    with engine.connect() as connection:
        rows = connection.execute(text(f"{query} from landing.filing_exception order by position"))
        return [tuple(row) for row in rows]


def test_exceptions_beside_the_units_replace_those_loaded_before(engine: Engine, folder: Path) -> None:
    loaded = load_units(
        engine,
        write(folder, "NOTHING,,,funds,2021-Q3,2021-11-30,水灾,", ",county,,party,2021,,机构改革,2024-01-01"),
    )
    assert loaded.exceptions == 2
    assert held(engine) == [
        ("NOTHING", None, "funds", "2021-11-30", "水灾", "2021-07-01", "2021-10-01"),
        (None, "county", "party", None, "机构改革", "2021-01-01", "2024-01-01"),
    ]
    (folder / "filing_exceptions.csv").unlink()
    assert load_units(engine, folder).exceptions is None
    assert len(held(engine)) == 2
    assert load_units(engine, write(folder)).exceptions == 0
    assert held(engine) == []


REFUSED = [
    ("X,,,,2021,,水灾,", "line 2: unit_code X is no unit; give the code of one, or none"),
    ("BEGUN,,,,2020,,水灾,", "line 2: BEGUN does not exist from 2020-01-01 to 2020-12-31; give another period"),
    ("C,city,,,2021,,水灾,", "line 2: it names a unit and a kind of unit; leave one of them empty"),
    (",village,,,2021,,水灾,", "line 2: level 'village' is unknown; use one of: province, city"),
    (",,club,,2021,,水灾,", "line 2: unit_type 'club' is unknown; use one of: territorial"),
    (",,,taxes,2021,,水灾,", "line 2: form 'taxes' is unknown; use one of: organisation"),
    (",,,,,,水灾,", "line 2: period '' is no period; write it like 2021, 2021-H1, 2021-Q3 or 2021-09"),
    (",,,,2021-13,,水灾,", "line 2: period '2021-13' is no period"),
    (",,,,2021,soon,水灾,", "line 2: due_date 'soon' is no day; write it like 2021-07-01"),
    (",,,,2021,,,", "line 2: reason is empty; say why"),
    (",,,,2021,2022-03-01,水灾,2023-01-01", "line 2: due_date is one day for one period; leave valid_to empty"),
    (",,,,2021,,水灾,2021-12-31", "line 2: valid_to 2021-12-31 must be after 2021 ends"),
    (",,,,2021,,水灾,\n,,,,2021,2022-03-01,水灾,", "line 3: it repeats line 2; keep one of them"),
]


@pytest.mark.parametrize(("rows", "sentence"), REFUSED, ids=[sentence[:60] for _, sentence in REFUSED])
def test_a_mistake_in_the_exceptions_is_named_and_nothing_is_loaded(
    engine: Engine, folder: Path, rows: str, sentence: str
) -> None:
    before = held(engine)
    (folder / "units.csv").write_text(UNITS + "NEW,新县科协,county,territorial,C,2000-01-01,\n", encoding="utf-8")
    with pytest.raises(UserError) as error:
        load_units(engine, write(folder, rows))
    assert f"filing_exceptions.csv, {sentence}" in str(error.value)
    assert held(engine) == before
    with engine.connect() as connection:
        assert connection.scalar(text("select count(*) from landing.unit_span where unit_code = 'NEW'")) == 0
