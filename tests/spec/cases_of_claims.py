"""Worked examples of why a claim differs from the sum: what is filed, and what is said of whose claim.

The tree of each: province P; cities C1 and C2; counties A, B, C under C1 and D, E, F under C2. Unless an example says
otherwise every unit files its own figure of 2021 (`OWN`) and the cities claim the true sums, 8210 and 9040.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PARENTS = {"P": "", "C1": "P", "C2": "P", "A": "C1", "B": "C1", "C": "C1", "D": "C2", "E": "C2", "F": "C2"}
OWN = {
    "P": "530",
    "C1": "1240",
    "C2": "870",
    "A": "2318",
    "B": "1754",
    "C": "2898",
    "D": "3381",
    "E": "1647",
    "F": "3142",
}
WHOLE = {"C1": "8210", "C2": "9040", "P": "17780"}

Figures = Mapping[tuple[str, str, str], str | None]
Said = tuple[str | None, str | None, str | None]
"""Reason, unit it points at, fit."""

FITS = "1.0000"
Y = "2021"


@dataclass(frozen=True)
class ClaimCase:
    """`filed` changes what is filed, by (unit, scope, period); None takes it away. `says` is by whose claim it is."""

    name: str
    filed: Figures
    says: Mapping[str, Said | None]
    """None: the claim is not in the reconciliation at all."""

    def rows(self) -> list[dict[str, str]]:
        own = {(unit, "own", Y): value for unit, value in OWN.items()}
        claims = {(city, "jurisdiction", Y): WHOLE[city] for city in ("C1", "C2")}
        filed: dict[tuple[str, str, str], str | None] = {**own, **claims, **self.filed}
        return [
            {
                "unit_code": unit,
                "period": period,
                "indicator_code": "sp_five_entry_persontimes",
                "scope": scope,
                "value": "" if value == "**" else value,
                "state": "redacted" if value == "**" else "",
            }
            for (unit, scope, period), value in sorted(filed.items(), key=lambda item: item[0][2])
            if value is not None
        ]


def own(unit: str, value: str | None, period: str = Y) -> Figures:
    return {(unit, "own", period): value}


def claim(unit: str, value: str | None, period: str = Y) -> Figures:
    return {(unit, "jurisdiction", period): value}


LAST_YEAR: Figures = {
    **{(unit, "own", "2020"): value for unit, value in {"C1": "1105", "A": "2204", "B": "1688", "C": "2513"}.items()}
}
CASES = (
    ClaimCase("claims that agree are not in question", {}, {"C1": None, "C2": None}),
    ClaimCase(
        "the own figure stands in both columns",
        claim("C1", "1240"),
        {"C1": ("own_as_jurisdiction", "C1", FITS)},
    ),
    ClaimCase(
        "the own figure stands in the column of the whole: 1240 holds not even the counties' 6970",
        {**own("C1", None), **claim("C1", "1240")},
        {"C1": ("own_as_jurisdiction", "C1", "0.8221")},
    ),
    ClaimCase(
        "and the province, which knows the whole, misses just that figure",
        {**own("C1", None), **claim("C1", "1240"), **claim("P", "17780")},
        {"P": ("own_as_jurisdiction", "C1", FITS), "C1": ("own_as_jurisdiction", "C1", "0.8221")},
    ),
    ClaimCase(
        "the whole stands in both columns: everyone below counts twice in the sums",
        {**own("C1", "8210"), **claim("P", "17780")},
        {"C1": ("jurisdiction_as_own", "C1", FITS), "P": ("jurisdiction_as_own", "C1", FITS)},
    ),
    ClaimCase(
        "the whole stands in the column of the own figure, and only the province can tell",
        {**own("C1", "8210"), **claim("C1", None), **claim("P", "17780")},
        {"C1": None, "P": ("jurisdiction_as_own", "C1", FITS)},
    ),
    ClaimCase("a claim without county B", claim("C1", "6456"), {"C1": ("missing_unit", "B", FITS)}),
    ClaimCase("a claim without the city's own work", claim("C1", "6970"), {"C1": ("missing_unit", "C1", FITS)}),
    ClaimCase("a province's claim without a city", claim("P", "8740"), {"P": ("missing_unit", "C2", FITS)}),
    ClaimCase(
        "county B has not reported, and the claim holds it: less than the greatest of the others",
        own("B", None),
        {"C1": ("missing_unit", "B", FITS)},
    ),
    ClaimCase("county B's figure is masked", own("B", "**"), {"C1": ("missing_unit", "B", FITS)}),
    ClaimCase(
        "county B filed half a year",
        {**own("B", None), **own("B", "900", "2021-H1")},
        {"C1": ("missing_unit", "B", FITS)},
    ),
    ClaimCase(
        "two counties have not reported: no one unit is to be named",
        {**own("A", None), **own("B", None)},
        {"C1": ("unexplained", None, None)},
    ),
    ClaimCase("a claim with county C twice", claim("C1", "11108"), {"C1": ("counted_twice", "C", FITS)}),
    ClaimCase("a province's claim with a city twice", claim("P", "26820"), {"P": ("counted_twice", "C2", FITS)}),
    ClaimCase(
        "one county's figure was filed for another as well",
        {**own("B", "2318"), **claim("C1", "6456"), **claim("P", "16026")},
        {"C1": ("counted_twice", "A", FITS), "P": ("counted_twice", "A", FITS)},
    ),
    ClaimCase(
        "county A wrote 万 too many; it shows in both claims",
        {**own("A", "23180000"), **claim("P", "17780")},
        {"C1": ("ten_thousand_slip", "A", FITS), "P": ("ten_thousand_slip", "A", FITS)},
    ),
    ClaimCase(
        "county A wrote 万 too many, and waits for its reason since last year's figure is known",
        {**own("A", "23180000"), **own("A", "2204", "2020")},
        {"C1": ("ten_thousand_slip", "A", FITS)},
    ),
    ClaimCase("county A filed in 万", own("A", "0.2318"), {"C1": ("ten_thousand_slip", "A", FITS)}),
    ClaimCase(
        "county A filed in whole 万: 2 for 23180",
        {**own("A", "2"), **claim("C1", "29072")},
        {"C1": ("ten_thousand_slip", "A", "0.8628")},
    ),
    ClaimCase("a claim in 万", claim("C1", "0.82"), {"C1": ("ten_thousand_slip", "C1", "0.9999")}),
    ClaimCase("a claim with a 万 too many", claim("C1", "82100000"), {"C1": ("ten_thousand_slip", "C1", FITS)}),
    ClaimCase(
        "a claim that runs from last year on: 8210 and 7510",
        {**LAST_YEAR, **claim("C1", "15720")},
        {"C1": ("cumulative", "C1", FITS)},
    ),
    ClaimCase(
        "county A's own figure runs from last year on",
        {**LAST_YEAR, **own("A", "4522"), **claim("P", "17780")},
        {"C1": ("cumulative", "A", FITS), "P": ("cumulative", "A", FITS)},
    ),
    ClaimCase(
        "county A's halves run on: 1000, then 2318 in all",
        {**own("A", None), **own("A", "1000", "2021-H1"), **own("A", "2318", "2021-H2")},
        {"C1": ("cumulative", "A", FITS)},
    ),
    ClaimCase(
        "the city's claims run on",
        {**claim("C1", None), **claim("C1", "4000", "2021-H1"), **claim("C1", "8210", "2021-H2")},
        {"C1": ("cumulative", "C1", FITS)},
    ),
    ClaimCase("8210 claimed as 8200", claim("C1", "8200"), {"C1": ("rounding", "C1", FITS)}),
    ClaimCase("8210 claimed as 8000", claim("C1", "8000"), {"C1": ("rounding", "C1", FITS)}),
    ClaimCase("9040 cut to 9000", claim("C2", "9000"), {"C2": ("rounding", "C2", FITS)}),
    ClaimCase("a claim that is simply another number", claim("C1", "7423"), {"C1": ("unexplained", None, None)}),
    ClaimCase("the same, above the sum", claim("C1", "9877"), {"C1": ("unexplained", None, None)}),
    ClaimCase(
        "the province's claim agrees with its sum, so the city's own figure is no whole, great as it is",
        {**own("C1", "9000"), **claim("C1", "9000"), **claim("P", "25540")},
        {"C1": ("own_as_jurisdiction", "C1", FITS), "P": None},
    ),
    ClaimCase(
        "a used claim with a 万 too many carries it into the province's sum",
        {**own("B", None), **claim("C1", "82100000"), **claim("P", "17780")},
        {"C1": ("ten_thousand_slip", "C1", "0.7863"), "P": ("ten_thousand_slip", "C1", FITS)},
    ),
)
