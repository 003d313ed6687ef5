"""What tests of every folder share: one embedded server for the session, and fresh databases in it."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from kexie import postgres
from kexie.database import database_url, ready
from kexie.home import Home

NewDatabase = Callable[[], Home]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """An instance whose embedded server runs; its own database stays empty."""
    home = Home(tmp_path_factory.mktemp("server"))
    postgres.start(home)
    yield home
    postgres.stop(home)


@pytest.fixture(scope="session")
def new_database(server: Home, tmp_path_factory: pytest.TempPathFactory) -> NewDatabase:
    """Call it for an instance with a fresh migrated database: a copy of one that was migrated once."""
    numbers = count(1)
    template = _create(server, "template", tmp_path_factory.mktemp("template"), "template0")
    ready(template).dispose()

    def make() -> Home:
        name = f"test_{next(numbers)}"
        return _create(server, name, tmp_path_factory.mktemp(name), "template")

    return make


@pytest.fixture(scope="session")
def unmigrated_database(server: Home, tmp_path_factory: pytest.TempPathFactory) -> NewDatabase:
    """Call it for an instance whose database is there and empty."""
    numbers = count(1)

    def make() -> Home:
        name = f"unmigrated_{next(numbers)}"
        return _create(server, name, tmp_path_factory.mktemp(name), "template0")

    return make


def _create(server: Home, name: str, root: Path, template: str) -> Home:
    url = database_url(server)
    owner = create_engine(url, isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.execute(text(f"create database {name} template {template}"))
    owner.dispose()
    return Home(root, database_url=owner.url.set(database=name).render_as_string(hide_password=False))
