"""Take complete files from the inbox, keep their bytes for ever under their SHA-256, and log each delivery.

An inbox holds one folder per submitter. A file is an *arrival*: its name and what the file system says of it. The
arrival is logged with the delivery, so that a run that died before it could empty the inbox does not land it twice.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

from ingestion.disk import force_to_disk
from ingestion.lock import only_writer
from ingestion.unit_files import CODE
from kexie.database import copy_rows
from kexie.errors import UserError
from kexie.home import Home

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem  # type: ignore[import-untyped]
    from sqlalchemy import Connection, Engine

Item = TypeVar("Item")
Progress = Callable[[str], None]

BATCH = 200
SETTLED_SECONDS = 2.0
"""A file that was not put there by `submit` is complete when it has not changed for so long."""

SETTLED_AFAR_SECONDS = 5.0
"""The same where the file comes over a network, whose pauses may be longer."""

CHUNK = 1 << 20

LONGEST_NAME = 220
"""Bytes of a submitted file's own name; file systems allow 255, and the stamp and `.part` come on top."""

PASSED_OVER_NAMED = 10

SUBMITTED = re.compile(r"(?P<stamp>\d{8}T\d{12}Z)-\d{4,}~(?P<name>.+)", re.DOTALL)
STAMP = "%Y%m%dT%H%M%S%fZ"

SET_BY_THE_STORE = ("ino", "created", "LastModified", "ETag")
"""What a store says of a file that no sender can choose. SFTP has none of it."""

DELIVERY_COLUMNS = ("delivery_seq", "submitter_code", "file_name", "sha256", "size_bytes", "arrival")


@dataclass(frozen=True, slots=True)
class Arrival:
    """One file in the inbox. `came_at` orders arrivals: when it was submitted, else when it was last written.

    `is_distinct` says that `identity` would be another if the same file were placed again.
    """

    path: str
    submitter: str
    file_name: str
    size: int
    came_at: datetime
    is_submitted: bool
    is_distinct: bool
    identity: str


@dataclass(slots=True)
class Landed:
    """How many files were taken, and a sentence for each that was left for next time."""

    files: int
    left: list[str]


def submit(home: Home, files: Sequence[Path], submitter: str) -> list[str]:
    """Put files into a submitter's inbox in the order given; returns the names they have there.

    Raises UserError where one of them is no file; then none was put.
    """
    if not CODE.fullmatch(submitter):
        raise UserError(f"'{submitter}' cannot be a unit's code; give the code of the unit that submits.")
    refuse_what_is_no_file(files)
    inbox = home.inbox / submitter
    inbox.mkdir(parents=True, exist_ok=True)
    stamp = datetime.now(UTC).strftime(STAMP)
    names = [f"{stamp}-{number:04}~{_shortened(file.name)}" for number, file in enumerate(files, start=1)]
    for file, name in zip(files, names, strict=True):
        draft, place = (inbox / f".{name}.part").path, (inbox / name).path
        inbox.fs.put_file(str(file), draft)
        inbox.fs.mv(draft, place)
    return names


def refuse_what_is_no_file(files: Iterable[Path]) -> None:
    for file in files:
        if not file.is_file():
            raise UserError(f"{file} is no file; give the path of a file to submit.")


def _shortened(name: str) -> str:
    """A file's name, its stem cut where the longest that a file system allows would leave no room for the stamp."""
    data, suffix = os.fsencode(name), os.fsencode(Path(name).suffix[:20])
    if len(data) <= LONGEST_NAME:
        return name
    return (data[: LONGEST_NAME - len(suffix)].decode(errors="ignore").encode() + suffix).decode(errors="ignore")


def land(home: Home, engine: Engine, progress: Progress) -> Landed:
    """Land every complete file of the inbox, in the order in which they arrived."""
    with only_writer(engine):
        fs = home.inbox.fs
        arrivals, left = _complete(fs, home.inbox.path)
        arrivals = list(_made_distinct(fs, arrivals, left))
        _tell_passed_over(fs, home.inbox.path, progress)
        landed = 0
        for batch in batches(arrivals, BATCH):
            landed += _land(home, engine, fs, batch, left)
            progress(f"landed {landed} of {len(arrivals)} files")
    return Landed(landed, left)


def archived(home: Home, sha256: str) -> Path:
    """Where the bytes with that SHA-256 are kept."""
    return home.archive / sha256[:2] / sha256


def waiting(home: Home) -> Iterator[Arrival]:
    """What lies in the inbox now, complete or not, in no order."""
    return _arrivals(home.inbox.fs, home.inbox.path)


def batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _complete(fs: AbstractFileSystem, inbox: str) -> tuple[list[Arrival], list[str]]:
    """The files to take, in order, and a sentence for each that is still being written."""
    found = list(_arrivals(fs, inbox))
    now = datetime.now(UTC)
    young = {a.path: a for a in found if not a.is_submitted and not _is_old(a, now)}
    if young:
        time.sleep(SETTLED_SECONDS if all(a.is_distinct for a in young.values()) else SETTLED_AFAR_SECONDS)
        settled = {arrival.path: arrival for arrival in _arrivals(fs, inbox)}
        young = {path: arrival for path, arrival in young.items() if settled.get(path) != arrival}
    left = [f"{arrival.submitter}/{arrival.file_name}: still being written" for arrival in young.values()]
    taken = [arrival for arrival in found if arrival.path not in young]
    return sorted(taken, key=lambda arrival: (arrival.came_at, arrival.path)), left


def _is_old(arrival: Arrival, now: datetime) -> bool:
    # On a server whose files carry times that their senders set, or its own clock did, a time says nothing.
    return arrival.is_distinct and (now - arrival.came_at).total_seconds() >= SETTLED_SECONDS


def _made_distinct(fs: AbstractFileSystem, arrivals: Iterable[Arrival], left: list[str]) -> Iterator[Arrival]:
    """Rename, as if submitted when last written, what its store would not tell from the same sent again.

    Without that a file sent once more with its old time of writing would be taken for one that a crash left behind.
    """
    for number, arrival in enumerate(arrivals, start=1):
        if arrival.is_distinct:
            yield arrival
            continue
        folder, name = arrival.path.rsplit("/", 1)
        once = f"{number:04}{secrets.randbelow(10**6):06}"
        stamped = f"{arrival.came_at.strftime(STAMP)}-{once}~{_shortened(name)}"
        try:
            fs.mv(arrival.path, f"{folder}/{stamped}")
            yield _arrival(folder.rsplit("/", 1)[1], fs.info(f"{folder}/{stamped}"))
        except ConnectionError:
            raise
        except OSError as error:
            left.append(f"{arrival.submitter}/{arrival.file_name}: cannot be renamed: {error.strerror or error}")


def _arrivals(fs: AbstractFileSystem, inbox: str) -> Iterator[Arrival]:
    fs.invalidate_cache()
    for folder in _listed(fs, inbox):
        submitter = _base_name(folder)
        if folder["type"] != "directory" or submitter.startswith("."):
            continue
        for entry in _listed(fs, folder["name"]):
            if entry["type"] == "file" and not entry.get("islink") and not _is_temporary(_base_name(entry)):
                yield _arrival(submitter, entry)


def _tell_passed_over(fs: AbstractFileSystem, inbox: str, progress: Progress) -> None:
    """Say what lies in the inbox and will never be taken, so that whoever sent it there does not wait for a receipt."""
    names = list(_passed_over(fs, inbox))
    if names:
        more = f" and {len(names) - PASSED_OVER_NAMED} more" if len(names) > PASSED_OVER_NAMED else ""
        named = ", ".join(names[:PASSED_OVER_NAMED])
        progress(f"passed over in the inbox: {named}{more}; only files in the folder of a unit's code are taken")


def _passed_over(fs: AbstractFileSystem, inbox: str) -> Iterator[str]:
    for folder in _listed(fs, inbox):
        submitter = _base_name(folder)
        if _is_temporary(submitter):
            continue
        if folder["type"] != "directory":
            yield readable(submitter)
            continue
        try:
            entries = fs.ls(folder["name"], detail=True)
        except FileNotFoundError:
            continue
        except PermissionError:
            yield f"{readable(submitter)}/ (no permission to open it)"
            continue
        for entry in entries:
            if not _is_temporary(_base_name(entry)) and (entry["type"] != "file" or entry.get("islink")):
                yield f"{readable(submitter)}/{readable(_base_name(entry))}"


def _listed(fs: AbstractFileSystem, folder: str) -> list[dict[str, Any]]:
    try:
        entries: list[dict[str, Any]] = fs.ls(folder, detail=True)
    # A folder that may not be opened stops no other; it is named among what was passed over.
    except (FileNotFoundError, PermissionError):
        return []
    return entries


def _arrival(submitter: str, entry: dict[str, Any]) -> Arrival:
    name = _base_name(entry)
    submitted = SUBMITTED.fullmatch(name)
    came_at = datetime.strptime(submitted["stamp"], STAMP).replace(tzinfo=UTC) if submitted else _written_at(entry)
    # Placing the same file again changes at least one of these, even where it keeps its time of writing.
    marks = [entry.get(mark) for mark in ("ino", "created", "mtime", "LastModified", "ETag", "size")]
    return Arrival(
        path=entry["name"],
        submitter=readable(submitter),
        file_name=readable(submitted["name"] if submitted else name),
        size=entry["size"],
        came_at=came_at,
        is_submitted=submitted is not None,
        is_distinct=submitted is not None or any(entry.get(mark) for mark in SET_BY_THE_STORE),
        identity=hashlib.sha256(repr((submitter, name, marks)).encode("utf-8", "surrogateescape")).hexdigest(),
    )


