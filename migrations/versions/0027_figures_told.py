"""When a receipt told what its figures became: once they are published it is written a second time.

And again where an approval or a reason has let in figures that were kept out.

Receipts of before are told: nobody looks for last year's receipt to change.
"""

from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    for statement in (
        "alter table landing.delivery add column figures_told_at timestamptz",
        "comment on column landing.delivery.figures_told_at is '回执何时写明了发布后的去向；空为尚未发布或未写'",
        "alter table landing.delivery add column figures_changed_seq bigint",
        "comment on column landing.delivery.figures_changed_seq is "
        "'报送后又因审核通过或说明原因而计入的顺序号，此后发布的再补写去向；空为没有'",
        "update landing.delivery set figures_told_at = receipt_written_at",
        """
        create index delivery_to_follow_up on landing.delivery (delivery_seq)
        where figures_told_at is null and outcome in ('accepted', 'held', 'partly_rejected')
        """,
    ):
        op.execute(statement)
