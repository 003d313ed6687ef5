"""One index for each history that grows with the figures: publishing a year reads and writes that year's part of it.

It begins with the period, so that what a publish opens lies together, and holds the closed rows too: a figure of any
moment is found by it. `nulls not distinct` makes a key unique among the rows in force.
"""

from alembic import op

revision = "0014"
down_revision = "0013"

KEYS = {
    "indicator_values": ("period", "unit_code", "indicator_code"),
    "tree_closure": ("period", "unit_code", "ancestor_code"),
    "reconciliation": ("period", "unit_code", "indicator_code"),
    "restated_values": ("period", "tree_date", "unit_code", "indicator_code"),
    "progress": ("period", "unit_code", "indicator_code"),
}


def upgrade() -> None:
    for relation, key in KEYS.items():
        op.execute(f"alter table published.{relation}_history drop constraint {relation}_history_pkey")
        op.execute(f"drop index published.{relation}_in_force")
        op.execute(
            f"create unique index {relation}_in_force on published.{relation}_history "
            f"({', '.join(key)}, closed_by) nulls not distinct"
        )
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    # The province and its cities, of all units, are what the office asks for by the indicator: a hundredth of the rows.
    """
    create index indicator_values_above on published.indicator_values_history (indicator_code, unit_level, period)
    where closed_by is null and unit_level in ('province', 'city')
    """,
)
