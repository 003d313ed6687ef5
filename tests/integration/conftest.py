"""What several tests of this folder share."""

from collections.abc import Iterator

import pytest

from tests.conftest import NewDatabase
from tests.integration.office import Office


@pytest.fixture
def office(new_database: NewDatabase) -> Iterator[Office]:
    """An office whose database no other test has touched; a module may share one of its own instead."""
    office = Office(new_database())
    yield office
    office.engine.dispose()
