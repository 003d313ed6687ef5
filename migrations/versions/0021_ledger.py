"""Histories that grow with the figures name their publications without a foreign key; held figures are found at once.

Each of a million rows would look its publication up, which is the greater part of a first publish. One statement writes
them all with the number of the publication made just before it and says how many rows it wrote; publications nobody may
change or delete, for no login is granted that.
"""

from alembic import op

revision = "0021"
down_revision = "0020"

GROWING = (
    *("indicator_values", "contribution_leaves", "tree_closure"),
    *("reconciliation", "restated_values", "progress"),
)


def upgrade() -> None:
    for relation in GROWING:
        for column in ("opened_by", "closed_by"):
            op.execute(DROP.format(relation=relation, column=column))
    # Few figures wait for a reason; a build looks for its own among those of all years.
    op.execute("create index observation_held on landing.observation (submission_id) where is_held")


# Some were made in place of another table and got another name.
DROP = """
    do $$
    declare
        named text;
    begin
        select conname into strict named
        from pg_constraint
        join pg_attribute on attrelid = conrelid and conkey = array[attnum]
        where conrelid = 'published.{relation}_history'::regclass and contype = 'f' and attname = '{column}';
        execute format('alter table published.{relation}_history drop constraint %I', named);
    end
    $$
"""
