"""How figures may be said, asked of the database: for figures that are no lines of the report, too."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import Connection, text

from catalogue.model import Indicator
from catalogue.wordings import Wordings


class Sayable(NamedTuple):
    """A figure with its bounds, the word behind it, and the style in which it is said."""

    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    measure: str
    style: str


def sayable(
    figure: tuple[Decimal | None, Decimal | None, Decimal | None], indicator: Indicator, rules: Wordings
) -> Sayable:
    """A figure of an indicator, said as is usual for its kind."""
    style = rules.usual_style(indicator.aggregation, indicator.theme, indicator.measure)
    return Sayable(*figure, indicator.measure, style)


def wordings(connection: Connection, rules: Wordings, figures: Sequence[Sayable]) -> list[list[str]]:
    """The true phrases for each figure, best first; none where nothing is known of it, or nothing exact of money."""
    names = ("values", "lows", "highs", "measures", "styles")
    columns = zip(*figures, strict=True) if figures else ((),) * len(names)
    bound = {name: list(column) for name, column in zip(names, columns, strict=True)}
    return list(connection.scalars(text(WORDINGS), bound | {"rules": rules.rules()}))


WORDINGS = """
    with rules as materialized (select cast(:rules as jsonb) as rules)
    select published.wordings(asked.value, asked.low, asked.high, asked.measure, asked.style, rules.rules)
    from unnest(
        cast(:values as numeric[]), cast(:lows as numeric[]), cast(:highs as numeric[]),
        cast(:measures as text[]), cast(:styles as text[])
    ) with ordinality as asked (value, low, high, measure, style, place)
    cross join rules
    order by asked.place
"""
