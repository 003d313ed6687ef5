"""What a sentence of the draft claims: which figure it gives, of whom, of when, and what the words promise."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from catalogue.check_up import Verdict
from ingestion.narrative.quantity import Quantity
from reporting.check_report.draft import Span
from reporting.check_report.phrase import Phrase


class Sense(StrEnum):
    """What is said of an indicator: the figure itself, its change against another year, or a share."""

    LEVEL = "level"
    CHANGE = "change"
    PERCENT = "percent"
    OF_PLAN = "of_plan"


class Kind(StrEnum):
    """Which figure of a published row is meant."""

    VALUE = "value"
    OWN = "own"
    CLAIMED = "claimed"
    COMPUTED = "computed"
    PLAN = "plan"


@dataclass(frozen=True, slots=True)
class Target:
    """One published figure that a claim may be about; a change is against the figure of `base_period`."""

    unit_code: str
    indicator_code: str
    period: str
    kind: Kind = Kind.VALUE
    sense: Sense = Sense.LEVEL
    base_period: str = ""
    falls: bool = False


class Otherwise(NamedTuple):
    """The verdict on a claim that is not right of its targets, of which it may not speak at all, and why not."""

    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A quantity of the draft and the figures that it could rightly be, the likeliest first.

    Without targets nothing published can be compared: `unread` says why, in Chinese, where the draft is not at fault.
    With `otherwise` the claim may speak of something else, and is this where it is not right. `is_total` is true where
    it is the sum of its targets; `said` is the clause. A quantity of no indicator has a target without one.
    """

    quantity: Quantity
    span: Span
    place: str
    phrase: Phrase
    targets: tuple[Target, ...] = ()
    unread: str = ""
    otherwise: Otherwise | None = None
    is_total: bool = False
    said: str = ""
