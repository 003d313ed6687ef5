"""Who may do what in the warehouse's database: a login for each kind of work, with the least that it needs.

A login is named after its database, so that several databases can live on one server. `deploy/roles.sql` makes the
same logins for the containers; `tests/integration/test_roles.py` walks every role, relation and verb.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

TIME_ZONE = "Asia/Shanghai"
PEOPLES_STATEMENT_TIMEOUT = "5min"

KEPT = ("landing", "ops", "published")
"""Schemas of the migrations: every relation in them belongs to the owner."""

DBT = ("catalogue", "staging", "intermediate", "candidate")
"""Schemas of dbt."""

PREVIEW_PREFIX = "preview_"

PREVIEW = tuple(f"{PREVIEW_PREFIX}{schema}" for schema in ("landing", "ops", *DBT))
"""What a preview reads and builds instead of the schemas of those names; empty while none is under way."""

BUILT = (*DBT, *PREVIEW)
"""Every relation in these schemas belongs to the login of `transform`."""


class Role(StrEnum):
    """A kind of work on the database. The owner migrates and makes the others' logins; it does nothing else."""

    OWNER = "owner"
    INGEST = "ingest"
    TRANSFORM = "transform"
    PUBLISH = "publish"
    OFFICE = "office"
    OPERATOR = "operator"
    BACKUP = "backup"


LOGINS = tuple(role for role in Role if role is not Role.OWNER)


@dataclass(frozen=True, slots=True)
class Grant:
    """Verbs, as SQL says them, on some relations of a schema; on every one, those to come included, if none is named.

    `kind` is what "every one" counts: tables (views are among them), sequences, or functions, which are always named.
    """

    schema: str
    verbs: str
    relations: tuple[str, ...] = ()
    kind: str = "tables"


HISTORIES = (
    *("indicator_values_history", "contribution_leaves_history", "report_lines_history", "reconciliation_history"),
    *("tree_closure_history", "indicators_history", "restated_values_history", "successions_history"),
    *("progress_history", "indicator_definitions_history", "series_breaks_history", "indicator_statuses_history"),
    "unapproved_figures_history",
)

RELEASES = ("releases", "release_values", "release_lines", "release_unapproved", "release_leaves")
"""Added to when a year is released, by one login; what is in them nobody can change, not even the owner."""

RECORDING = (
    Grant("ops", "select, insert, update (finished_at, outcome, sentence, next_steps)", ("task_run",)),
    Grant("ops", "insert", ("alert",)),
)
"""Each step says itself when it ran and how it ended."""

BUILD_PROGRESS = "update (state, message, built_at, audited_at, published_at)"

