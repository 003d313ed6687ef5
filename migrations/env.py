"""Alembic's entry: the caller hands over a connection whose transaction holds the whole upgrade."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection)
context.run_migrations()
