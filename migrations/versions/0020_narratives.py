"""The text of each narrative as it was read, and where in it a finding stands."""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    # Spans count the code points of this text: a converter of another day may put its words in another order.
    """
    create table landing.narrative_text (
        delivery_seq bigint primary key references landing.delivery,
        text text not null
    )
    """,
    "comment on table landing.narrative_text is '文字材料读出的文字；原话的起止按它的字符序号'",
    """
    alter table landing.finding
        add column span_start integer,
        add column span_end integer,
        add column quote text
    """,
)
