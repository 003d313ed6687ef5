"""Write what the checks decided: a whole batch of files in one transaction, with COPY."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ingestion.checks.results import Checked, Explained, Named, Observed
from ingestion.context import Key
from ingestion.years import mark_changed, tell_replaced
from kexie.database import copy_rows

if TYPE_CHECKING:
    from sqlalchemy import Connection

SUBMISSION_COLUMNS = (
    *("submission_id", "delivery_seq", "unit_code", "form", "period", "year"),
    *("state", "figures_read", "catalogue_version", "figures_print"),
)
OBSERVATION_COLUMNS = ("submission_id", *Observed._fields)
EXPLANATION_COLUMNS = ("submission_id", *Explained._fields, "given_in", "explained_by")
NAME_COLUMNS = ("submission_id", *Named._fields)
FINDING_COLUMNS = (
    *("delivery_seq", "submission_id", "code", "severity", "sentence"),
    *("unit_code", "indicator_code", "sheet", "cell", "line", "raw"),
    *("span_start", "span_end", "quote"),
)
TEXT_COLUMNS = ("delivery_seq", "text")


class Outcome(NamedTuple):
    """What became of a delivery, and the name its receipt will have."""

    delivery_seq: int
    checked: Checked
    receipt_name: str


def reserve_submission_ids(connection: Connection, count: int) -> Iterator[int]:
    """So many numbers for new submissions, in ascending order."""
    from sqlalchemy import text

    query = text(
        """
        select nextval(pg_get_serial_sequence('landing.submission', 'submission_id'))
        from generate_series(1, :count)
        """
    )
    return iter(sorted(connection.scalars(query, {"count": count})))


def store(connection: Connection, outcomes: Sequence[Outcome], catalogue_version: str) -> set[int]:
    """Store a batch within the connection's transaction; returns the years of what was accepted, marked as changed."""
    copy_rows(connection, "landing.submission", SUBMISSION_COLUMNS, submission_rows(outcomes, catalogue_version))
    copy_rows(connection, "landing.observation", OBSERVATION_COLUMNS, observation_rows(outcomes))
    copy_rows(connection, "landing.explanation", EXPLANATION_COLUMNS, _explanations(outcomes))
    copy_rows(connection, "landing.list_name", NAME_COLUMNS, _names(outcomes))
    copy_rows(connection, "landing.finding", FINDING_COLUMNS, _findings(outcomes))
    copy_rows(connection, "landing.narrative_text", TEXT_COLUMNS, _texts(outcomes))
    _close(connection, outcomes, catalogue_version)
    years = {
        submission.year
        for outcome in outcomes
        for submission in outcome.checked.submissions
        if submission.is_accepted and submission.year is not None
    }
    mark_changed(connection, years)
    tell_replaced(connection, [outcome.delivery_seq for outcome in outcomes])
    return years


def submission_rows(outcomes: Sequence[Outcome], catalogue_version: str) -> Iterator[tuple[object, ...]]:
    """Rows of landing.submission."""
    for delivery_seq, checked, _ in outcomes:
        for submission in checked.submissions:
            state = "accepted" if submission.is_accepted else "rejected"
            yield (
                submission.submission_id,
                delivery_seq,
                *submission.key,
                submission.year,
                state,
                submission.figures_read,
                catalogue_version,
                submission.figures_print or None,
            )


def observation_rows(outcomes: Sequence[Outcome]) -> Iterator[tuple[object, ...]]:
    """Rows of landing.observation."""
    for _, checked, _ in outcomes:
        for submission in checked.submissions:
            for observed in submission.observations:
                yield (submission.submission_id, *observed)


def _explanations(outcomes: Sequence[Outcome]) -> Iterator[tuple[object, ...]]:
    """The reasons that rows gave themselves; who gives them is who is reported for."""
    for _, checked, _ in outcomes:
        for submission in checked.submissions:
            for explained in submission.explained:
                yield (submission.submission_id, *explained, "note", submission.key[0])


def _names(outcomes: Sequence[Outcome]) -> Iterator[tuple[object, ...]]:
    for _, checked, _ in outcomes:
        for submission in checked.submissions:
            for named in submission.names:
                yield (submission.submission_id, *named)


def _findings(outcomes: Sequence[Outcome]) -> Iterator[tuple[object, ...]]:
    for delivery_seq, checked, _ in outcomes:
        ids: dict[Key | None, int] = {submission.key: submission.submission_id for submission in checked.submissions}
        for found in checked.findings:
            yield (
                delivery_seq,
                ids.get(found.key),
                found.code,
                found.severity.value,
                found.sentence,
                found.unit_code,
                found.indicator_code,
                found.place.sheet or None,
                found.place.cell or None,
                found.place.line,
                found.raw,
                found.place.start,
                found.place.end,
                found.place.quote or None,
            )


def _texts(outcomes: Sequence[Outcome]) -> Iterator[tuple[object, ...]]:
    for delivery_seq, checked, _ in outcomes:
        if checked.text:
            yield (delivery_seq, checked.text)


def _close(connection: Connection, outcomes: Sequence[Outcome], catalogue_version: str) -> None:
    from sqlalchemy import text

    connection.execute(
        text(
            """
            update landing.delivery as delivery
            set kind = closed.kind, outcome = closed.outcome, form_version = closed.form_version,
                receipt_name = closed.receipt_name, catalogue_version = :version, checked_at = clock_timestamp()
            from unnest(
                cast(:seqs as bigint[]), cast(:kinds as text[]), cast(:outcomes as text[]),
                cast(:versions as text[]), cast(:receipts as text[])
            ) as closed (delivery_seq, kind, outcome, form_version, receipt_name)
            where delivery.delivery_seq = closed.delivery_seq
            """
        ),
        {
            "version": catalogue_version,
            "seqs": [outcome.delivery_seq for outcome in outcomes],
            "kinds": [outcome.checked.kind for outcome in outcomes],
            "outcomes": [outcome.checked.outcome for outcome in outcomes],
            "versions": [outcome.checked.form_version for outcome in outcomes],
            "receipts": [outcome.receipt_name for outcome in outcomes],
        },
    )
