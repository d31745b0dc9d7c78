"""The two ways to the data: ``transaction()`` to write, ``snapshot()`` to read."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from models import sqlite_driver

sqlite_driver.install()

from sqlalchemy import event, make_url  # noqa: E402 - after the SQLite library is chosen
from sqlalchemy.ext.asyncio import (  # noqa: E402
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from models import event_log  # noqa: E402
from models.access_log import AccessLog  # noqa: E402
from models.keyring import Keyring  # noqa: E402
from models.sealing import Vault  # noqa: E402

_SQLITE_PRAGMAS = (
    "PRAGMA busy_timeout = 5000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
)
_POSTGRES_OPTIONS = "-c lock_timeout=5s -c idle_in_transaction_session_timeout=5s -c timezone=UTC"


class Database:
    """One deployment's database. It belongs to the event loop that first uses it."""

    def __init__(self, writer: AsyncEngine, reader: AsyncEngine, vault: Vault) -> None:
        self.vault = vault
        self.dialect = writer.dialect.name
        self.access_log = AccessLog(writer)
        self._writer = writer
        self._reader = reader
        self._sessions = async_sessionmaker(writer, expire_on_commit=False)
        self._job_listeners: list[Callable[[], None]] = []

    @classmethod
    def open(cls, url: str, keyring: Keyring) -> "Database":
        """Prepare the engines; nothing is connected yet. Raises RuntimeError for an unsound SQLite library."""
        if make_url(url).get_backend_name() == "sqlite":
            sqlite_driver.refuse_unsound()
            return cls(_sqlite_writer(url), _sqlite_reader(url), Vault(keyring))
        return cls(_postgres_writer(url), _postgres_reader(url), Vault(keyring))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Write. Commits on a clean exit with accesses, then events, appended last; any exception rolls all back.

        SQLite: the one write connection, with the write lock from the start. PostgreSQL: READ COMMITTED, a lock is
        waited for 5 s at most. Jobs enqueued inside are announced once they are committed.
        """
        async with self._sessions() as session, session.begin():
            yield session
            await session.flush()
            await self.access_log.append(session, accesses := session.info.get("accesses", frozenset()))
            if entries := session.info.get("events"):
                await event_log.append(session, entries)
        self.access_log.remember(accesses)
        if session.info.get("jobs"):
            for listener in self._job_listeners:
                listener()

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """Read: every statement inside sees the same committed state, and none can write."""
        async with self._reader.connect() as connection:
            yield connection

    def on_job(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` in the loop after each commit that enqueued a job: a hint to look, never the only one."""
        self._job_listeners.append(listener)

    async def close(self) -> None:
        await self.access_log.settle()
        await self._reader.dispose()
        await self._writer.dispose()


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
        execution_options={"postgresql_readonly": True},
        connect_args={"options": _POSTGRES_OPTIONS},
    )
