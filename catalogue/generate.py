"""Write every file that is derived from others: `python -m catalogue.generate [--check]`.

All come from the catalogue but the index of the DAGs, which comes from their docstrings. `--check` writes nothing and
exits 1 when a file differs from what it should say, naming each.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from catalogue.dictionary import dictionary
from catalogue.load import FOLDER, load
from catalogue.model import Catalogue
from catalogue.seeds import seeds
from expectations.suites import suites
from kexie.errors import UserError
from orchestration.dag_index import dag_index

Generator = Callable[[Catalogue], dict[str, str]]

GENERATORS: dict[str, Generator] = {
    "dbt seeds": seeds,
    "data dictionary": dictionary,
    "audit suites": suites,
    "index of the DAGs": lambda _: dag_index(),
}
"""What is generated; each gives path (from the project's root) → text. A new kind of file is one more line here."""


def generate(catalogue: Catalogue) -> dict[str, str]:
    """Path → text of every derived file."""
    return {path: text for generator in GENERATORS.values() for path, text in generator(catalogue).items()}


def drift(root: Path, files: dict[str, str]) -> list[str]:
    """The paths under `root` whose file is missing or differs, in order."""
    return [path for path, text in sorted(files.items()) if _text(root / path) != text]


def write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8", newline="\n")


def main(arguments: list[str] | None = None, root: Path = FOLDER.parent) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m catalogue.generate", description="Write what the catalogue and the DAGs imply."
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file has drifted")
    check = parser.parse_args(arguments).check
    try:
        files = generate(load())
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    drifted = drift(root, files)
    if not check:
        write(root, {path: files[path] for path in drifted})
    for path in drifted:
        sys.stdout.write(
            f"{path} differs from its source; run: python -m catalogue.generate\n" if check else f"wrote {path}\n"
        )
    return 1 if check and drifted else 0


def _text(path: Path) -> str | None:
    return path.read_bytes().decode("utf-8", "replace") if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main())
