"""Every phrase that is written for a figure is true of it, as the reader of prose reads it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

import pytest
from sqlalchemy import Connection, text

from catalogue.load import load
from catalogue.model import Bounds
from ingestion.narrative import parse_quantity
from kexie.database import acting
from kexie.roles import Role
from tests.conftest import NewDatabase

CATALOGUE = load()
RULES = CATALOGUE.wordings.rules()
STRICTLY_ABOVE = ("多", "余", "超过")
STRICTLY_BELOW = ("近",)


@pytest.fixture(scope="module")
def office(new_database: NewDatabase) -> Iterator[Connection]:
    with acting(new_database(), Role.OFFICE) as engine, engine.connect() as connection:
        yield connection


def wordings(
    office: Connection,
    figure: str | None,
    measure: str = "",
    style: str = "hedged",
    low: str | None = "=",
    high: str | None = "=",
) -> list[str]:
    """The phrases for a figure, best first; its bounds are the figure itself unless they are given."""
    query = """
        select published.wordings(
            cast(:value as numeric), cast(:low as numeric), cast(:high as numeric), :measure, :style,
            cast(:rules as jsonb)
        )
    """
    low, high = (figure if bound == "=" else bound for bound in (low, high))
    bound = {"value": figure, "low": low, "high": high, "measure": measure, "style": style, "rules": RULES}
    phrases: list[str] = office.execute(text(query), bound).scalar_one()
    return phrases


def promised(phrase: str) -> Bounds:
    """What a phrase says as the reader understands it, without the number itself where its hedge leaves that out."""
    stated = parse_quantity(phrase, CATALOGUE.language)
    assert stated is not None, phrase
    return Bounds(
        stated.low,
        stated.high,
        low_strict=any(word in phrase for word in STRICTLY_ABOVE) and "不超过" not in phrase,
        high_strict=any(word in phrase for word in STRICTLY_BELOW),
    )


# ---- what the report prints


@pytest.mark.parametrize(
    ("line", "value", "low", "high"),
    [
        ("volunteer_organisations", "1352", "=", "="),
        ("volunteers", "81046", "=", "="),
        ("five_entry_activities", "4936", "=", "="),
        ("five_entry_people", "2633508", "=", "="),
        ("agricultural_parks", "21", "=", "="),
        ("rural_school_museums", "20", "=", "="),
        ("demonstration_communities", "50", "=", "="),
        ("provincial_education_bases", "83", "=", "="),
        ("music_videos", "15", "=", "="),
        ("network_plays", "17930000", "=", "="),
        ("network_plays", "18000000", "17500000", "18000000"),
        ("rules_made", "24", "=", "="),
        ("rules_made", "20", "20", "29"),
    ],
)
def test_the_words_of_the_printed_report_are_recommended(
    office: Connection, line: str, value: str, low: str, high: str
) -> None:
    it = CATALOGUE.report_lines[line]
    assert wordings(office, value, it.counter, it.style, low, high)[0] == it.printed[2021].written


# ---- what may be written of a figure


@pytest.mark.parametrize(
    ("figure", "written", "not_written"),
    [
        ("81234", ["8.1万", "超过8万", "8万多", "8.1万多"], ["8.2万", "近8.2万", "9万", "近9万", "8万", "超过8.2万"]),
        ("4931", ["近5000", "4900多", "超过4900"], ["近4900", "5000", "5000多", "5000以上"]),
        (
            "2633508",
            ["超过260万", "260多万", "263万", "263.35万"],
            ["263.4万", "263.3万", "264万", "近264万", "260万多"],
        ),
        ("2603508", ["260万多", "260多万"], ["260.4万"]),
        ("4849", ["4800多"], ["近5000", "近4900"]),
        ("4850", ["近5000", "近4900", "4800多"], ["近4800"]),
        ("5000", ["5000", "5000以上"], ["近5000", "超过5000", "5000多"]),
        ("80000", ["8万", "8万以上"], ["超过8万", "8万多", "近8万"]),
        ("1099", ["近1100", "超过1000"], ["1100"]),
        ("9936", ["近1万", "9900多"], ["1万"]),
        ("99960000", ["近1亿", "9996万"], ["1亿"]),
        ("161140000", ["1.61亿", "1.6亿多", "超过1.6亿"], ["1.612亿", "1.7亿"]),
        ("109999", ["10万多", "10多万"], ["11万"]),
        ("110000", ["11万"], ["10万多"]),
        ("24", ["24", "20多", "超过20"], ["近30", "20"]),
        ("7", ["7"], ["近8", "超过6", "7多", "7以上"]),
        ("0", ["0"], ["近10", "0以上", "不超过0"]),
    ],
)
def test_what_is_written_of_a_figure_and_what_is_not(
    office: Connection, figure: str, written: list[str], not_written: list[str]
) -> None:
    phrases = wordings(office, figure)
    assert set(written) <= set(phrases)
    assert set(not_written) & set(phrases) == set()


@pytest.mark.parametrize(
    ("figure", "measure", "style", "phrases"),
    [
        ("57239700", "元", "exact", ["5723.97万元", "57239700元"]),
        ("3724055", "元", "exact", ["3724055元"]),
        ("172000000", "元", "exact", ["1.72亿元", "172000000元"]),
        ("330000.50", "元", "exact", ["330000.5元"]),
        ("3403", "个", "exact", ["3403个"]),
        ("1050", "个", "list", ["1050个"]),
    ],
)
def test_money_names_and_organisations_are_said_exactly_or_not_at_all(
    office: Connection, figure: str, measure: str, style: str, phrases: list[str]
) -> None:
    assert wordings(office, figure, measure, style) == phrases
    assert wordings(office, figure, measure, style, high=str(Decimal(figure) + 1)) == []


def test_a_rate_is_cut_off_where_that_rounds_nothing_up(office: Connection) -> None:
    assert wordings(office, "91.9077", "%", "rate")[0] == "91.9%"
    assert wordings(office, "88.9633", "%", "rate")[0] == "88.96%"
    assert wordings(office, "35.6666", "%", "rate")[0] == "超过35%"
    assert wordings(office, "98", "%", "rate")[0] == "98%"
    assert all(Decimal(95) >= (promised(phrase).low or 0) for phrase in wordings(office, "95", "%", "rate"))


# ---- vague figures


@pytest.mark.parametrize(
    ("value", "low", "high", "phrases"),
    [
        (None, None, "5000", ["不超过5000场"]),
        ("2600000", "2600000", None, ["260万场以上"]),
        (None, "2612345", None, ["超过260万场", "260万场以上", "超过261万场", "261万场以上"]),
        (None, "900", "1600", ["900场以上"]),
        (None, "0", "46", ["不超过50场"]),
        (None, None, None, []),
    ],
)
def test_of_a_vague_figure_only_what_holds_for_all_it_may_be(
    office: Connection, value: str | None, low: str | None, high: str | None, phrases: list[str]
) -> None:
    assert wordings(office, value, "场", "hedged", low, high) == phrases


def test_the_end_at_which_a_vague_figure_stands_is_no_part_of_it(office: Connection) -> None:
    assert wordings(office, "18000000", "次", "hedged", "17500000", "18000000")[0] == "近1800万次"
    assert "近1800万次" not in wordings(office, "17800000", "次", "hedged", "17500000", "18000000")
    assert "30多场" in wordings(office, "30", "场", "hedged", "30", "39")
    assert "30多场" not in wordings(office, "35", "场", "hedged", "30", "39")


# ---- the property

INTERVALS = """
    with rules as materialized (select cast(:rules as jsonb) as rules)
    select said.phrase, min(drawn.low) as least, trunc(max(drawn.high)) as most
    from (
        select
            (number * 48271 % (array[1009, 100003, 100000007])[number % 3 + 1])::numeric as low,
            (number * 48271 % (array[1009, 100003, 100000007])[number % 3 + 1])::numeric
                * (1 + (number % 17) * 0.001) as high
        from generate_series(1::bigint, 20000) as number
    ) as drawn
    cross join rules
    cross join lateral published.wording_phrases(
        null, drawn.low, trunc(drawn.high), '人', 'hedged', rules.rules
    ) as said
    group by said.phrase
