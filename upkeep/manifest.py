"""What lies in a backup's folder, and the description of it that goes with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from kexie.errors import UserError
from upkeep.contents import Content

DUMP, ARCHIVE, MANIFEST, PROOF = "warehouse.dump", "archive.csv", "manifest.json", "proof.json"

STAMP = "%Y%m%dT%H%M%S%fZ"
FOLDER = "[0-9]" * 8 + "T" + "[0-9]" * 12 + "Z"

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file of the backup, by its size and the SHA-256 of its bytes."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The backup of one moment: by which program, of what, and what each table held then.

    `migration` is the database's revision, `server` and `client` the versions of PostgreSQL and the major one of its
    pg_dump. `landed_files` and `landed_bytes` count what archive.csv lists, one line for each content.
    """

    taken_at: datetime
    program: str
    migration: str
    catalogue: str
    server: str
    client: int
    landed_files: int
    landed_bytes: int
    tables: Mapping[str, Content]
    files: Mapping[str, KeptFile]

    @property
    def rows(self) -> int:
        return sum(content.rows for content in self.tables.values())

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files.values())

    def write(self, folder: Path) -> None:
        described = asdict(self) | {"taken_at": self.taken_at.isoformat()}
        (folder / MANIFEST).write_text(json.dumps(described, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read(folder: Path) -> Manifest:
    """A backup's manifest. Raises UserError where the folder holds no finished backup."""
    try:
        described: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return Manifest(
            **described
            | {
                "taken_at": datetime.fromisoformat(described["taken_at"]),
                "tables": {name: Content(**content) for name, content in described["tables"].items()},
                "files": {name: KeptFile(**file) for name, file in described["files"].items()},
            }
        )
    except OSError:
        raise UserError(
            f"{folder} holds no backup: {MANIFEST} is missing; give a folder made by `kexie backup`."
        ) from None
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(
            f"{folder / MANIFEST} cannot be understood ({error}): it was changed, or made by a newer program."
        ) from None


def verify(folder: Path, manifest: Manifest) -> None:
    """Raises UserError where a file of the backup is missing or no longer has the bytes that were written."""
    for name, expected in manifest.files.items():
        file = folder / name
        if not file.is_file():
            raise UserError(f"The backup {folder} is damaged: {name} is missing; use another backup.")
        found = described(file)
        if found != expected:
            raise UserError(
                f"The backup {folder} is damaged: {name} has {found.size_bytes} bytes with SHA-256 {found.sha256}, "
                f"its manifest says {expected.size_bytes} with {expected.sha256}; use another backup."
            )


def described(file: Path) -> KeptFile:
    """A file's size and SHA-256, read in pieces."""
    digest, size = hashlib.sha256(), 0
    with file.open("rb") as source:
        while piece := source.read(CHUNK):
            digest.update(piece)
            size += len(piece)
    return KeptFile(size, digest.hexdigest())


def folders(place: Path) -> Iterator[Path]:
    """The finished backups in a folder, oldest first. One under way, or that was interrupted, has another name."""
    yield from sorted(folder for folder in place.glob(FOLDER) if (folder / MANIFEST).is_file())


def taken_at(folder: Path) -> datetime:
    """When a backup was made, as its name says."""
    return datetime.strptime(f"{folder.name[:-1]}+0000", STAMP.replace("Z", "%z"))


def is_proven(folder: Path) -> bool:
    """Whether the backup was restored and compared. The mark lies in its folder, as it must outlive the database."""
    return (folder / PROOF).is_file()
