"""A moment as people give it: a day or a time in Beijing, or the name of a release."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import Connection, text

from kexie.clock import BEIJING
from kexie.errors import UserError

MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?", re.ASCII)


def moment(connection: Connection, given: str) -> datetime:
    """A day is its beginning, a release the moment it froze; raises UserError for what is neither."""
    if MOMENT.fullmatch(given):
        try:
            return datetime.fromisoformat(given).replace(tzinfo=BEIJING)
        except ValueError:
            raise UserError(f"'{given}' is no moment; write it like 2022-01-10 or 2022-01-10T08:00.") from None
    released: datetime | None = connection.scalar(text(RELEASED), {"name": given})
    if released is None:
        names = connection.scalars(text("select release_name from published.releases order by approved_at")).all()
        known = f"the releases are {', '.join(names)}" if names else "nothing has been released yet"
        raise UserError(
            f"'{given}' is neither a moment, such as 2022-01-10 or 2022-01-10T08:00, nor a release: {known}."
        )
    return released


def shown(when: datetime) -> str:
    """To the second, in Beijing time."""
    return f"{when.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"


RELEASED = "select published_at from published.releases where release_name = :name"