"""


def test_what_is_written_of_bounds_is_true_of_both_ends(office: Connection) -> None:
    rows = office.execute(text(INTERVALS), {"rules": RULES}).all()
    assert len(rows) > 5_000
    untrue = [
        row for row in rows if not (promised(row.phrase).holds(row.least) and promised(row.phrase).holds(row.most))
    ]
    assert untrue[:10] == []


FIGURES = """
    create temporary table figures as
    -- All small figures, those around every step, and others of all sizes.
    select distinct x::numeric as x
    from (
        select generate_series(0, 300000) as x
        union all
        select head * size + nearby
        from generate_series(1, 999) as head
        cross join (values (1::bigint), (10), (100), (1000), (10000), (100000), (1000000), (10000000)) as sizes (size)
        cross join (values (-1), (0), (1)) as around (nearby)
        union all
        select number * 48271 % (array[1000003, 10000019, 100000007, 1000000007, 30000000091])[number % 5 + 1]
        from generate_series(1::bigint, 780000) as number
    ) as drawn
    where x >= 0
    limit 1000000
"""

WRITTEN = """
    with rules as materialized (select cast(:rules as jsonb) as rules)
    select
        case when said.form = 'digits' then '' else said.phrase end as phrase,
        min(figures.x) as least,
        max(figures.x) as most,
        count(*) filter (where said.form = 'digits') as exactly,
        bool_and(said.form <> 'digits' or said.phrase = figures.x || '人') as says_itself
    from figures
    cross join rules
    cross join lateral published.wording_phrases(
        figures.x, figures.x, figures.x, '人', 'hedged', rules.rules
    ) as said
    group by 1
"""


class Phrase(NamedTuple):
    """A phrase and the least and greatest of the figures it was written for: what holds of both holds of all."""

    phrase: str
    least: Decimal
    most: Decimal


@pytest.fixture(scope="module")
def written(new_database: NewDatabase) -> list[Phrase]:
    """All phrases written for a million figures."""
    with acting(new_database(), Role.PUBLISH) as engine, engine.begin() as connection:
        connection.execute(text(FIGURES))
        count = connection.scalar(text("select count(*) from figures"))
        rows = connection.execute(text(WRITTEN), {"rules": RULES}).all()
    assert count == 1_000_000
    assert [(row.exactly, row.says_itself) for row in rows if not row.phrase] == [(count, True)]
    return [Phrase(row.phrase, row.least, row.most) for row in rows if row.phrase]


def test_every_phrase_written_for_a_million_figures_is_read_back_as_true_of_them(written: list[Phrase]) -> None:
    assert len(written) > 100_000
    untrue = []
    for phrase, least, most in written:
        bounds = promised(phrase)
        if not (bounds.holds(least) and bounds.holds(most)):
            untrue.append((phrase, least, most))
    assert untrue[:10] == []
