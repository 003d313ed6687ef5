"""Where each figure comes from, one row per figure with its leaves, also as it was at any moment."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS: tuple[str, ...] = ()
