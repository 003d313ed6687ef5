"""The likeliest reason of a claim that differs from the sum."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS: tuple[str, ...] = ()
