"""Every command that the documents tell people to type is typed, in their order, into one instance."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documents.shell import Block, Shell, blocks

DOCUMENTS = ("README.md", "README.zh-CN.md", "docs/runbook.md")
NOT_TYPED = {
    "make test": "it is what runs this",
    "git pull": "a test leaves the checkout as it is",
}

TYPED = [block for document in DOCUMENTS for block in blocks(document)]

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    shell = Shell(tmp_path_factory.mktemp("documents"))
    yield shell
    shell.type("kexie down")


@pytest.mark.parametrize("block", TYPED, ids=str)
def test_what_a_document_says_to_type_does_what_it_says(block: Block, shell: Shell) -> None:
    commands = [command for command in block.commands if command.split("#")[0].strip() not in NOT_TYPED]
    done = shell.type("\n".join(commands))
    assert done.returncode == 0, f"{commands}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"


def test_no_document_has_a_command_where_it_is_not_typed() -> None:
    """A block of another kind would be passed over."""
    for document in DOCUMENTS:
        text = (Path(__file__).parents[2] / document).read_text(encoding="utf-8")
        assert not any(f"```{kind}" in text for kind in ("bash", "sh\n", "shell")), document
