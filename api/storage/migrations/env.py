"""Run by Alembic: the connection comes from `api.storage.database`, which also ends the transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
