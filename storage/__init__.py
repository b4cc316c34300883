"""Tables, the unit of work, the media store, the audit chain, migrations, import and export."""

from storage.uow import Store, UnitOfWork

__all__ = ["Store", "UnitOfWork"]
