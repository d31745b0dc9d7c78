"""A driver that calls SQLite straight from the loop's thread, for a year that one task lives alone.

The product's own hands every call to a thread and waits for it: most of what a statement costs, and nothing that a
clock which jumps could tell.
"""

import sqlite3  # by now the product has chosen which library that is
from typing import Any

from sqlalchemy import URL, AsyncAdaptedQueuePool, make_url
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util.concurrency import await_

_NAME = "sqlite+straight"


async def _nothing() -> None:
    """SQLAlchemy refuses an asynchronous engine whose driver is never waited for."""


class _Cursor(sqlite3.Cursor):
    def execute(self, *statement: Any) -> "_Cursor":
        await_(_nothing())
        super().execute(*statement)
        return self

    def executemany(self, *statement: Any) -> "_Cursor":
        await_(_nothing())
        super().executemany(*statement)
        return self

    async def _async_soft_close(self) -> None:
        """There is nobody else's cursor behind this one."""


class _Connection(sqlite3.Connection):
    def cursor(self, *_: Any) -> Any:
        return super().cursor(_Cursor)


class Straight(SQLiteDialect_pysqlite):
    driver = "straight"
    is_async = True
    supports_statement_cache = True

    @classmethod
    def get_pool_class(cls, url: URL) -> type[AsyncAdaptedQueuePool]:
        del url
        return AsyncAdaptedQueuePool

    def create_connect_args(self, url: URL) -> tuple[Any, Any]:
        args, named = super().create_connect_args(url)
        return args, {**named, "factory": _Connection}

    def get_driver_connection(self, connection: Any) -> Any:
        return connection


def straight(url: str) -> str:
    """Return the URL by which the same SQLite file is worked straight; any other database's stays as it is."""
    registry.register(_NAME.replace("+", "."), __name__, Straight.__name__)
    parsed = make_url(url)
    return str(parsed.set(drivername=_NAME)) if parsed.get_backend_name() == "sqlite" else url
