"""What an audit found, as rows of schema `ops`: every result, and the rows that broke a rule with their files."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from expectations.relations import RELATIONS

KEPT_ROWS = 1000
"""So many bad rows are kept per expectation."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a rule about a relation ended. `query` selects the rows that break it; `error`: why it was not judged."""

    suite: str
    relation: str
    code: str
    name_zh: str
    sentence: str
    severity: str
    is_success: bool
    bad_rows: int
    error: str
    query: str

    @property
    def is_blocking(self) -> bool:
        """Whether it keeps the candidate from being published."""
        return not self.is_success and self.severity == "critical"

    @property
    def message(self) -> str:
        """What is wrong, in a few words; empty when nothing is."""
        if self.is_success:
            return ""
        return f"无法核对：{self.error}" if self.error else f"{self.bad_rows} 行不符"


@dataclass(frozen=True, slots=True)
class BadRow:
    """One row that breaks a rule; None where the row does not say, or no file stands behind it."""

    unit_code: str | None
    indicator_code: str | None
    period: str | None
    file_name: str | None
    place: str | None


@dataclass(frozen=True, slots=True)
class Failure:
    verdict: Verdict
    rows: list[BadRow]


def record(connection: Connection, build_id: int, verdicts: Sequence[Verdict]) -> list[Failure]:
    """Write every verdict and the bad rows of each failure; returns the failures with their rows.

    What an earlier audit of the build recorded is replaced, within the connection's transaction.
    """
    for table in ("expectation_result", "expectation_bad_row"):
        connection.execute(text(f"delete from ops.{table} where build_id = :build_id"), {"build_id": build_id})
    _record_results(connection, build_id, verdicts)
    return [
        Failure(verdict, [] if verdict.error else _record_rows(connection, build_id, verdict))
        for verdict in verdicts
        if not verdict.is_success
    ]


def _record_results(connection: Connection, build_id: int, verdicts: Sequence[Verdict]) -> None:
    connection.execute(
        text("""
            insert into ops.expectation_result
                (build_id, suite, expectation, expectation_name, severity, is_success, bad_rows, message)
            values (:build_id, :suite, :code, :name_zh, :severity, :is_success, :bad_rows, :message)
        """),
        [
            {
                "build_id": build_id,
                "suite": verdict.suite,
                "code": verdict.code,
                "name_zh": verdict.name_zh,
                "severity": verdict.severity,
                "is_success": verdict.is_success,
                "bad_rows": verdict.bad_rows,
                "message": verdict.message,
            }
            for verdict in verdicts
        ],
    )


def _record_rows(connection: Connection, build_id: int, verdict: Verdict) -> list[BadRow]:
    # Kept aside and analysed first: a planner that takes the bad rows for one scans every leaf once for each of them.
    connection.execute(text(_KEEP_ROWS.replace("<query>", verdict.query)), {"kept": KEPT_ROWS})
    connection.execute(text("analyze bad_row"))
    found = connection.execute(_INSERT_ROWS, {"build_id": build_id, "code": verdict.code})
    rows = [BadRow(**row) for row in found.mappings()]
    connection.execute(text("drop table bad_row"))
    return rows


# Materialised, so that the limit does not lead the planner to a plan that is good for the first rows only.
_KEEP_ROWS = """
    create temporary table bad_row as
    with found as materialized (<query>)
    select
        row_number() over () as n,
        coalesce(bad ->> 'unit_code', bad ->> 'holder_code') as unit_code,
        bad ->> 'indicator_code' as indicator_code,
        bad ->> 'period' as period,
        case when bad ->> 'basis' = 'claimed' then 'claim' else 'own' end as role,
        (bad ->> 'observation_id')::bigint as observation_id,
        bad
    from (select to_jsonb(found) as bad from found limit :kept) as kept
"""


# A row's file is, in this order: that of a figure it names, of the figures its unit's own was added from (a claim's
# for a row that uses the claim), of those below it, and of what the unit filed in that year at all. The year is told by
# its periods, which the index of a unit's submissions has: what it filed in thirty years is not read for every row.
_INSERT_ROWS = text(f"""
    with behind as (
        select n, 1 as rank, observation_id from bad_row where observation_id is not null
        union all
        select n, 1, named::bigint
        from bad_row
        cross join lateral jsonb_array_elements_text(
            case when jsonb_typeof(bad -> 'observation_ids') = 'array' then bad -> 'observation_ids' end
        ) as named
        where observation_id is null
        union all
        select bad_row.n, case when leaf.role = bad_row.role then 2 else 3 end, leaf.observation_ids[1]
        from bad_row
        join {RELATIONS["contribution_leaves"].path} as leaf on leaf.holder_code = bad_row.unit_code
            and leaf.indicator_code = bad_row.indicator_code and leaf.period = bad_row.period
        union all
        select bad_row.n, 4, min(leaf.observation_ids[1])
        from bad_row
        join {RELATIONS["tree_closure"].path} as tree
            on tree.ancestor_code = bad_row.unit_code and tree.period = bad_row.period
        join {RELATIONS["contribution_leaves"].path} as leaf on leaf.holder_code = tree.unit_code
            and leaf.indicator_code = bad_row.indicator_code and leaf.period = bad_row.period
        group by bad_row.n
    ),
    candidates as (
        select * from behind
        union all
        select bad_row.n, 5, observation.observation_id
        from bad_row
        join landing.submission as submission on submission.unit_code = bad_row.unit_code
            and submission.period between left(bad_row.period, 4) and left(bad_row.period, 4) || '-Z'
            and submission.state = 'accepted'
        join landing.observation as observation on observation.submission_id = submission.submission_id
            and observation.indicator_code = bad_row.indicator_code
        where bad_row.n not in (select n from behind)
    ),
    chosen as (
        select distinct on (candidates.n) candidates.n, observation.*
        from candidates
        join landing.observation as observation on observation.observation_id = candidates.observation_id
        order by candidates.n, candidates.rank, candidates.observation_id
    ),
    sources as (
        select chosen.n, delivery.file_name,
            coalesce(
                chosen.sheet || '!' || chosen.cell, '第 ' || chosen.line || ' 行', chosen.quote
            ) as place
        from chosen
        join landing.submission as submission on submission.submission_id = chosen.submission_id
        join landing.delivery as delivery on delivery.delivery_seq = submission.delivery_seq
    )
    insert into ops.expectation_bad_row
        (build_id, expectation, unit_code, indicator_code, period, file_name, place, bad_row)
    select :build_id, :code, bad_row.unit_code, bad_row.indicator_code, bad_row.period, sources.file_name,
        sources.place, bad_row.bad
    from bad_row
    left join sources on sources.n = bad_row.n
    order by bad_row.n
    returning unit_code, indicator_code, period, file_name, place
""")
