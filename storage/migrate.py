"""Bring a database to the current schema: forward only, on SQLite and PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

from storage.engine import make_sync_engine

HERE = Path(__file__).parent


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE / "migrations"))
    return config


def upgrade(url: str) -> None:
    """Create or migrate the tables at this database URL. Safe to run again."""
    engine = make_sync_engine(url)
    try:
        with engine.connect() as connection:
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    finally:
        engine.dispose()


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
