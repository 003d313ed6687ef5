"""What ran, when and how it ended: tasks, and the views that the data team reads."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None: ...
