"""Makes the two engines of a database, one to write and one to read; the main database and the key store share it."""

from contextlib import closing
from pathlib import Path
from typing import Any

from models import sqlite_driver

sqlite_driver.install()

import sqlite3  # noqa: E402 - after the SQLite library is chosen

from sqlalchemy import event, make_url  # noqa: E402 - after the SQLite library is chosen
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine  # noqa: E402

_SQLITE_PRAGMAS = (
    "PRAGMA busy_timeout = 5000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
)
_POSTGRES_OPTIONS = "-c lock_timeout=5s -c idle_in_transaction_session_timeout=5s -c timezone=UTC"


def open_engines(url: str) -> tuple[AsyncEngine, AsyncEngine]:
    """Return who writes and who reads; nothing is connected yet. Raises RuntimeError for an unsound SQLite library.

    SQLite has one connection that writes, with the write lock from a transaction's start.
    """
    if make_url(url).get_backend_name() == "sqlite":
        sqlite_driver.refuse_unsound()
        _turn_to_wal(Path(make_url(url).database or ""))
        return _sqlite_writer(url), _sqlite_reader(url)
    return _postgres_writer(url), _postgres_reader(url)


def _turn_to_wal(file: Path) -> None:
    """Turn a file that is there, before anybody connects: of two first connections that both turn it, one is refused.

    SQLite does not wait for that one lock, whatever its busy timeout. The file keeps the mode.
    """
    if file.is_file():
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")


def _sqlite_engine(url: str, *, begin: str, pragmas: tuple[str, ...], **pool: Any) -> AsyncEngine:
    engine = create_async_engine(url, hide_parameters=True, **pool)

    @event.listens_for(engine.sync_engine, "connect")
    def _prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver's own BEGIN would be DEFERRED, and lose updates
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _sqlite_writer(url: str) -> AsyncEngine:
    return _sqlite_engine(url, begin="BEGIN IMMEDIATE", pragmas=_SQLITE_PRAGMAS, pool_size=1, max_overflow=0)


def _sqlite_reader(url: str) -> AsyncEngine:
    pragmas = (*_SQLITE_PRAGMAS, "PRAGMA query_only = ON")
    return _sqlite_engine(url, begin="BEGIN", pragmas=pragmas, pool_size=4, max_overflow=0)


def _postgres_writer(url: str) -> AsyncEngine:
    return create_async_engine(
        url, hide_parameters=True, pool_size=8, max_overflow=8, connect_args={"options": _POSTGRES_OPTIONS}
    )


def _postgres_reader(url: str) -> AsyncEngine:
    return create_async_engine(
        url,
        hide_parameters=True,
        pool_size=8,
        max_overflow=8,
        isolation_level="REPEATABLE READ",
        connect_args={"options": f"{_POSTGRES_OPTIONS} -c default_transaction_read_only=on"},
    )
