"""What the planner knows of a history is counted anew where a publication has written a good part of it.

The server does that by itself up to a minute later, and until then whoever asks what was just published is answered by
a plan that knows nothing: after the first load the comparison of two years took 54 s instead of 2. Only a table's owner
may do it on the PostgreSQL of the containers, hence the function; the login of `publish` alone may call it.
"""

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.execute(ANALYSE_HISTORY)


ANALYSE_HISTORY = """
    create function ops.analyse_history(relation text) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    as $$
    begin
        execute format('analyze published.%I', relation || '_history');
    end
    $$
"""