GRANTS: Mapping[Role, tuple[Grant, ...]] = {
    Role.INGEST: (
        Grant("landing", "select"),
        Grant("landing", "usage", ("landing_seq", "submission_submission_id_seq")),
        Grant("landing", "insert", ("delivery", "submission", "observation", "finding", "withdrawal", "explanation")),
        # A reason given afterwards releases a held figure; nothing else of it ever changes.
        Grant("landing", "update (is_held)", ("observation",)),
        Grant("landing", "insert", ("narrative_text", "list_name", "approval")),
        Grant(
            "landing",
            "update (kind, outcome, form_version, catalogue_version, checked_at, receipt_name, receipt_written_at, "
            "figures_told_at, figures_changed_seq)",
            ("delivery",),
        ),
        Grant("landing", "update (notice_written_at)", ("withdrawal", "approval")),
        Grant("landing", "insert, update (name, level, unit_type, parent_code, valid_to)", ("unit_span",)),
        Grant("landing", "insert, delete", ("unit_event", "form_expectation", "filing_exception", "approval_rule")),
        Grant("landing", "insert, update (changed_seq)", ("year_change",)),
        Grant("landing", "insert, delete", ("unit_contact",)),
        Grant("ops", "select", ("restatement",)),
        # Who answers clerks reminds them, too: of what has not come, and never twice.
        Grant("published", "select", ("reporting_status",)),
        # And tells them what their figures became.
        Grant("published", "select", ("indicator_values", "contribution_leaves", "tree_closure")),
        Grant("ops", "select, insert", ("reminder", "reminder_message")),
        Grant("ops", "update (begun_at, sent_at, channel, place, remark)", ("reminder_message",)),
        # And tells the data team of alerts.
        Grant("ops", "select", ("open_alerts", "runs")),
        Grant("ops", "select, insert", ("alert_notice",)),
        *RECORDING,
    ),
    Role.TRANSFORM: (
        Grant("landing", "select"),
        Grant("ops", "select, insert", ("build", "build_year", "model_result", "restatement")),
        Grant("ops", BUILD_PROGRESS, ("build",)),
        Grant("ops", "delete", ("model_result",)),
        # A running total is told by the years before, which are not built again for it.
        Grant("published", "select", ("indicator_values_history",)),
        *RECORDING,
    ),
    Role.PUBLISH: (
        Grant("candidate", "select"),
        Grant("preview_candidate", "select"),
        Grant("landing", "select", ("delivery", "submission", "observation", "year_change")),
        Grant("landing", "insert, update (published_seq, published_catalogue)", ("year_change",)),
        Grant("ops", "select", ("build", "build_year")),
        Grant("ops", BUILD_PROGRESS, ("build",)),
        Grant("ops", "select, insert, delete", ("expectation_result", "expectation_bad_row")),
        Grant("published", "select"),
        Grant("published", "insert", ("publication", *HISTORIES, *RELEASES)),
        # What was published is never changed: a row is closed, and another opened.
        Grant("published", "update (closed_by)", HISTORIES),
        Grant("ops", "execute", ("analyse_history(text)", "open_years(text, integer[], bigint)"), kind="functions"),
        *RECORDING,
    ),
    Role.OFFICE: (Grant("published", "select"),),
    Role.OPERATOR: (Grant("ops", "select"),),
    Role.BACKUP: (
        *(Grant(schema, "select") for schema in KEPT),
        *(Grant(schema, "select", kind="sequences") for schema in KEPT),
        Grant("public", "select", ("alembic_version",)),
        # What maintaining leaves behind, and what it throws away when its time is over.
        Grant("ops", "insert, update (proven_at, message)", ("backup",)),
        Grant("ops", "insert, update (checked_at, state)", ("archive_file",)),
        Grant("ops", "insert, delete", ("archive_check", "disk_use")),
        Grant("ops", "delete", ("model_result", "expectation_result", "expectation_bad_row", "task_run", "alert")),
        Grant("ops", "delete", ("alert_notice",)),
        *RECORDING,
    ),
}
"""What each login may do. A view shows what its owner may read, so `published` and `ops` need no grant on `landing`."""

NEEDS_TEMPORARY_TABLES = (Role.PUBLISH,)

NEEDS_SCRATCH_DATABASES = (Role.BACKUP,)
"""A backup is proven by restoring it."""

PEOPLE: Mapping[Role, str] = {Role.OFFICE: "published", Role.OPERATOR: "ops"}
"""Logins that people use: read-only, patient for some minutes, in Beijing time, and the schema they ask first."""


def login(database: str, role: Role) -> str:
    """The login of that role on that database; the owner's is whatever the address of the database names."""
    return f"{database}_{role}"


def password_variable(role: Role) -> str:
    """The variable that gives the password of the role's login, where it is not made up by the instance itself."""
    return f"KEXIE_{role.upper()}_PASSWORD"


def digest(database: str) -> str:
    """Changes with any statement of `granting`: stored with the database, it says that they were run."""
    return hashlib.sha256("\n".join(granting(database)).encode()).hexdigest()[:12]


def making(database: str, role: Role, password: str, *, anew: bool = True) -> Iterator[str]:
    """SQL that makes the role's login, or puts right the one that is there. To be run with createrole."""
    from psycopg import sql

    name, secret = _quoted(login(database, role)), sql.Literal(password).as_string()
    options = "login createdb" if role in NEEDS_SCRATCH_DATABASES else "login"
    yield f"{'create' if anew else 'alter'} role {name} {options} password {secret}"
    if role in PEOPLE:
        yield f"alter role {name} set default_transaction_read_only = on"
        yield f"alter role {name} set statement_timeout = '{PEOPLES_STATEMENT_TIMEOUT}'"
        yield f"alter role {name} set timezone = '{TIME_ZONE}'"
        yield f"alter role {name} set search_path = {PEOPLE[role]}"