def _base_name(entry: dict[str, Any]) -> str:
    return str(entry["name"]).rstrip("/").rsplit("/", 1)[-1]


def _is_temporary(name: str) -> bool:
    """Whether a name is one that programs give to files they are still writing; what was submitted is whole."""
    if SUBMITTED.fullmatch(name):
        return False
    return name.startswith((".", "~$")) or name.lower().endswith((".part", ".filepart", ".tmp", ".crdownload"))


def _written_at(entry: dict[str, Any]) -> datetime:
    """When the file was last written; the beginning of time where its store does not say."""
    for mark in ("mtime", "LastModified", "last_modified", "updated", "created"):
        written = entry.get(mark)
        if isinstance(written, int | float):
            return datetime.fromtimestamp(written, UTC)
        if isinstance(written, datetime):
            return written if written.tzinfo else written.replace(tzinfo=UTC)
    return datetime.min.replace(tzinfo=UTC)


def readable(name: str) -> str:
    """A file name as text: one whose bytes are not UTF-8 was most likely written on a Chinese Windows."""
    data = name.encode("utf-8", "surrogateescape")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")


def _land(home: Home, engine: Engine, fs: AbstractFileSystem, batch: Sequence[Arrival], left: list[str]) -> int:
    with engine.connect() as connection:
        known = _already_landed(connection, batch)
    fresh = [arrival for arrival in batch if arrival.identity not in known]
    kept = _archive(home, fs, fresh, left)
    with engine.begin() as connection:
        _log(connection, kept)
    # Only now, when the delivery is on record, may the inbox forget it.
    for arrival in [arrival for arrival in batch if arrival.identity in known] + [arrival for arrival, _ in kept]:
        _remove(fs, arrival, left)
    return len(kept)


def _already_landed(connection: Connection, batch: Iterable[Arrival]) -> set[str]:
    from sqlalchemy import text

    query = text("select arrival from landing.delivery where arrival = any(:arrivals)")
    return set(connection.scalars(query, {"arrivals": [arrival.identity for arrival in batch]}))


def _archive(
    home: Home, fs: AbstractFileSystem, arrivals: Iterable[Arrival], left: list[str]
) -> list[tuple[Arrival, str]]:
    """Keep the bytes of each arrival, safe from a power cut; returns those kept with their SHA-256."""
    folder = home.archive
    drafts: list[tuple[Arrival, str, Path]] = []
    for number, arrival in enumerate(arrivals):
        draft = folder / f".{number}.part"
        try:
            with fs.open(arrival.path, "rb") as source, draft.open("wb") as target:
                sha256, size = _copy(source, target)
        except ConnectionError:
            raise
        except OSError as error:
            left.append(f"{arrival.submitter}/{arrival.file_name}: cannot be read: {error.strerror or error}")
            continue
        if size == arrival.size:
            drafts.append((arrival, sha256, draft))
        else:
            left.append(f"{arrival.submitter}/{arrival.file_name}: still being written")
    force_to_disk(draft for _, _, draft in drafts)
    force_to_disk({_keep(home, sha256, draft) for _, sha256, draft in drafts} | {folder})
    return [(arrival, sha256) for arrival, sha256, _ in drafts]


def _copy(source: IO[bytes], target: IO[bytes]) -> tuple[str, int]:
    """Copy in pieces, so that a huge file is never in memory; returns its SHA-256 and size."""
    digest, size = hashlib.sha256(), 0
    while piece := source.read(CHUNK):
        digest.update(piece)
        size += len(piece)
        target.write(piece)
    return digest.hexdigest(), size


def _keep(home: Home, sha256: str, draft: Path) -> Path:
    place = archived(home, sha256)
    place.parent.mkdir(exist_ok=True)
    draft.replace(place)
    return place.parent


def _log(connection: Connection, kept: Sequence[tuple[Arrival, str]]) -> None:
    from sqlalchemy import text

    reserve = text("select nextval('landing.landing_seq') from generate_series(1, :count)")
    numbers = connection.scalars(reserve, {"count": len(kept)}).all()
    rows = (
        (number, arrival.submitter, arrival.file_name, sha256, arrival.size, arrival.identity)
        for number, (arrival, sha256) in zip(sorted(numbers), kept, strict=True)
    )
    copy_rows(connection, "landing.delivery", DELIVERY_COLUMNS, rows)


def _remove(fs: AbstractFileSystem, arrival: Arrival, left: list[str]) -> None:
    """Remove an arrival from the inbox, unless another file has taken its name meanwhile."""
    submitter = arrival.path.rstrip("/").rsplit("/", 2)[-2]
    try:
        if _arrival(submitter, fs.info(arrival.path)).identity == arrival.identity:
            fs.rm_file(arrival.path)
    except FileNotFoundError:
        pass
    except ConnectionError:
        raise
    except OSError as error:
        left.append(
            f"{arrival.submitter}/{arrival.file_name}: landed, but cannot be removed: {error.strerror or error}"
        )
