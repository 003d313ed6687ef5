"""Years frozen under a name after a person approved."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS: tuple[str, ...] = ()