def joining(database: str, owner: str) -> str:
    """SQL by which the owner may do what `transform` may: say who reads what dbt makes, and take over what it made."""
    return f"grant {_quoted(login(database, Role.TRANSFORM))} to {_quoted(owner)}"


def granting(database: str) -> Iterator[str]:
    """SQL by which the database's owner gives the logins exactly what is said here, whatever they had before."""
    # They are in no backup, so a restored database lacks them.
    for schema in BUILT:
        yield f"create schema if not exists {schema}"
    # Only who may create in a schema can be given what is in it.
    yield f"grant usage, create on schema {', '.join(BUILT)} to {_quoted(login(database, Role.TRANSFORM))}"
    yield _taking_over(login(database, Role.TRANSFORM))
    yield from _taking_away(database)
    everyone = _list(login(database, role) for role in LOGINS)
    yield f"grant connect on database {_quoted(database)} to {everyone}"
    for role in NEEDS_TEMPORARY_TABLES:
        yield f"grant temporary on database {_quoted(database)} to {_quoted(login(database, role))}"
    for role, grants in GRANTS.items():
        for grant in grants:
            yield from _giving(database, role, grant)


def _taking_over(transformer: str) -> str:
    """What dbt made under another login, of an earlier program or a copied database, goes to this one's."""
    from psycopg import sql

    schemas, owner = (sql.Literal(value).as_string() for value in (_array(BUILT), _quoted(transformer)))
    return f"""
        do $$
        declare
            made regclass;
        begin
            for made in
                select oid from pg_class
                where relnamespace = any ({schemas}::regnamespace[]) and relkind in ('r', 'v', 'm')
                    and relowner <> {owner}::regrole
            loop
                execute format('alter table %s owner to %s', made, {owner});
            end loop;
        end
        $$
    """


def _taking_away(database: str) -> Iterator[str]:
    transformer = _quoted(login(database, Role.TRANSFORM))
    everyone = _list(login(database, role) for role in LOGINS)
    readers = _list(login(database, role) for role in LOGINS if role is not Role.TRANSFORM)
    yield f"revoke all on database {_quoted(database)} from public, {everyone}"
    for schemas, others in ((KEPT, everyone), (BUILT, readers)):
        yield f"revoke all on schema {', '.join(schemas)} from {others}"
        yield f"revoke all on all tables in schema {', '.join(schemas)} from {others}"
        yield f"revoke all on all sequences in schema {', '.join(schemas)} from {others}"
    yield f"revoke all on all functions in schema ops from public, {everyone}"
    for kind in ("tables", "sequences"):
        yield f"alter default privileges in schema {', '.join(KEPT)} revoke all on {kind} from {everyone}"
        yield (
            f"alter default privileges for role {transformer} in schema {', '.join(BUILT)} "
            f"revoke all on {kind} from {readers}"
        )


def _giving(database: str, role: Role, grant: Grant) -> Iterator[str]:
    to = f"to {_quoted(login(database, role))}"
    yield f"grant usage on schema {grant.schema} {to}"
    if grant.relations:
        kind = "function " if grant.kind == "functions" else ""
        yield f"grant {grant.verbs} on {kind}{', '.join(f'{grant.schema}.{name}' for name in grant.relations)} {to}"
        return
    maker = f"for role {_quoted(login(database, Role.TRANSFORM))} " if grant.schema in BUILT else ""
    yield f"grant {grant.verbs} on all {grant.kind} in schema {grant.schema} {to}"
    yield f"alter default privileges {maker}in schema {grant.schema} grant {grant.verbs} on {grant.kind} {to}"


def _array(names: tuple[str, ...]) -> str:
    return "{" + ",".join(names) + "}"


def _list(names: Iterator[str]) -> str:
    return ", ".join(map(_quoted, names))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
