"""Each unit's own year and claim, with what its predecessors left it.

Rules: "Townships and units with nobody below" for promotion, "Inheritance" in "The tree through time".
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cached_property

from .observations import Filed, Indicator, Key
from .periods import last_day, year_is_complete, year_result
from .split import split
from .terms import Reading, Term, add, combine, greatest, inherited
from .tree import Event, Units

INHERITED_BY_ALL_EVENTS = ("flow", "newadd", "money", "stock", "regcum")
OWN, CLAIM, ADJUSTMENT = "own", "jurisdiction", "adjustment"


class Years:
    """The year of every unit, indicator and scope (own, or jurisdiction: "claims like own figures"; adjustments too).

    Nothing here depends on the asked tree but how far events are followed: to `until`, that tree's day.
    """

    def __init__(
        self, units: Units, filed: Mapping[Key, Filed], indicators: Mapping[str, Indicator], year: int, until: date
    ) -> None:
        self.units = units
        self.unpromoted = filed
        self.indicators = indicators
        self.year = year
        self.until = until
        self.results: dict[Key, Reading | None] = {}

    @cached_property
    def filed(self) -> dict[Key, Filed]:
        """A jurisdiction figure filed without any own figure that year is its own, where only townships hang below."""
        promoted = {
            (unit, indicator, OWN): claimed
            for (unit, indicator, scope), claimed in self.unpromoted.items()
            if scope == CLAIM and (unit, indicator, OWN) not in self.unpromoted and self._has_only_townships_below(unit)
        }
        return {**self.unpromoted, **promoted}

    def _has_only_townships_below(self, unit: str) -> bool:
        """On the year's last day, or the unit's own if earlier, whatever tree is asked."""
        tree = self.units.tree(self.units.last_day_in(unit, self.year), self.year)
        return all(tree.is_township(code) for code in tree.below(unit))

    def result(self, unit: str, indicator: str, scope: str) -> Reading | None:
        """Period rules run per filing unit, over the time it existed; the result is then added to its successor."""
        key = (unit, indicator, scope)
        if key not in self.results:
            self.results[key] = self._result(unit, self.indicators[indicator], scope)
        return self.results[key]

    def _result(self, unit: str, indicator: Indicator, scope: str) -> Reading | None:
        filed = self.filed.get((unit, indicator.code, scope), {})
        own = year_result(filed, self.year, indicator.over_time)
        left = [self._left(event, indicator, scope) for event in self._inherits_from(unit, indicator, scope)]
        return combine([own, *left], greatest if indicator.aggregation == "peak" else add)

    def is_complete(self, unit: str, indicator: str, scope: str) -> bool:
        """Its own year, if it existed then, and that of each predecessor it inherits from.

        For over_time `last`: if it existed, its own alone.
        """
        kind = self.indicators[indicator]
        filed = self.filed.get((unit, indicator, scope), {})
        existed = self.units.existed_in(unit, self.year)
        owed = self.units.owed_months(unit, self.year)
        if existed and not year_is_complete(filed, owed, self.year, kind.over_time):
            return False
        if existed and kind.over_time == "last":
            return True
        return all(self.is_complete(event.source, indicator, scope) for event in self._inherits_from(unit, kind, scope))

    def _inherits_from(self, unit: str, indicator: Indicator, scope: str) -> list[Event]:
        filed = self.filed.get((unit, indicator.code, scope), {})
        return [
            event
            for event in self.units.events_into(unit, self.until)
            if self._is_passed_by(event, indicator)
            and not self._already_includes(event, filed)
            and not self._gives_way(event, indicator, filed)
        ]

    def _is_passed_by(self, event: Event, indicator: Indicator) -> bool:
        """The five kinds are inherited by all events, the rest by a one-to-one rename only."""
        return indicator.aggregation in INHERITED_BY_ALL_EVENTS or self.units.is_one_to_one_rename(event)

    def _already_includes(self, event: Event, filed: Filed) -> bool:
        """A successor that filed the year in which it began already includes the predecessors of its first day."""
        is_first_day = event.day == self.units.first_day(event.target)
        return is_first_day and event.day.year == self.year and str(self.year) in filed

    def _gives_way(self, event: Event, indicator: Indicator, filed: Filed) -> bool:
        """A stock gives way to the successor's reading for a period ending on or after the event.

        A list follows its over_time; a peak takes the greatest; the others pass only where the successor filed none.
        """
        if indicator.over_time == "last":
            return any(last_day(period) >= event.day for period in filed)
        return indicator.over_time in ("none", "parts") and bool(filed)

    def _left(self, event: Event, indicator: Indicator, scope: str) -> Reading | None:
        left = inherited(self.result(event.source, indicator.code, scope))
        if event.kind != "split" or not isinstance(left, Term):
            return left
        shares = [other for other in self.units.endings_of(event.source, event.day) if other.kind == "split"]
        weights = {other.target: other.weight for other in shares}
        return replace(split(left, weights, indicator.account)[event.target], is_inherited=True)
