"""What is to be reminded of on a day: for each unit that is told, the forms that have not come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Any

from catalogue.model import Catalogue, ReminderStep

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
class Recipient:
    """Who is told on one day, and of what: `own` forms, and those of units `below`, each in the order of units."""

    code: str
    name: str
    missing: tuple[Missing, ...]

    @property
    def own(self) -> list[Missing]:
        return [one for one in self.missing if one.unit_code == self.code]

    @property
    def below(self) -> list[Missing]:
        return [one for one in self.missing if one.unit_code != self.code]


def due(connection: Connection, catalogue: Catalogue, today: date) -> list[Recipient]:
    """Everyone who is to be told something on that day of Beijing's calendar and has not been told it before."""
    from sqlalchemy import text

    reminders = catalogue.reminders
    steps = {step.code: step for step in reminders.steps}
    asked = {
        "today": today,
        "forms": list(catalogue.forms),
        "give_up": reminders.gives_up_after_days,
        "codes": list(steps),
        "days": [step.days for step in steps.values()],
        "told_steps": [step.code for step in steps.values() for _ in step.to],
        "told": [str(party) for step in steps.values() for party in step.to],
    }
    rows = connection.execute(text(DUE), asked).all()
    return [
        Recipient(code, name, tuple(_missing(row, steps[row.step]) for row in found))
        for (code, name), found in groupby(rows, key=lambda row: (row.recipient_code, row.recipient_name))
    ]


def _missing(row: Row[Any], step: ReminderStep) -> Missing:
    about = row._asdict()
    return Missing(**{column: about[column] for column in Missing.__dataclass_fields__ if column != "step"}, step=step)


# Who is told is who lives today: a unit that has ended cannot be, so that its superior is in its place; and a unit
# whose superior of then has ended reports to its present one.
DUE = """
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
    missing as (
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
    where not exists (
        select 1 from ops.reminder as before
        where before.unit_code = addressed.unit_code
            and before.form = addressed.form
            and before.period = addressed.period
            and before.due_date = addressed.due_date
            and before.step = addressed.step
            and before.recipient_code = addressed.recipient_code
    )
    order by addressed.recipient_code, superior_code, addressed.unit_code, addressed.due_date, addressed.period,
        array_position(cast(:forms as text[]), addressed.form)
"""
