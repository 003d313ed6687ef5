"""Schemas that belong to the role that fills them."""

revision = "0004"
down_revision = "0003"


def upgrade() -> None: ...
