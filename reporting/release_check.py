"""Whether a release is still what was approved: every row's hash, the manifest's, and where each figure comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, text

from catalogue.load import load as load_catalogue
from ingestion.periods import periods_of
from kexie.errors import UserError
from reporting.provenance import unproven
from reporting.release import COPIES, Progress, Release, contents, fingerprint, published_state, releases


def verify(engine: Engine, year: int, progress: Progress) -> None:
    """Check every release of the year; raises UserError naming what is not as it was approved."""
    with engine.connect() as connection:
        made = releases(connection, year)
        if not made:
            raise UserError(f"Nothing of {year} was released yet.")
        _verify(connection, made, progress)


def verify_all(engine: Engine, progress: Progress) -> None:
    """The same for every release there is, if there is any."""
    with engine.connect() as connection:
        years = connection.scalars(text("select distinct period::integer from published.releases order by 1")).all()
        _verify(connection, [made for year in years for made in releases(connection, year)], progress)


def _verify(connection: Connection, made: Sequence[Release], progress: Progress) -> None:
    found = {one.name: list(wrong(connection, one)) for one in made}
    for one in made:
        if not found[one.name]:
            progress(f"{one.name} is as {one.approved_by} approved it; manifest {one.manifest['sha256']}.")
    if any(found.values()):
        raise UserError(" ".join(sentence for sentences in found.values() for sentence in sentences))


def wrong(connection: Connection, release: Release) -> Iterator[str]:
    """A sentence for each thing that is not as it was approved; none for a release that is whole."""
    manifest = release.manifest
    if fingerprint(manifest) != manifest.get("sha256") or _told(release) != _of(manifest):
        yield f"{release.name}: the manifest is not the one that was approved."
    for relation in COPIES:
        changed = connection.scalar(text(CHANGED_ROWS.format(relation=relation)), {"name": release.name})
        if changed:
            yield f"{release.name}: {changed} rows of published.{relation} are not what their hashes say."
    lost = connection.scalar(text(LOST_LEAVES), {"name": release.name})
    if lost:
        yield f"{release.name}: {lost} rows of published.contribution_leaves_history are not what they were."
    state = published_state(connection, release.year, release.publication_id)
    held = contents(connection, release.name, state)
    for relation, told in manifest.get("contents", {}).items():
        if held.get(relation) != told:
            found = held.get(relation, {}).get("rows", 0)
            yield f"{release.name}: {relation} holds {found} rows that are not the {told['rows']} of the manifest."
    # Another catalogue may have other rules of adding up.
    if manifest.get("catalogue") == load_catalogue().version:
        unmade = len(unproven(connection, release.published_at, periods_of(release.year)))
        if unmade:
            yield f"{release.name}: {unmade} figures are not what the filed figures behind them add up to."


def _told(release: Release) -> tuple[object, ...]:
    return release.name, str(release.year), release.publication_id, release.approved_by, release.approved_at.isoformat()


def _of(manifest: dict[str, Any]) -> tuple[object, ...]:
    return tuple(manifest.get(key) for key in ("release", "year", "publication", "approved_by", "approved_at"))


CHANGED_ROWS = """
    select count(*) from published.{relation} as one_row
    where release_name = :name and row_hash <> published.row_hash(to_jsonb(one_row))
"""

LOST_LEAVES = """
    select count(*)
    from published.release_leaves as kept
    left join published.contribution_leaves_history as one_row
        on one_row.holder_code = kept.holder_code and one_row.indicator_code = kept.indicator_code
        and one_row.period = kept.period and one_row.role = kept.role
        and one_row.leaf_indicator_code = kept.leaf_indicator_code and one_row.opened_by = kept.opened_by
    where kept.release_name = :name
        and kept.row_hash is distinct from published.row_hash(to_jsonb(one_row))
"""
