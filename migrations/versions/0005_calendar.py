"""The form calendar behind published.reporting_status."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None: ...
