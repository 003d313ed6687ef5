"""What the checks make of a file: findings, submissions, observations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from catalogue.model import Severity
from ingestion.context import Figures, Key, Rule
from ingestion.observations import Place, Reading


class Row(NamedTuple):
    """A reading with the rule of its indicator; None where there is no such indicator."""

    reading: Reading
    rule: Rule | None


class Found(NamedTuple):
    """One finding, as it is stored; `key` None is one about the file."""

    key: Key | None
    code: str
    severity: Severity
    sentence: str
    unit_code: str | None
    indicator_code: str | None
    place: Place
    raw: str


class Observed(NamedTuple):
    """One observation, in the order of the columns it is stored in."""

    indicator_code: str
    scope: str
    status: str
    state: str
    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    is_held: bool
    note: str
    raw: str
    sheet: str | None
    cell: str | None
    line: int | None
    span_start: int | None
    span_end: int | None
    quote: str | None


class Named(NamedTuple):
    """One name behind the figure of a list, in the order of the columns it is stored in."""

    indicator_code: str
    scope: str
    status: str
    name: str
    name_key: str
    title: str
    title_key: str
    level: str | None
    batch: str
    located_in: str | None
    valid_from: date | None
    valid_until: date | None
    is_counted: bool
    note: str
    sheet: str | None
    cell: str | None
    line: int | None


class Explained(NamedTuple):
    """A doubted figure for which its row gave a reason."""

    indicator_code: str
    scope: str
    status: str
    finding_code: str
    doubt: str
    reason_code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Submission:
    """One (unit, form, period) of a file. A rejected one keeps no observations.

    `figures_print` is the same where all figures are, and empty where that could be chance.
    """

    submission_id: int
    key: Key
    year: int | None
    is_accepted: bool
    figures_read: int
    observations: list[Observed]
    figures: Figures
    figures_print: str = ""
    explained: Sequence[Explained] = ()
    names: Sequence[Named] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of one file. `outcome` is that of landing.delivery; `text` is that of a narrative."""

    outcome: str
    kind: str
    form_version: str = ""
    submissions: list[Submission] = field(default_factory=list)
    findings: list[Found] = field(default_factory=list)
    text: str = ""
