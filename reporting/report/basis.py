"""On which figures a report stands: a release of the year, or what is published of it now.

Whoever reads the report of a release must find the same in it for ever. So the year's figures are the release's own
rows, and all that stands beside them (last year, plans, the comparison) is what was published when it was approved.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from ingestion.periods import periods_of
from kexie.clock import BEIJING
from kexie.errors import UserError

COPIES = {
    "indicator_values": "release_values",
    "report_lines": "release_lines",
    "unapproved_figures": "release_unapproved",
}
"""What a release keeps rows of its own of, and where."""


@dataclass(frozen=True, slots=True)
class Basis:
    """The figures a report is made from.

    `publication` is the one up to which the year's figures count, `beside` that for everything else; `published_at`
    when these figures were published. `release`, `approved_by` and `approved_at` are empty for an unreleased year.
    """

    year: int
    publication: int
    beside: int
    published_at: datetime
    release: str = ""
    approved_by: str = ""
    approved_at: datetime | None = None

    @property
    def name(self) -> str:
        """How the files and the notes call it."""
        return f"定稿{self.release}" if self.release else "未定稿"

    @property
    def sentence(self) -> str:
        """Who approved these figures and when, or since when they are published without approval."""
        if self.approved_at is None:
            return f"未定稿：依据 {_minute(self.published_at)} 发布的数，尚未批准定稿，以后还可能变动"
        return (
            f"依据定稿 {self.release}：{_minute(self.published_at)} 发布的数，"
            f"{self.approved_by}于 {_minute(self.approved_at)} 批准"
        )

    @property
    def short(self) -> str:
        """The same in a note's few words."""
        return f"依据定稿 {self.release}" if self.release else f"未定稿：{_minute(self.published_at)} 发布"

    @property
    def stamp(self) -> datetime:
        """The one moment that the files carry, so that the same figures give the same bytes; Beijing time."""
        return (self.approved_at or self.published_at).astimezone(BEIJING).replace(tzinfo=None, microsecond=0)

    @property
    def bound(self) -> dict[str, Any]:
        """What the queries on `rows` want to know."""
        return {
            "release": self.release,
            "publication": self.publication,
            "beside": self.beside,
            "year": str(self.year),
            "last_year": str(self.year - 1),
            "next_year": str(self.year + 1),
        }

    def rows(self, relation: str, year: str = "year") -> str:
        """SQL for the rows of a published relation for a year (the name of a bound value) as this report knows them."""
        if self.release and year == "year" and relation in COPIES:
            return f"(select * from published.{COPIES[relation]} where release_name = :release and period = :year)"
        known = "publication" if year == "year" else "beside"
        return f"""(
            select * from published.{relation}_history
            where period = :{year} and opened_by <= :{known} and (closed_by is null or closed_by > :{known})
        )"""


def basis(connection: Connection, year: int, release: str = "") -> Basis:
    """The release of that name, else the year's last one, else what is published of the year.

    Raises UserError where nothing of the year is published, or the year has no such release.
    """
    releases = list(connection.execute(text(RELEASES), {"year": str(year)}))
    if release:
        releases = [_named(releases, year, release)]
    if releases:
        return _released(connection, year, releases[-1])
    periods = [period for near in (year - 1, year, year + 1) for period in periods_of(near)]
    found = connection.execute(text(PUBLISHED), {"year": str(year), "periods": periods}).one()
    if not found.is_published:
        raise UserError(f"Nothing of {year} is published, so there is nothing to report. {_years(connection, year)}")
    return Basis(year, found.newest, found.newest, found.published_at)


def _named(releases: list[Row[Any]], year: int, name: str) -> Row[Any]:
    for release in releases:
        if release.release_name == name:
            return release
    known = "、".join(release.release_name for release in releases)
    raise UserError(
        f"{name} is no release of {year}: "
        + (f"there is {known.replace('、', ', ')}." if known else f"nothing of {year} has been released yet.")
    )


def _released(connection: Connection, year: int, release: Row[Any]) -> Basis:
    known = connection.execute(text(KNOWN_THEN), {"moment": release.approved_at})
    beside: int = known.scalar_one()
    return Basis(
        year,
        release.publication_id,
        max(release.publication_id, beside),
        release.published_at,
        release.release_name,
        release.approved_by,
        release.approved_at,
    )


def _years(connection: Connection, year: int) -> str:
    years = connection.scalars(text(YEARS)).all()
    known = f"Published: {', '.join(years)}." if years else "No year is published yet."
    return f"{known} `kexie run --year {year}` computes it."


def _minute(when: datetime) -> str:
    return f"{when.astimezone(BEIJING):%Y-%m-%d %H:%M}"


RELEASES = """
    select release_name, publication_id, published_at, approved_by, approved_at
    from published.releases where period = :year order by split_part(release_name, '-', 2)::integer
"""

KNOWN_THEN = """
    select coalesce(max(publication_id), 0) from published.publication where published_at <= :moment
"""

# When the figures that the report shows were last changed, whatever else has been published since.
PUBLISHED = """
    select
        exists (select from published.indicator_values where period = :year) as is_published,
        (select coalesce(max(publication_id), 0) from published.publication) as newest,
        (
            select published_at from published.publication
            where publication_id = (
                select max(changed_by)
                from (
                    select opened_by, closed_by from published.indicator_values_history where period = any(:periods)
                    union all
                    select opened_by, closed_by from published.report_lines_history where period = any(:periods)
                    union all
                    select opened_by, closed_by from published.progress_history where period = any(:periods)
                ) as history
                cross join lateral (values (opened_by), (closed_by)) as change (changed_by)
            )
        ) as published_at
"""

YEARS = "select distinct period from published.tree_closure where length(period) = 4 order by period"
