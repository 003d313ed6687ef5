"""What the report draws: bars of few figures each, all of them exact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from reporting.report.contents import Contents
from reporting.report.places import short_name


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars with their names, greatest or first on top, in one measure."""

    title: str
    measure: str
    bars: tuple[tuple[str, Decimal], ...]


def charts(contents: Contents) -> list[Chart]:
    """Every chart that has at least two bars."""
    return [chart for chart in _all(contents) if len(chart.bars) > 1]


def _all(contents: Contents) -> Iterator[Chart]:
    year, lines = contents.basis.year, contents.province.lines
    grown = [(line.name, line.change.percent) for line in lines if line.change.percent is not None]
    yield Chart(f"{year}年比上年增减（同口径）", "%", _greatest_first(grown))
    done = [(target.name, target.percent) for target in contents.province.targets if target.percent is not None]
    yield Chart(f"{year}年目标完成", "%", _greatest_first(done))
    open_shares = [(line.name, 100 - line.coverage) for line in lines if line.coverage is not None]
    yield Chart(f"{year}年没有覆盖到的份额", "%", _greatest_first([bar for bar in open_shares if bar[1] > 0]))
    for leaders in contents.leaders:
        bars = [(short_name(place.name), place.figure.low or Decimal(0)) for place in leaders.ranked]
        yield Chart(f"{leaders.line.name}（已报齐的市）", leaders.line.measure, tuple(bars))


def _greatest_first(bars: list[tuple[str, Decimal]]) -> tuple[tuple[str, Decimal], ...]:
    return tuple(sorted(bars, key=lambda bar: -bar[1]))
