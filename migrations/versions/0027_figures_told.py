"""When a receipt told what its figures became: once they are published it is written a second time.

Receipts of before are told: nobody looks for last year's receipt to change.
"""

from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    for statement in (
        "alter table landing.delivery add column figures_told_at timestamptz",
        "comment on column landing.delivery.figures_told_at is '回执何时写明了发布后的去向；空为尚未发布或未写'",
        "update landing.delivery set figures_told_at = receipt_written_at",
        """
        create index delivery_to_follow_up on landing.delivery (delivery_seq)
        where figures_told_at is null and outcome in ('accepted', 'held', 'partly_rejected')
        """,
    ):
        op.execute(statement)
