"""Reporting periods: what names one, and which months and days it covers."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.periods import Period, parse_period

HALVES, QUARTERS = ("H1", "H2"), ("Q1", "Q2", "Q3", "Q4")
MONTHS = tuple(f"{month:02}" for month in range(1, 13))

years = st.integers(1900, 2099)
periods = st.builds(Period, years, st.sampled_from(("", *HALVES, *QUARTERS, *MONTHS)))


@pytest.mark.parametrize(
    ("text", "months", "first", "last"),
    [
        ("2021", range(1, 13), date(2021, 1, 1), date(2021, 12, 31)),
        ("2021-H1", range(1, 7), date(2021, 1, 1), date(2021, 6, 30)),
        ("2021-H2", range(7, 13), date(2021, 7, 1), date(2021, 12, 31)),
        ("2021-Q3", range(7, 10), date(2021, 7, 1), date(2021, 9, 30)),
        ("2021-09", range(9, 10), date(2021, 9, 1), date(2021, 9, 30)),
        ("2020-02", range(2, 3), date(2020, 2, 1), date(2020, 2, 29)),
        ("1900-02", range(2, 3), date(1900, 2, 1), date(1900, 2, 28)),
    ],
)
def test_a_period_covers_its_months(text: str, months: range, first: date, last: date) -> None:
    period = parse_period(text)
    assert period is not None
    assert (period.months, period.first_day, period.last_day) == (months, first, last)


@pytest.mark.parametrize(
    "text",
    [
        *("", "21", "2021年", "2021-", "2021-H0", "2021-H3", "2021-Q0", "2021-Q5", "2021-00", "2021-13", "2021-9"),
        *("2021-h1", "2021-q1", "2021H1", "2021/09", "2021-09-01", " 2021", "2021 ", "2021\n", "1899", "2100"),
        *("２０２１", "2021-0٣", "2021-H１"),
    ],
)
def test_what_is_written_otherwise_is_no_period(text: str) -> None:
    assert parse_period(text) is None


@given(periods)
def test_a_period_is_read_back_from_what_it_is_written_as(period: Period) -> None:
    assert parse_period(str(period)) == period


@given(st.text(max_size=9))
def test_whatever_is_read_is_written_the_same(text: str) -> None:
    period = parse_period(text)
    assert period is None or str(period) == text


@given(years)
@pytest.mark.parametrize("parts", [HALVES, QUARTERS, MONTHS])
def test_the_parts_of_a_year_are_the_year_with_no_day_twice(parts: tuple[str, ...], year: int) -> None:
    whole, pieces = Period(year), [Period(year, part) for part in parts]
    assert [month for piece in pieces for month in piece.months] == list(whole.months)
    assert (pieces[0].first_day, pieces[-1].last_day) == (whole.first_day, whole.last_day)
    for earlier, later in pairwise(pieces):
        assert later.first_day == earlier.last_day + timedelta(days=1)
