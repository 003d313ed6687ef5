"""A reason given afterwards releases a held figure: it counts, the reason is shown, a revision needs its own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from catalogue.load import load
from ingestion.collect import collect
from ingestion.explain import explain
from ingestion.landing import submit
from ingestion.units import load as load_units
from kexie.database import acting, ready
from kexie.errors import UserError
from kexie.home import Home
from kexie.roles import Role
from tests.conftest import NewDatabase

PEOPLE, VISITS = "contest_participant_count", "contest_participant_persontimes"
ADDED = "contest_invalid_sum"
HEADER = "unit_code,form,period,indicator_code,scope,value,low,high,state,status,note"


@pytest.fixture
def home(new_database: NewDatabase, tmp_path: Path) -> Home:
    home = new_database()
    (tmp_path / "units.csv").write_text(
        "unit_code,name,level,unit_type,parent_code,valid_from,valid_to\nA,甲县科协,county,territorial,,2000-01-01,\n",
        encoding="utf-8",
    )
    (tmp_path / "unit_events.csv").write_text("event_date,kind,from_code,to_code,weight\n", encoding="utf-8")
    engine = ready(home, Role.INGEST)
    load_units(engine, tmp_path)
    engine.dispose()
    return home


def _send(home: Home, folder: Path, name: str, added: int, note: str = "") -> None:
    figures = {PEOPLE: f"20000,,,,,{note}", VISITS: f"{added - 20_000},,,,,{note}", ADDED: f"{added},,,,,{note}"}
    rows = [HEADER, *(f"A,,2021,{indicator},own,{rest}" for indicator, rest in figures.items())]
    (folder / name).write_text("\n".join(rows) + "\n", encoding="utf-8")
    submit(home, [folder / name], "A")
    with acting(home, Role.INGEST) as engine:
        assert collect(home, engine, load(), lambda _line: None).left == []


def _asked(home: Home, role: Role, query: str) -> list[Any]:
    with acting(home, role) as engine, engine.connect() as connection:
        return list(connection.execute(text(query)).all())


def _held(home: Home) -> Iterable[tuple[str, int]]:
    return [tuple(row) for row in _asked(home, Role.INGEST, HELD)]


HELD = "select indicator_code, submission_id from landing.observation where is_held order by observation_id"
SHOWN = """
    select unit_name, indicator_code, value, reason_code, reason, given_in, explained_by, is_in_force
    from published.explanations
    order by explanation_id
"""


def _release(engine: Engine, submission: int, reason: str, indicator: str = ADDED) -> str:
    return explain(engine, load(), submission, indicator, "", reason, "").reason


def test_a_reason_releases_the_figure_and_is_shown_and_the_next_revision_needs_its_own(
    home: Home, tmp_path: Path
) -> None:
    _send(home, tmp_path, "first.csv", 120_000)
    [(_, submission)] = _held(home)
    with acting(home, Role.INGEST) as engine:
        with pytest.raises(UserError, match="says nothing"):
            _release(engine, submission, "其他")
        with pytest.raises(UserError, match=f"does not wait for a reason; these do: {ADDED}"):
            _release(engine, submission, "政策调整", PEOPLE)
        assert _release(engine, submission, "政策调整：并入新平台") == "政策调整：并入新平台"
        with pytest.raises(UserError, match="none of its figures does"):
            _release(engine, submission, "政策调整")
    assert _held(home) == []
    [(state, held)] = _asked(
        home,
        Role.OFFICE,
        "select state, held from published.reporting_status where form = 'rural_training' and period = '2021'",
    )
    assert (state, held) == ("accepted", 0)
    _send(home, tmp_path, "second.csv", 130_000)
    assert [indicator for indicator, _ in _held(home)] == [ADDED]
    _send(home, tmp_path, "third.csv", 140_000, "新增业务")
    assert _held(home) == [(ADDED, submission + 1)]
    assert [tuple(row) for row in _asked(home, Role.OFFICE, SHOWN)] == [
        ("甲县科协", ADDED, 120_000, "policy_changed", "政策调整：并入新平台", "command", "A", False),
        ("甲县科协", ADDED, 140_000, "new_business", "新增业务", "note", "A", True),
    ]
    with acting(home, Role.INGEST) as engine, pytest.raises(UserError, match="no longer in force"):
        _release(engine, submission + 1, "政策调整")
