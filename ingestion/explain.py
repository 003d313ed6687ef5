"""Release a held figure with the unit's reason, without filing the form again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catalogue.model import EXPLANATIONS, Catalogue
from ingestion.explanations import reason_in
from ingestion.lock import only_writer
from ingestion.withdraw import IN_FORCE
from ingestion.years import mark_let_in
from kexie.errors import UserError

if TYPE_CHECKING:
    from sqlalchemy import Engine


@dataclass(frozen=True, slots=True)
class Released:
    """What was released, the reason as it is kept, and the year whose figures change."""

    indicator_name: str
    reason: str
    year: int


def explain(
    engine: Engine, catalogue: Catalogue, submission_id: int, indicator_code: str, scope: str, note: str, by: str
) -> Released:
    """Keep the reason for a held figure of a submission in force; from then on the figure counts.

    A later revision is judged anew and needs its own. `by` is who gives the reason, empty for the unit itself. Raises
    UserError where there is no such figure, it is not held, or the reason says nothing.
    """
    from sqlalchemy import text

    reason = reason_in(note, catalogue)
    if reason is None:
        listed = ", ".join(f"{code} ({label})" for code, label in catalogue.codelists[EXPLANATIONS].items())
        raise UserError(f"The reason '{note}' says nothing; give one of {listed}, the last with words, or your own.")
    with only_writer(engine), engine.begin() as connection:
        asked = {"submission": submission_id, "indicator": indicator_code, "scope": scope}
        row = _held(connection.execute(text(FIND), asked).all(), asked)
        connection.execute(
            text(INSERT),
            {
                "submission": submission_id,
                "indicator": row.indicator_code,
                "scope": row.scope,
                "status": row.status,
                "finding": row.finding_code,
                "doubt": row.doubt,
                "reason_code": reason.code,
                "reason": reason.words,
                "by": by or row.unit_code,
            },
        )
        connection.execute(text(RELEASE), {"observation": row.observation_id})
        mark_let_in(connection, submission_id, row.year)
    indicator = catalogue.indicators.get(row.indicator_code)
    return Released(indicator.name_zh if indicator else row.indicator_code, reason.words, int(row.year))


def _held(rows: Sequence[Any], asked: dict[str, Any]) -> Any:  # noqa: ANN401 - a row of the query below
    """The one figure that waits, or the sentence why there is none."""
    number, indicator, scope = asked["submission"], asked["indicator"], asked["scope"]
    if not rows:
        raise UserError(f"There is no submission {number}; its number is in its receipt.")
    if rows[0].state == "rejected":
        raise UserError(f"Submission {number} was rejected, so there is nothing to explain; file it again, corrected.")
    if not rows[0].is_in_force:
        raise UserError(f"Submission {number} is no longer in force: a later one replaced it, or it was withdrawn.")
    held = [row for row in rows if row.is_held]
    fitting = [row for row in held if row.indicator_code == indicator and scope in ("", row.scope)]
    waiting = ", ".join(f"{row.indicator_code} ({row.scope})" for row in held)
    if len(fitting) > 1:
        raise UserError(f"More than one figure of {indicator} waits; say which with --scope: {waiting}.")
    if not fitting:
        which = f"{indicator} ({scope})" if scope else indicator
        instead = f"these do: {waiting}" if waiting else "none of its figures does"
        raise UserError(f"{which} of submission {number} does not wait for a reason; {instead}.")
    return fitting[0]


FIND = f"""
    select
        submission.state, submission.year, submission.unit_code,
        observation.observation_id, observation.indicator_code, observation.scope, observation.status,
        coalesce(observation.is_held, false) as is_held,
        coalesce(doubt.code, '') as finding_code,
        coalesce(doubt.sentence, '') as doubt,
        {IN_FORCE} as is_in_force
    from landing.submission as submission
    left join landing.observation as observation
        on observation.submission_id = submission.submission_id and observation.is_held
    left join landing.withdrawal as withdrawal on withdrawal.submission_id = submission.submission_id
    left join lateral (
        select min(finding.code) as code, string_agg(finding.sentence, ' ' order by finding.finding_id) as sentence
        from landing.finding as finding
        where finding.delivery_seq = submission.delivery_seq and finding.submission_id = submission.submission_id
            and finding.severity = 'explain' and finding.indicator_code = observation.indicator_code
            and finding.cell is not distinct from observation.cell
            and finding.line is not distinct from observation.line
    ) as doubt on true
    where submission.submission_id = :submission
    order by observation.observation_id
"""

INSERT = """
    insert into landing.explanation (
        submission_id, indicator_code, scope, status, finding_code, doubt, reason_code, reason, given_in, explained_by
    )
    values (:submission, :indicator, :scope, :status, :finding, :doubt, :reason_code, :reason, 'command', :by)
"""

RELEASE = "update landing.observation set is_held = false where observation_id = :observation"
