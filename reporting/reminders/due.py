"""What is to be reminded of on a day: for each unit that is told, the forms and the approvals that have not come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from catalogue.model import Catalogue, ReminderStep
from ingestion.withdraw import IN_FORCE

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row


@dataclass(frozen=True, slots=True)
class Missing:
    """One form of one unit and period that has not come as it should; `state` as published.reporting_status says it.

    `superior_code` is the unit that it reports to today, empty for the root of the tree.
    """

    unit_code: str
    unit_name: str
    superior_code: str
    superior_name: str
    form: str
    form_name: str
    period: str
    due_date: date
    state: str
    step: ReminderStep


@dataclass(frozen=True, slots=True)
class Awaiting:
    """One submission that waits since `due_date` for `approver_code` to approve it, as the next step of its ladder."""

    submission_id: int
    unit_code: str
    unit_name: str
    form: str
    form_name: str
    period: str
    due_date: date
    approver_code: str
    approver_name: str
    step: ReminderStep


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is told on one day, and of what: `own` forms, and those of units `below`, each in the order of units.

    So with submissions that wait for an approval: `to_approve` by the recipient, `awaiting` that of units below.
    """

    code: str
    name: str
    missing: tuple[Missing, ...]
    approvals: tuple[Awaiting, ...] = ()

    @property
    def own(self) -> list[Missing]:
        return [one for one in self.missing if one.unit_code == self.code]

    @property
    def below(self) -> list[Missing]:
        return [one for one in self.missing if one.unit_code != self.code]

    @property
    def to_approve(self) -> list[Awaiting]:
        return [one for one in self.approvals if one.approver_code == self.code]

    @property
    def awaiting(self) -> list[Awaiting]:
        return [one for one in self.approvals if one.approver_code != self.code]

    @property
    def told(self) -> tuple[Missing | Awaiting, ...]:
        """All that the recipient is told of."""
        return (*self.missing, *self.approvals)


def due(connection: Connection, catalogue: Catalogue, today: date) -> list[Recipient]:
    """Everyone who is to be told something on that day of Beijing's calendar and has not been told it before."""
    reminders = catalogue.reminders
    steps = {step.code: step for step in (*reminders.steps, *reminders.approvals)}
    names: dict[str, str] = {}
    missing: dict[str, list[Missing]] = defaultdict(list)
    for row in _asked(connection, DUE, catalogue, reminders.steps, today):
        names[row.recipient_code] = row.recipient_name
        missing[row.recipient_code].append(_missing(row, steps[row.step]))
    approvals: dict[str, list[Awaiting]] = defaultdict(list)
    for row in _asked(connection, AWAITING, catalogue, reminders.approvals, today):
        names[row.recipient_code] = row.recipient_name
        approvals[row.recipient_code].append(_awaiting(row, catalogue.form_title(row.form), steps[row.step]))
    return [Recipient(code, names[code], tuple(missing[code]), tuple(approvals[code])) for code in sorted(names)]


def _asked(
    connection: Connection, query: str, catalogue: Catalogue, steps: Sequence[ReminderStep], today: date
) -> Sequence[Row[Any]]:
    from sqlalchemy import text

    asked = {
        "today": today,
        "forms": list(catalogue.forms),
        "give_up": catalogue.reminders.gives_up_after_days,
        "codes": [step.code for step in steps],
        "days": [step.days for step in steps],
        "told_steps": [step.code for step in steps for _ in step.to],
        "told": [str(party) for step in steps for party in step.to],
    }
    return connection.execute(text(query), asked).all()


def _missing(row: Row[Any], step: ReminderStep) -> Missing:
    about = row._asdict()
    return Missing(**{column: about[column] for column in Missing.__dataclass_fields__ if column != "step"}, step=step)


def _awaiting(row: Row[Any], form_name: str, step: ReminderStep) -> Awaiting:
    about = row._asdict() | {"form_name": form_name, "step": step}
    return Awaiting(**{column: about[column] for column in Awaiting.__dataclass_fields__})


WHO = """
    with recursive
    alive as (
        select unit_code, name, parent_code
        from landing.unit_span
        where valid_from <= :today and coalesce(valid_to, 'infinity') > :today
    ),
    above as (
        select unit_code, unit_code as ancestor_code, parent_code from alive
        union all
        select above.unit_code, alive.unit_code, alive.parent_code
        from above
        join alive on alive.unit_code = above.parent_code
    ),
    roots as (
        select unit_code, ancestor_code as root_code from above where parent_code is null
    ),
    steps as (
        select * from unnest(cast(:codes as text[]), cast(:days as integer[])) as steps (step, days)
    ),
    told as (
        select * from unnest(cast(:told_steps as text[]), cast(:told as text[])) as told (step, party)
    ),
"""

UNTOLD = """
    where not exists (
        select 1 from ops.reminder as before
        where before.unit_code = addressed.unit_code
            and before.form = addressed.form
            and before.period = addressed.period
            and before.due_date = addressed.due_date
            and before.step = addressed.step
            and before.recipient_code = addressed.recipient_code
    )
"""

