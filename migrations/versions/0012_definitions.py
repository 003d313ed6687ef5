"""Definitions with dates; provisional figures and what became of them."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS: tuple[str, ...] = ()
