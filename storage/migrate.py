"""Bring a database to the current schema: forward only, on SQLite and PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from storage.engine import is_sqlite, make_sync_engine

HERE = Path(__file__).parent
#: Processes that start together migrate one after the other; the number is ours alone (“waiqin” in ASCII).
_MIGRATING = sa.select(sa.func.pg_advisory_lock(0x77616971696E))


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE / "migrations"))
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Create or migrate the tables at this database URL. Safe to run again, and from several processes at once."""
    engine = make_sync_engine(url)
    try:
        with engine.connect() as connection:
            if not is_sqlite(url):
                connection.execute(_MIGRATING)  # until the connection closes
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
            connection.commit()
    finally:
        engine.dispose()


def newest() -> str:
    """Return the revision that this version of the program brings a database to."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def knows(revision: str) -> bool:
    """Tell whether this version of the program has a migration by this name."""
    return revision in {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def new_revision(message: str, revision_id: str) -> None:
    """Write a migration for what changed in `storage.tables` (for developers: `python -m storage.migrate`)."""
    engine = make_sync_engine("sqlite://")
    with engine.connect() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        command.revision(config, message=message, rev_id=revision_id, autogenerate=True)


if __name__ == "__main__":
    import sys

    new_revision(sys.argv[2], sys.argv[1])