# Who is told is who lives today: a unit that has ended cannot be, so that its superior is in its place; and a unit
# whose superior of then has ended reports to its present one.
DUE = f"""
{WHO}    missing as (
        select status.*, reached.step
        from published.reporting_status as status
        cross join lateral (
            select steps.step from steps
            where status.due_date + steps.days <= :today
            order by steps.days desc
            limit 1
        ) as reached
        where status.state in ('missing', 'blank', 'rejected', 'partial') and status.due_date + :give_up >= :today
    ),
    placed as (
        select
            missing.*,
            own.unit_code as living_code,
            case when own.unit_code is null then former.unit_code else own.parent_code end as superior_code,
            coalesce(roots.root_code, former_roots.root_code) as root_code
        from missing
        left join alive as own on own.unit_code = missing.unit_code
        left join alive as former on former.unit_code = missing.parent_code
        left join roots on roots.unit_code = own.unit_code
        left join roots as former_roots on former_roots.unit_code = former.unit_code
    ),
    addressed as (
        select distinct
            case told.party
                when 'unit' then coalesce(placed.living_code, placed.superior_code)
                when 'superior' then placed.superior_code
                else placed.root_code
            end as recipient_code,
            placed.unit_code, placed.unit_name, placed.superior_code, placed.form, placed.form_name, placed.period,
            placed.due_date, placed.state, placed.step
        from placed
        join told on told.step = placed.step
    )
    select
        addressed.recipient_code,
        recipient.name as recipient_name,
        addressed.unit_code,
        addressed.unit_name,
        coalesce(addressed.superior_code, '') as superior_code,
        coalesce(superior.name, '') as superior_name,
        addressed.form,
        addressed.form_name,
        addressed.period,
        addressed.due_date,
        addressed.state,
        addressed.step
    from addressed
    join alive as recipient on recipient.unit_code = addressed.recipient_code
    left join alive as superior on superior.unit_code = addressed.superior_code
{UNTOLD}    order by addressed.recipient_code, superior_code, addressed.unit_code, addressed.due_date, addressed.period,
        array_position(cast(:forms as text[]), addressed.form)
"""

# A submission waits since it came, or since the step before was approved. What became of a unit approves in its place;
# where nothing did, the unit above it is told.
AWAITING = f"""
{WHO}
    awaiting as (
        select submission.submission_id, submission.unit_code, submission.form, submission.period,
            state.next_approver_code,
            (greatest(
                delivery.received_at,
                (
                    select max(approval.approved_at) from landing.approval as approval
                    where approval.submission_id = submission.submission_id
                )
            ) at time zone 'Asia/Shanghai')::date as due_date
        from landing.approval_state as state
        join landing.submission as submission on submission.submission_id = state.submission_id
        join landing.delivery as delivery on delivery.delivery_seq = submission.delivery_seq
        left join landing.withdrawal as withdrawal on withdrawal.submission_id = submission.submission_id
        where state.next_step is not null and {IN_FORCE}
    ),
    placed as (
        select awaiting.*, reached.step, living.unit_code as approver_code, living.parent_code as superior_code,
            roots.root_code
        from awaiting
        cross join lateral (
            select steps.step from steps
            where awaiting.due_date + steps.days <= :today
            order by steps.days desc
            limit 1
        ) as reached
        cross join lateral (
            with recursive became as (
                select awaiting.next_approver_code as unit_code, 0 as generation
                union
                select event.to_code, became.generation + 1
                from became
                join landing.unit_event as event
                    on event.from_code = became.unit_code and event.kind in ('rename', 'merge', 'split')
                where event.event_date <= :today
            )
            select alive.unit_code, alive.parent_code
            from (
                select unit_code, generation from became
                union all
                (
                    select parent_code, 1000 from landing.unit_span
                    where unit_code = awaiting.next_approver_code
                    order by valid_from desc
                    limit 1
                )
            ) as candidate
            join alive on alive.unit_code = candidate.unit_code
            order by candidate.generation, alive.unit_code
            limit 1
        ) as living
        join roots on roots.unit_code = living.unit_code
        where awaiting.due_date + :give_up >= :today
    ),
    addressed as (
        select distinct
            case told.party
                when 'unit' then placed.approver_code
                when 'superior' then placed.superior_code
                else placed.root_code
            end as recipient_code,
            placed.*
        from placed
        join told on told.step = placed.step
    )
    select
        addressed.*,
        recipient.name as recipient_name,
        approver.name as approver_name,
        coalesce(
            (
                select span.name from landing.unit_span as span
                where span.unit_code = addressed.unit_code
                order by span.valid_from desc
                limit 1
            ),
            addressed.unit_code
        ) as unit_name
    from addressed
    join alive as recipient on recipient.unit_code = addressed.recipient_code
    join alive as approver on approver.unit_code = addressed.approver_code
{UNTOLD}
    order by addressed.recipient_code, addressed.approver_code, addressed.due_date, addressed.unit_code,
        addressed.period, array_position(cast(:forms as text[]), addressed.form)
"""
