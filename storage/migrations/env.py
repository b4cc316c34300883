"""Alembic's entry: migrations run on the connection that `storage.migrate` hands over."""

from alembic import context
from sqlmodel import SQLModel

import storage.tables  # noqa: F401  (registers the tables)


def include_name(name: str | None, type_: str, parent_names: object) -> bool:
    """Look at our tables only: the workflow engine keeps its own in the same SQLite file (ENGINE §2)."""
    return type_ != "table" or name in SQLModel.metadata.tables


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    include_name=include_name,
    render_as_batch=True,
    version_table="waiqin_schema",
)
with context.begin_transaction():
    context.run_migrations()
