"""The check-up names the seeded faults of drafts rightly, and raises nothing in drafts that are true."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from kexie.database import acting
from kexie.roles import Role
from tests.conftest import NewDatabase
from tests.spec.drafted_province import build
from tests.spec.drafts import KINDS
from tests.spec.scored_drafts import score

# Not the seeds on which limits and words were chosen.
PROVINCE = 77
TRUE_DRAFTS, FAULTY_DRAFTS = range(5000, 5020), range(6000, 6040)
RIGHTLY = 0.97


@pytest.fixture(scope="module")
def office(new_database: NewDatabase) -> Iterator[Connection]:
    home = new_database()
    build(home, PROVINCE)
    with acting(home, Role.OFFICE) as engine, engine.connect() as connection:
        yield connection


def test_a_true_draft_raises_nothing(office: Connection) -> None:
    result = score(office, TRUE_DRAFTS)
    assert result.figures > 600
    assert result.alarms == []


def test_seeded_faults_are_named_rightly_and_nothing_else_is_raised(office: Connection) -> None:
    result = score(office, FAULTY_DRAFTS, KINDS)
    assert result.seeded.total() > 220
    assert set(result.seeded) == set(KINDS)
    assert result.rate >= RIGHTLY, "\n".join(result.missed)
    assert result.alarms == []
