"""What a document tells people to type, and a shell to type it into."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kexie.home import PROJECT

BLOCK = re.compile(r"^```console\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
PROMPT = "$ "
SECONDS = 900


@dataclass(frozen=True, slots=True)
class Block:
    """The commands of one block of a document, and the line on which it begins."""

    document: str
    line: int
    commands: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def blocks(document: str) -> Iterator[Block]:
    """The document's console blocks: what stands after a prompt; what is printed below it is left out."""
    text = (PROJECT / document).read_text(encoding="utf-8")
    for block in BLOCK.finditer(text):
        yield Block(document, text.count("\n", 0, block.start()) + 1, tuple(_commands(block["text"])))


def _commands(text: str) -> Iterator[str]:
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith(PROMPT):
            command = line.removeprefix(PROMPT)
            while _goes_on(command):
                command += "\n" + next(lines)
            yield command


def _goes_on(command: str) -> bool:
    """Whether a shell would wait for another line: a quotation is still open, or this one ends in a backslash."""
    told = subprocess.run(["bash", "-n", "-c", command], stderr=subprocess.PIPE, text=True, check=False)
    return "unexpected EOF" in told.stderr or command.endswith("\\")


class Shell:
    """A folder that looks like a checkout, with an instance of its own, in which one command follows another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for entry in PROJECT.iterdir():
            if entry.name not in (".git", ".kexie", ".env"):
                (folder / entry.name).symlink_to(entry)
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("KEXIE_")} | {
            "PATH": f"{PROJECT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "KEXIE_HOME": str(folder / ".kexie"),
        }

    def type(self, commands: str) -> subprocess.CompletedProcess[str]:
        """Run some lines as a person's shell would, up to the first that fails."""
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands], cwd=self.folder, env=self._environment,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
