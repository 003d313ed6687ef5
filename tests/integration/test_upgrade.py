"""A warehouse of an earlier revision, with data in it, comes up under this program and says what it said."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from kexie.database import database_url, head_revision, ready
from kexie.home import Home
from kexie.postgres import binaries
from tests.conftest import NewDatabase
from tests.fixtures.upgrade.expected import narrowed, seen

FIXTURE = Path(__file__).parents[1] / "fixtures" / "upgrade"
OLD_OFFICE = "kexie_office"


@pytest.fixture(scope="module")
def old_warehouse(unmigrated_database: NewDatabase) -> Home:
    """The fixture's database at revision 0003, as its dump restores it."""
    home = unmigrated_database()
    url = database_url(home)
    owner = create_engine(url, isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        if not connection.scalar(text("select 1 from pg_roles where rolname = :name"), {"name": OLD_OFFICE}):
            connection.execute(text(f"create role {OLD_OFFICE} login"))
    restored = subprocess.run(
        (binaries() / "psql", "-qX", "-v", "ON_ERROR_STOP=1", "-d", url.replace("+psycopg", "")),
        input=gzip.decompress((FIXTURE / "warehouse_0003.sql.gz").read_bytes()),
        capture_output=True, check=False,
    )  # fmt: skip
    assert restored.returncode == 0, restored.stderr
    with owner.connect() as connection:
        assert connection.scalar(text("select version_num from alembic_version")) == "0003"
    owner.dispose()
    return home


def test_what_was_published_stays_as_it_was_with_its_history_and_its_trace(old_warehouse: Home) -> None:
    engine = ready(old_warehouse)
    with engine.connect() as connection:
        assert connection.scalar(text("select version_num from alembic_version")) == head_revision()
    expected = json.loads((FIXTURE / "expected.json").read_text())
    assert narrowed(seen(engine), expected) == expected
    engine.dispose()


def test_building_it_all_again_moves_no_figure(old_warehouse: Home) -> None:
    command = (sys.executable, "-m", "kexie.cli", "run", "--year", "2020", "--year", "2021")
    environment = os.environ | old_warehouse.environment()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    engine = ready(old_warehouse)
    expected = json.loads((FIXTURE / "expected.json").read_text())
    # That revision published no parts of years.
    years = [_figure(row) for row in seen(engine)["figures"] if len(row["period"]) == 4]
    assert years == [_figure(row) for row in expected["figures"]]
    engine.dispose()


def _figure(row: dict[str, str]) -> tuple[str, ...]:
    return row["unit_code"], row["indicator_code"], row["period"], row["value"], row["low"], row["high"], row["basis"]
