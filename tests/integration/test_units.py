"""The reporting tree is loaded and amended all or nothing, and every mistake is named with its file and line."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from catalogue.load import load as load_catalogue
from ingestion.filing_calendar import sync_calendar
from ingestion.units import load
from kexie.database import ready
from kexie.errors import UserError
from tests.conftest import NewDatabase

SPANS = """\
unit_code,name,level,unit_type,parent_code,valid_from,valid_to
P,示例省科协,province,territorial,,2000-01-01,
C1,甲市科协,city,territorial,P,2000-01-01,
C2,乙市科协,city,territorial,P,2000-01-01,
A,甲一县科协,county,territorial,C1,2000-01-01,
B,甲二县科协,county,territorial,C1,2000-01-01,
"""
EVENTS = "event_date,kind,from_code,to_code,weight\n"
B_ENDS = SPANS.replace(
    "B,甲二县科协,county,territorial,C1,2000-01-01,", "B,甲二县科协,county,territorial,C1,2000-01-01,2021-07-01"
)

Write = Callable[..., Path]


@pytest.fixture(scope="module")
def engine(new_database: NewDatabase) -> Engine:
    return ready(new_database())


@pytest.fixture
def empty(engine: Engine) -> Engine:
    with engine.begin() as connection:
        connection.execute(text("truncate landing.unit_span, landing.unit_event, landing.year_change"))
    return engine


@pytest.fixture
def folder(tmp_path: Path) -> Write:
    def write(spans: str, events: str = "") -> Path:
        (tmp_path / "units.csv").write_text(spans, encoding="utf-8")
        (tmp_path / "unit_events.csv").unlink(missing_ok=True)
        if events:
            (tmp_path / "unit_events.csv").write_text(EVENTS + events, encoding="utf-8")
        return tmp_path

    return write


def _rows(engine: Engine, query: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def _years(engine: Engine) -> dict[object, object]:
    return dict(_rows(engine, "select year, changed_seq from landing.year_change"))  # type: ignore[arg-type]


def _with_years(engine: Engine, *years: int) -> None:
    with engine.begin() as connection:
        insert = text("insert into landing.year_change (year, changed_seq) values (:year, 0)")
        connection.execute(insert, [{"year": year} for year in years])


# ---- loading and amending


def test_a_tree_is_loaded_without_events(empty: Engine, folder: Write) -> None:
    loaded = load(empty, folder(SPANS))
    assert (loaded.spans_changed, loaded.events_changed, loaded.units, loaded.years_touched) == (5, 0, 5, [])
    assert _rows(empty, "select unit_code, parent_code, valid_to from landing.unit_span where unit_code = 'A'") == [
        ("A", "C1", None)
    ]


def test_the_same_tree_again_changes_nothing(empty: Engine, folder: Write) -> None:
    load(empty, folder(SPANS))
    _with_years(empty, 2021)
    again = load(empty, folder(SPANS))
    assert (again.spans_changed, again.events_changed, again.years_touched) == (0, 0, [])
    assert _years(empty) == {2021: 0}


def test_an_amendment_touches_the_known_years_from_its_day_on(empty: Engine, folder: Write) -> None:
    load(empty, folder(SPANS))
    _with_years(empty, 2020, 2021, 2023)
    loaded = load(empty, folder(B_ENDS, "2021-07-01,merge,B,A,\n"))
    assert (loaded.spans_changed, loaded.events_changed, loaded.years_touched) == (1, 1, [2021, 2023])
    changed = _years(empty)
    assert changed[2020] == 0
    assert changed[2021] == changed[2023] != 0


def test_a_file_with_the_changed_rows_alone_amends(empty: Engine, folder: Write) -> None:
    load(empty, folder(SPANS))
    header = SPANS.splitlines()[0]
    spans = ("C1,2000-01-01,2021-07-01", "C2,2021-07-01,")
    moved = "\n".join([header, *(f"A,甲一县科协,county,territorial,{span}" for span in spans)])
    assert load(empty, folder(moved, "2021-07-01,move,A,A,1\n")).spans_changed == 2
    assert _rows(empty, "select count(*) from landing.unit_span") == [(6,)]


def test_a_wrong_end_can_be_put_right_and_taken_back(empty: Engine, folder: Write) -> None:
    load(empty, folder(B_ENDS, "2021-07-01,merge,B,A,\n"))
    load(empty, folder(B_ENDS.replace("2021-07-01", "2021-08-01"), "2021-08-01,close,B,,\n"))
    assert _rows(empty, "select event_date::text, kind from landing.unit_event") == [("2021-08-01", "close")]
    load(empty, folder(SPANS))
    assert _rows(empty, "select * from landing.unit_event") == []


def test_a_gb18030_file_from_a_spreadsheet_is_read(empty: Engine, folder: Write) -> None:
    path = folder(SPANS)
    (path / "units.csv").write_bytes(SPANS.encode("gb18030"))
    load(empty, path)
    assert _rows(empty, "select name from landing.unit_span where unit_code = 'A'") == [("甲一县科协",)]


def test_expected_forms_follow_the_catalogue(empty: Engine, folder: Write) -> None:
    load(empty, folder(SPANS))
    query = "select level, frequency, due_months, due_day from landing.form_expectation where form = 'party' order by 1"
    assert _rows(empty, query) == [("county", "year", 1, 31), ("province", "year", 1, 31)]
    with empty.begin() as connection:
        connection.execute(text("delete from landing.form_expectation where form = 'party'"))
        sync_calendar(connection, load_catalogue())
    assert len(_rows(empty, query)) == 2


# ---- refusals


REFUSED = [
    (
        SPANS.replace("county,territorial,C1", "village,territorial,C1", 1),
        "",
        "units.csv, line 5: level 'village' is unknown",
    ),
    (
        SPANS.replace("A,甲一县科协,county,territorial", "A,甲一县科协,county,club"),
        "",
        "line 5: unit_type 'club' is unknown",
    ),
    (SPANS.replace("P,2000-01-01", "P,2000-02-30", 1), "", "units.csv, line 3: valid_from '2000-02-30' is no day"),
    (SPANS + "D,丁县,county,territorial,C1,2001-01-01,2000-01-01\n", "", "line 7: valid_to 2000-01-01 must be after"),
    (SPANS + "../D,丁县,county,territorial,C1,2001-01-01,\n", "", "line 7: unit_code '../D' must be letters"),
    (SPANS + "A,甲一县科协,county,territorial,C2,2000-01-01,\n", "", "line 7: it repeats line 5"),
    (
        SPANS + "A,甲一县科协,county,territorial,C2,2010-01-01,\n",
        "",
        "A from 2010-01-01: overlaps the span from 2000-01-01",
    ),
    (
        B_ENDS + "B,甲二县科协,county,territorial,C1,2022-01-01,\n",
        "",
        "units.csv, line 7: B from 2022-01-01: leaves a gap after 2021-07-01",
    ),
    (
        SPANS.replace("county,territorial,C1", "county,territorial,C9"),
        "",
        "line 5: A from 2000-01-01: parent C9 is no unit",
    ),
    (
        SPANS.replace("C1,甲市科协,city,territorial,P,2000-01-01", "C1,甲市科协,city,territorial,P,2005-01-01"),
        "",
        "line 5: A from 2000-01-01: parent C1 does not exist on 2000-01-01",
    ),
    (
        SPANS.replace("C1,甲市科协,city,territorial,P,", "C1,甲市科协,city,territorial,A,"),
        "",
        "line 3: C1 from 2000-01-01: hangs under itself: C1 under A under C1",
    ),
    (
        SPANS.replace("P,示例省科协,province,territorial,,", "P,示例省科协,province,territorial,A,"),
        "",
        "there is no root; leave parent_code empty for the province",
    ),
    (
        SPANS
        + "".join(f"D{n},丁,township,territorial,{'A' if n == 1 else f'D{n - 1}'},2000-01-01,\n" for n in range(1, 5)),
        "",
        "line 10: D4 from 2000-01-01: is deeper than 6 levels: D4 under D3 under D2 under D1 under A under C1 under P",
    ),
    (B_ENDS, "", "line 6: B from 2000-01-01: ends on 2021-07-01 without an event"),
    (
        SPANS,
        "2021-07-01,close,B,,\n",
        "unit_events.csv, line 2: close of B: B does not end; event_date must be its valid_to",
    ),
    (B_ENDS, "2021-07-02,close,B,,\n", "unit_events.csv, line 2: close of B: B ends on 2021-07-01; event_date must be"),
    (B_ENDS, "2021-07-01,gone,B,,\n", "unit_events.csv, line 2: kind 'gone' is unknown"),
    (B_ENDS, "2021-07-01,close,B,A,\n", "close of B: a close has no successor"),
    (B_ENDS, "2021-07-01,merge,B,,\n", "merge of B: a merge needs a successor"),
    (B_ENDS, "2021-07-01,merge,B,Z,\n", "merge of B: to_code Z is no unit"),
    (B_ENDS, "2021-07-01,merge,B,A,0.5\n", "merge of B: the weight of a merge is 1"),
    (B_ENDS, "2021-07-01,rename,B,A,\n2021-07-01,rename,B,C2,\n", "rename of B: a rename has one successor, not A, C2"),
    (B_ENDS, "2021-07-01,split,B,A,0.6\n2021-07-01,split,B,C2,0.5\n", "the weights of the split of B sum to 1.1"),
    (B_ENDS, "2021-07-01,split,B,B,1\n", "split of B: B cannot be its own successor"),
    (B_ENDS, "2021-07-01,merge,B,A,\n2021-07-01,close,B,,\n", "of B: B ended before, by a"),
    (B_ENDS, "2021-07-01,merge,B,A,zero\n", "line 2: weight 'zero' must be above 0 and at most 1"),
    (SPANS, "2021-07-01,move,A,,\n", "move of A: no span of A ends on 2021-07-01"),
    (SPANS, "2021-07-01,close,Z,,\n", "close of Z: from_code Z is no unit"),
    (
        B_ENDS + "N,新县科协,county,territorial,C1,2021-08-01,\n",
        "2021-07-01,merge,B,N,\n",
        "merge of B: successor N does not exist on 2021-07-01",
    ),
    (SPANS.replace("unit_type,", ""), "", "units.csv, line 1: the header must be unit_code,name,level,unit_type"),
    (SPANS + "D,丁县\n", "", "units.csv, line 7: it has 2 fields, the header has 7"),
    (
        SPANS + 'D,"丁县,county,territorial,C1,2000-01-01,\nE,戊县,county,territorial,C1,2000-01-01,\n',
        "",
        "units.csv, line 7: it cannot be split into fields (unexpected end of data); check its double quotes",
    ),
    (
        SPANS + f"D,{'丁' * 200_000},county,territorial,C1,2000-01-01,\n",
        "",
        "units.csv, line 7: it cannot be split into fields (field larger than field limit",
    ),
    (
        SPANS + 'D,"丁\n县",county,territorial,C1,2000-01-01,\n',
        "",
        "units.csv, line 7: name holds a line break or another control character",
    ),
    (B_ENDS, "2021-07-01,split,B,A,1e-4000\n2021-07-01,split,B,C2,0.4\n", "line 2: weight '1e-4000' is too fine"),
    (
        B_ENDS,
        f"2021-07-01,split,B,A,1e-31\n2021-07-01,split,B,C2,0.{'9' * 45}\n",
        "the weights of the split of B sum to 1.000",
    ),
]


@pytest.mark.parametrize(("spans", "events", "sentence"), REFUSED, ids=[sentence[-60:] for *_, sentence in REFUSED])
def test_a_mistake_is_refused_with_its_line_and_nothing_is_loaded(
    empty: Engine, folder: Write, spans: str, events: str, sentence: str
) -> None:
    with pytest.raises(UserError) as error:
        load(empty, folder(spans, events))
    assert sentence in str(error.value)
    assert _rows(empty, "select * from landing.unit_span") == []


def test_all_mistakes_are_listed_at_once(empty: Engine, folder: Write) -> None:
    broken = SPANS.replace("A,甲一县科协,county", "A,甲一县科协,village").replace(
        "B,甲二县科协,county", "B,甲二县科协,hamlet"
    )
    with pytest.raises(UserError) as error:
        load(empty, folder(broken))
    assert [line.split(":")[0] for line in str(error.value).splitlines()[1:]] == [
        "units.csv, line 5",
        "units.csv, line 6",
    ]


def test_a_row_loaded_before_is_told_apart_from_the_files(empty: Engine, folder: Write) -> None:
    load(empty, folder(SPANS))
    ends = f"{SPANS.splitlines()[0]}\nC1,甲市科协,city,territorial,P,2000-01-01,2021-07-01\n"
    with pytest.raises(UserError) as error:
        load(empty, folder(ends, "2021-07-01,merge,C1,C2,\n"))
    assert "units.csv, a row loaded before: A from 2000-01-01: parent C1 does not exist on 2021-07-01" in str(
        error.value
    )


def test_a_parent_may_change_its_name_while_it_lasts(empty: Engine, folder: Write) -> None:
    renamed = SPANS.replace(
        "C1,甲市科协,city,territorial,P,2000-01-01,",
        "C1,甲市科协,city,territorial,P,2000-01-01,2010-01-01\nC1,新甲市科协,city,territorial,P,2010-01-01,",
    )
    assert load(empty, folder(renamed)).spans_changed == 6


def test_a_folder_without_units_is_refused(empty: Engine, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"units\.csv is missing"):
        load(empty, tmp_path)
