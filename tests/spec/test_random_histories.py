"""Random histories: the terms of every difference add up to it exactly, and each reason is one that happened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import combinations
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from catalogue.model import ChangeReason
from kexie.database import acting
from kexie.home import Home
from kexie.roles import Role
from tests.reference.periods import months
from tests.reference.provinces import random_province
from tests.spec.histories import live_through
from tests.spec.random_histories import AMENDED, history_of

Key = tuple[str, str, str]
NOTHING = (None, None, None)
EVERYBODY_HAS_TIME = {"period": "2021", "due_date": "2099-12-31", "reason": "试验"}


@dataclass(frozen=True)
class Published:
    """All figures of a moment, as value, low and high, and the keys of those that rest on a leaf without a value."""

    figures: Mapping[Key, tuple[Decimal | None, ...]]
    valueless: set[Key]


@dataclass(frozen=True)
class Facts:
    """When each submission came and was withdrawn, and by when a unit owed a form for a month of a year."""

    received: Mapping[int, datetime]
    withdrawn: Mapping[int, datetime]
    due: Mapping[tuple[str, str, int, int], date]


# One publish takes seconds, so an example is several provinces, and a failing one is not shrunk.
@settings(
    max_examples=1,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
@given(seeds=st.lists(st.integers(0, 2**32 - 1), min_size=4, max_size=4, unique=True))
def test_terms_add_up_and_every_reason_happened(new_database: Callable[[], Home], seeds: list[int]) -> None:
    home = new_database()
    drawn = [random_province(seed, size=14) for seed in seeds]
    histories = [history_of(province, is_late=number % 2 == 0) for number, province in enumerate(drawn)]
    histories[0][0].exceptions.insert(0, EVERYBODY_HAS_TIME)
    moments = live_through(home, histories, [province.root for province in drawn])
    with acting(home, Role.OWNER) as owner, owner.connect() as connection:
        published = [as_published(connection, moment) for moment in moments]
        known = facts(connection)
        told: set[str] = set()
        for first, last in combinations(range(len(moments)), 2):
            between = {"first": moments[first], "last": moments[last]}
            assert_terms_add_up(connection, between, published[first], published[last])
            told |= assert_reasons_happened(connection, between, known, is_amended=first < AMENDED <= last)
    assert told == set(ChangeReason) - {ChangeReason.DEFINITION}


def as_published(connection: Connection, moment: datetime) -> Published:
    figures = connection.execute(text("select * from published.as_of(:moment)"), {"moment": moment})
    valueless = connection.execute(text(VALUELESS), {"moment": moment})
    return Published(
        {(row.unit_code, row.indicator_code, row.period): (row.value, row.low, row.high) for row in figures},
        {(row.unit_code, row.indicator_code, row.period) for row in valueless},
    )


def assert_terms_add_up(
    connection: Connection, between: dict[str, datetime], before: Published, after: Published
) -> None:
    told: dict[Key, list[Any]] = defaultdict(list)
    for row in connection.execute(text("select * from published.changes(:first, :last)"), between):
        told[row.unit_code, row.indicator_code, row.period].append(row)
    for key in before.figures.keys() | after.figures.keys():
        was, is_now = before.figures.get(key, NOTHING), after.figures.get(key, NOTHING)
        rows = told.pop(key, [])
        assert rows or was == is_now, f"{key} changed from {was} to {is_now} without a reason"
        for row in rows:
            assert (row.before_value, row.after_value) == (was[0], is_now[0])
            assert row.difference == difference(key, before, after), key
        if rows and rows[0].difference is not None:
            assert sum(row.term for row in rows) == rows[0].difference, key
        assert len({row.reason for row in rows}) == len(rows)
    assert not told


def difference(key: Key, before: Published, after: Published) -> Decimal | None:
    """From nothing or to nothing counts as from and to 0; to or from a figure without a value there is none."""
    values = []
    for side in (before, after):
        figure = side.figures.get(key, NOTHING)
        if figure[0] is None and (figure != NOTHING or key in side.valueless):
            return None
        values.append(figure[0] or Decimal(0))
    return values[1] - values[0]


def facts(connection: Connection) -> Facts:
    owed = connection.execute(
        text("select unit_code, form, year, months, due_date from landing.filing_obligation")
    ).all()
    return Facts(
        {row.submission_id: row.received_at for row in connection.execute(text(RECEIVED))},
        {row.submission_id: row.withdrawn_at for row in connection.execute(text("select * from landing.withdrawal"))},
        {
            (row.unit_code, row.form, row.year, month): row.due_date
            for row in owed
            for month in range(1, 13)
            if row.months >> (month - 1) & 1
        },
    )


def assert_reasons_happened(
    connection: Connection, between: dict[str, datetime], known: Facts, *, is_amended: bool
) -> set[str]:
    """Each leaf's reason is something that happened in between; returns the reasons."""

    def within(moment: datetime | None) -> bool:
        return moment is not None and between["first"] < moment <= between["last"]

    leaves = connection.execute(text(LEAVES), between).all()
    came, went = (any(within(moment) for moment in moments.values()) for moments in (known.received, known.withdrawn))
    for leaf in leaves:
        is_new = leaf.before_id is None and within(known.received.get(leaf.after_submission))
        if leaf.reason in ("new_filing", "late") and is_new:
            year = int(leaf.leaf_period[:4])
            keys = [(leaf.leaf_unit_code, leaf.after_form, year, month) for month in months(leaf.leaf_period)]
            day = known.received[leaf.after_submission].date()
            is_late = any(known.due.get(key, day) < day for key in keys)
            assert (leaf.reason == "late") == is_late, leaf
        assert leaf.reason != "definition"
        assert leaf.reason != "tree_move" or is_amended, leaf
        assert leaf.reason not in ("new_filing", "late", "correction", "settled") or came, leaf
        assert leaf.reason != "settled" or (leaf.before_status, leaf.after_status) == ("provisional", "actual"), leaf
        assert leaf.reason != "withdrawn" or went, leaf
    return {leaf.reason for leaf in leaves}


VALUELESS = """
    select unit_code, indicator_code, period
    from published.contributions_as_of(:moment)
    group by unit_code, indicator_code, period
    having count(*) > count(value)
"""

RECEIVED = "select submission_id, received_at from landing.submission join landing.delivery using (delivery_seq)"

LEAVES = """
    select
        changed.*,
        changed.before_observation_id as before_id,
        changed.after_observation_id as after_id,
        before.status as before_status,
        after.status as after_status,
        after.submission_id as after_submission,
        submission.form as after_form
    from published.leaf_changes(:first, :last) as changed
    left join landing.observation as before on before.observation_id = changed.before_observation_id
    left join landing.observation as after on after.observation_id = changed.after_observation_id
    left join landing.submission as submission on submission.submission_id = after.submission_id
    where changed.reason is not null
"""
