"""Sharing a figure among the successors of a split. Rule: "A split shares by weight …" in "The tree through time"."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import ROUND_FLOOR, Decimal

from .terms import Term


def share(amount: Decimal, weights: Mapping[str, Decimal], account: Decimal) -> dict[str, Decimal]:
    """Whole units of account by largest remainder, ties to the smaller code; an amount that is not whole, exactly."""
    if amount % account != 0:
        return {code: amount * weight for code, weight in weights.items()}
    exact = {code: amount / account * weight for code, weight in weights.items()}
    whole = {code: units.to_integral_value(ROUND_FLOOR) for code, units in exact.items()}
    left = int(amount / account - sum(whole.values()))
    for code in sorted(exact, key=lambda code: (whole[code] - exact[code], code))[:left]:
        whole[code] += 1
    return {code: units * account for code, units in whole.items()}


def split(term: Term, weights: Mapping[str, Decimal], account: Decimal) -> dict[str, Term]:
    """One share for each successor, so that low ≤ value ≤ high holds for every share.

    Bounds are shared as distances from the value; without a point value, high as a distance from low; a bound that
    stands alone is shared itself; an open end stays open. The parts that rest on provisional figures or on prose are
    shared in the same way.
    """
    anchor = next((bound for bound in term.bounds if bound is not None), None)
    if anchor is None:
        return {code: replace(term, is_estimate=True) for code in weights}
    anchors = share(anchor, weights, account)
    provisional = share(term.provisional, weights, account)
    narrative = share(term.narrative, weights, account)

    def moved(bound: Decimal | None) -> dict[str, Decimal | None]:
        if bound is None:
            return dict.fromkeys(weights)
        sign = 1 if bound >= anchor else -1
        distances = share(abs(bound - anchor), weights, account)
        return {code: anchors[code] + sign * distances[code] for code in weights}

    values, lows, highs = moved(term.value), moved(term.low), moved(term.high)
    return {
        code: replace(
            term,
            value=values[code],
            low=lows[code],
            high=highs[code],
            provisional=provisional[code],
            narrative=narrative[code],
            is_estimate=True,
        )
        for code in weights
    }
