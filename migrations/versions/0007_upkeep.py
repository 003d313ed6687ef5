"""Backups, their proofs, and the checks of the archive."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None: ...
