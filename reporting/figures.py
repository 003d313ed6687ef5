"""How a figure is written where it is read."""

from __future__ import annotations

from decimal import Decimal

from ingestion.wording import figure

NONE = "无"


def shown(value: Decimal | None, low: Decimal | None, high: Decimal | None) -> str:
    """The figure, or the bounds of one that is not exact; 无 for none."""
    if value is None and low is None and high is None:
        return NONE
    if value is not None and low == value == high:
        return figure(value)
    return f"{'' if low is None else figure(low)}～{'' if high is None else figure(high)}"
