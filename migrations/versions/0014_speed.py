"""Indexes for the office's questions and for publishing one year among many."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS: tuple[str, ...] = ()
