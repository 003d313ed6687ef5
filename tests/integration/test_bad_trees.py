"""A folder whose tree is wrong is refused by `kexie units load` with the rows named, and nothing of it is loaded."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from kexie.database import ready
from kexie.home import Home
from tests.conftest import NewDatabase

KEXIE = Path(sys.executable).with_name("kexie")

HEADER = "unit_code,name,level,unit_type,parent_code,valid_from,valid_to\n"
PROVINCE = "P,示例省科协,province,territorial,,2000-01-01,\n"
CITIES = "C1,甲市科协,city,territorial,P,2000-01-01,\nC2,乙市科协,city,territorial,P,2000-01-01,\n"
COUNTIES = "A,甲一县科协,county,territorial,C1,2000-01-01,\nB,甲二县科协,county,territorial,C1,2000-01-01,\n"
SOUND = HEADER + PROVINCE + CITIES + COUNTIES
B_ENDS = "B,甲二县科协,county,territorial,C1,2000-01-01,2021-07-01\n"
EVENTS = "event_date,kind,from_code,to_code,weight\n"

# Whatever a refused folder says besides is right: a new unit, a move, an exception from the calendar.
NEW_UNIT = "N,新县科协,county,territorial,C2,2020-01-01,\n"
EXCEPTIONS = """\
unit_code,level,unit_type,form,period,due_date,reason,valid_to
C1,,,popularisation,2021,2022-03-31,受灾，推迟报送,
"""

# What is wrong, as (rows of units.csv, rows of unit_events.csv, the words of the refusal).
NEW_TREES = {
    "a cycle": (
        HEADER
        + PROVINCE
        + "C1,甲市科协,city,territorial,A,2000-01-01,\n"
        + COUNTIES
        + "C2,乙市科协,city,territorial,P,2000-01-01,\n",
        "",
        [
            "units.csv, line 3: C1 from 2000-01-01: hangs under itself: C1 under A under C1; give another parent_code; "
            "see units.csv, line 4 (A from 2000-01-01, under C1).",
            "units.csv, line 4: A from 2000-01-01: hangs under itself: A under C1 under A; give another parent_code; "
            "see units.csv, line 3 (C1 from 2000-01-01, under A).",
        ],
    ),
    "two spans that overlap": (
        SOUND + "A,甲一县科协,county,territorial,C2,2010-01-01,\n",
        "",
        [
            "units.csv, line 7: A from 2010-01-01: overlaps the span from 2000-01-01 that does not end; "
            "end that one on 2010-01-01; see units.csv, line 5 (A from 2000-01-01, under C1).",
        ],
    ),
    "a parent that never was": (
        SOUND.replace("A,甲一县科协,county,territorial,C1", "A,甲一县科协,county,territorial,C9"),
        "",
        ["units.csv, line 5: A from 2000-01-01: parent C9 is no unit; give the code of one."],
    ),
    "a successor that never was": (
        HEADER + PROVINCE + CITIES + COUNTIES.splitlines()[0] + "\n" + B_ENDS,
        "2021-07-01,merge,B,Z,\n",
        ["unit_events.csv, line 2: merge of B: to_code Z is no unit; give the code of the successor."],
    ),
    "an event of a unit that never was": (
        SOUND,
        "2021-07-01,close,Z,,\n",
        [
            "unit_events.csv, line 2: close of Z: from_code Z is no unit; "
            "give the code of the unit that it happened to.",
        ],
    ),
    "weights that do not sum to 1": (
        HEADER + PROVINCE + CITIES + COUNTIES.splitlines()[0] + "\n" + B_ENDS,
        "2021-07-01,split,B,A,0.6\n2021-07-01,split,B,C2,0.3\n",
        [
            "unit_events.csv, line 2: split of B: the weights of the split of B sum to 0.9; "
            "they must sum to exactly 1; see unit_events.csv, line 3 (split of B into C2, weight 0.3).",
        ],
    ),
}

# Rows that are wrong together with those of SOUND, loaded before.
AMENDMENTS = {
    "a cycle": (
        HEADER + "C1,甲市科协,city,territorial,A,2000-01-01,\n",
        "",
        [
            "units.csv, line 2: C1 from 2000-01-01: hangs under itself: C1 under A under C1; give another parent_code; "
            "see units.csv, a row loaded before (A from 2000-01-01, under C1).",
            "units.csv, a row loaded before: A from 2000-01-01: hangs under itself: A under C1 under A; "
            "give another parent_code; see units.csv, line 2 (C1 from 2000-01-01, under A).",
        ],
    ),
    "a span that overlaps a later row": (
        HEADER + "A,甲一县科协,county,territorial,C2,2010-01-01,\n",
        "",
        [
            "units.csv, line 2: A from 2010-01-01: overlaps the span from 2000-01-01 that does not end; "
            "end that one on 2010-01-01; see units.csv, a row loaded before (A from 2000-01-01, under C1).",
        ],
    ),
    "a span that overlaps an earlier row": (
        HEADER
        + "A,甲一县科协,county,territorial,C2,1990-01-01,2005-01-01\n"
        + "P,示例省科协,province,territorial,,1990-01-01,2000-01-01\n"
        + "C2,乙市科协,city,territorial,P,1990-01-01,2000-01-01\n",
        "",
        [
            "units.csv, a row loaded before: A from 2000-01-01: overlaps the span from 1990-01-01 to 2005-01-01; "
            "end that one on 2000-01-01; see units.csv, line 2 (A from 1990-01-01, under C2).",
        ],
    ),
    "a parent that ends under its county": (
        HEADER + "C1,甲市科协,city,territorial,P,2000-01-01,2021-07-01\n",
        "2021-07-01,merge,C1,C2,\n",
        [
            f"units.csv, a row loaded before: {code} from 2000-01-01: parent C1 does not exist on 2021-07-01; "
            "end the span then, or give another parent; see units.csv, line 2 (C1 from 2000-01-01, under P)."
            for code in "AB"
        ],
    ),
    "a parent that never was": (
        HEADER + "A,甲一县科协,county,territorial,C9,2000-01-01,\n",
        "",
        ["units.csv, line 2: A from 2000-01-01: parent C9 is no unit; give the code of one."],
    ),
    "a successor that begins too late": (
        HEADER + B_ENDS + "M,丁县科协,county,territorial,C1,2021-08-01,\n",
        "2021-07-01,merge,B,M,\n",
        [
            "unit_events.csv, line 2: merge of B: successor M does not exist on 2021-07-01; "
            "it must on the day of the event; see units.csv, line 3 (M from 2021-08-01, under C1).",
        ],
    ),
    "weights that do not sum to 1": (
        HEADER + B_ENDS,
        "2021-07-01,split,B,A,0.6\n2021-07-01,split,B,C2,0.5\n",
        [
            "unit_events.csv, line 2: split of B: the weights of the split of B sum to 1.1; "
            "they must sum to exactly 1; see unit_events.csv, line 3 (split of B into C2, weight 0.5).",
        ],
    ),
}  # fmt: skip

Load = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def home(new_database: NewDatabase) -> Home:
    return new_database()


@pytest.fixture
def load(home: Home, tmp_path: Path) -> Load:
    """`kexie units load` of a folder with these rows, with an exception from the calendar where one is given."""

    def run(units: str, events: str = "", exceptions: str = "") -> subprocess.CompletedProcess[str]:
        for name, content in (("units", units), ("unit_events", EVENTS + events), ("filing_exceptions", exceptions)):
            (tmp_path / f"{name}.csv").unlink(missing_ok=True)
            if content:
                (tmp_path / f"{name}.csv").write_text(content, encoding="utf-8")
        return subprocess.run(
            [KEXIE, "units", "load", tmp_path],
            env=os.environ | home.environment(), capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    return run


@pytest.fixture
def empty(home: Home) -> Home:
    engine = ready(home)
    with engine.begin() as connection:
        connection.execute(text("truncate landing.unit_span, landing.unit_event, landing.filing_exception"))
    engine.dispose()
    return home


def loaded(home: Home) -> dict[str, list[tuple[Any, ...]]]:
    """Every row that loading a folder may write."""
    tables = ("unit_span", "unit_event", "filing_exception", "form_expectation", "year_change")
    engine = ready(home)
    with engine.connect() as connection:
        rows = {name: connection.execute(text(f"select * from landing.{name}")) for name in tables}
        found = {name: sorted((tuple(row) for row in rows[name]), key=repr) for name in tables}
    engine.dispose()
    return found


def refused(said: subprocess.CompletedProcess[str]) -> list[str]:
    assert (said.returncode, said.stdout) == (1, "")
    assert "Traceback" not in said.stderr
    first, *sentences = said.stderr.splitlines()
    assert first.endswith("were not loaded:")
    return sentences


@pytest.mark.parametrize("wrong", NEW_TREES)
def test_a_new_tree_that_is_wrong_is_refused_with_its_rows_and_nothing_is_loaded(
    empty: Home, load: Load, wrong: str
) -> None:
    units, events, sentences = NEW_TREES[wrong]
    before = loaded(empty)
    assert refused(load(units + NEW_UNIT, events, EXCEPTIONS)) == sentences
    assert loaded(empty) == before


@pytest.mark.parametrize("wrong", AMENDMENTS)
def test_an_amendment_that_is_wrong_with_what_was_loaded_names_both_rows_and_nothing_is_loaded(
    empty: Home, load: Load, wrong: str
) -> None:
    units, events, sentences = AMENDMENTS[wrong]
    assert load(SOUND, exceptions=EXCEPTIONS.replace("03-31", "02-28")).returncode == 0
    before = loaded(empty)
    assert len(before["filing_exception"]) == 1
    assert refused(load(units + NEW_UNIT, events, EXCEPTIONS)) == sentences
    assert loaded(empty) == before


def test_what_the_refused_folders_say_besides_is_right(empty: Home, load: Load) -> None:
    assert load(SOUND + NEW_UNIT, exceptions=EXCEPTIONS).returncode == 0
    assert (len(loaded(empty)["unit_span"]), len(loaded(empty)["filing_exception"])) == (6, 1)
