"""其余为0: what a clerk declares with one tick, and for which indicators.

Missing is never zero. The tick is the clerk's own word for the rows of one sheet that are left wholly blank, and only
where zero is an answer: a share, a place in a ranking, a best score, a target or a background figure is never nothing.
"""

from __future__ import annotations

from catalogue.model import Aggregation, Indicator

TICKED = "是"
NOT_TICKED = "否"
_NEVER_ZERO = frozenset({Aggregation.RATIO, Aggregation.RANK, Aggregation.PEAK, Aggregation.TARGET, Aggregation.REF})


def covers(indicator: Indicator) -> bool:
    """Whether the tick makes a blank row of this indicator a zero."""
    return indicator.aggregation not in _NEVER_ZERO and not indicator.is_percentage
