"""The two ways to the data: ``transaction()`` to write, ``snapshot()`` to read."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from sqlalchemy import Engine, Executable
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker

from models import event_log, job_signals
from models.access_log import AccessLog
from models.engines import open_engines
from models.job_signals import JobSignals
from models.key_store import KeyStore, key_store_beside
from models.keyring import Keyring
from models.sealing import Vault


class Database:
    """One deployment's database. It belongs to the event loop that first uses it."""

    patience = 30.0
    """Seconds that a writer stands in line on SQLite: as long as the engine's own pool has its callers wait."""

    def __init__(self, writer: AsyncEngine, reader: AsyncEngine, vault: Vault, keys: KeyStore) -> None:
        self.vault = vault
        self.keys = keys
        self.dialect = writer.dialect.name
        self.access_log = AccessLog(writer)
        self._writer = writer
        self._reader = reader
        self._line = asyncio.Lock()
        self._sessions = async_sessionmaker(writer, expire_on_commit=False)
        self._job_listeners: list[Callable[[], None]] = []
        self._event_listeners: list[Callable[[], None]] = []
        self._signals = None if self.dialect == "sqlite" else JobSignals(writer.url, self._tell_of_jobs)

    @classmethod
    def open(cls, url: str, keyring: Keyring, key_store_url: str = "") -> "Database":
        """Prepare the engines of the database and of its key store, which is beside it unless a URL says otherwise.

        Nothing is connected yet. Raises RuntimeError for an unsound SQLite library.
        """
        writer, reader = open_engines(url)
        vault = Vault(keyring)
        return cls(writer, reader, vault, KeyStore(key_store_url or key_store_beside(url), vault))

    @asynccontextmanager
    async def transaction(self, *, urgent: bool = False) -> AsyncIterator[AsyncSession]:
        """Write. Commits on a clean exit with accesses, then events, appended last; any exception rolls all back.

        SQLite: the one write connection, with the write lock from the start; who is ``urgent``, because it writes down
        what can't be taken back, comes before all who wait. PostgreSQL: READ COMMITTED, a lock is waited for 5 s at
        most. Jobs enqueued inside are announced once they are committed. Keys made for new clients are committed to
        their store before: a key without a client does no harm.
        """
        async with self._in_line(urgent=urgent), self._sessions() as session, session.begin():
            yield session
            await session.flush()
            if made := session.info.get("client_keys"):
                await self.keys.add(made.values())
            if self._signals and session.info.get("jobs") and session.in_transaction():
                await job_signals.notify(session)
            await self.access_log.append(session, accesses := session.info.get("accesses", frozenset()))
            if entries := session.info.get("events"):
                await event_log.append(session, entries)
        self.access_log.remember(accesses)
        if session.info.get("jobs"):
            self._tell_of_jobs()
        if entries:
            for listener in self._event_listeners:
                listener()

    async def write_down(self, statement: Executable, values: dict[str, Any]) -> bool:
        """Write by one statement that returns what it changed, as urgent; say whether that was anything.

        On PostgreSQL it commits with itself: one round trip instead of three.
        """
        async with self._writer.connect() as connection:
            if self.dialect == "postgresql":
                connection = await connection.execution_options(isolation_level="AUTOCOMMIT")  # noqa: PLW2901
            changed = (await connection.execute(statement, values)).first() is not None
            await connection.commit()
        return changed

    @asynccontextmanager
    async def _in_line(self, *, urgent: bool) -> AsyncIterator[None]:
        """Have one ordinary writer at a time ask for SQLite's one connection, so that who is urgent passes the others.

        Raises SQLAlchemy's TimeoutError, as its pool does.
        """
        if urgent or self.dialect != "sqlite":
            yield
            return
        try:
            async with asyncio.timeout(self.patience):  # wait_for would lose the cancellation of who is just let in
                await self._line.acquire()
        except TimeoutError:
            raise PoolTimeoutError("Others have been writing for all the time that a writer waits.") from None
        try:
            yield
        finally:
            self._line.release()

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """Read: every statement inside sees the same committed state, and none can write."""
        async with self._reader.connect() as connection:
            yield connection

    @asynccontextmanager
    async def glance(self) -> AsyncIterator[AsyncConnection]:
        """Read by one statement, which can't write. On PostgreSQL it is sent alone: one round trip instead of three.

        A second statement may see a later state: for several, ``snapshot``.
        """
        async with self._reader.connect() as connection:
            if self.dialect == "postgresql":
                connection = await connection.execution_options(isolation_level="AUTOCOMMIT")  # noqa: PLW2901
            yield connection

    def on_job(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` in the loop after each commit that enqueued a job: a hint to look, never the only one.

        Commits of other processes are among them inside ``hearing_of_jobs``, while ``hears_of_jobs``.
        """
        self._job_listeners.append(listener)

    def on_event(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` in the loop after each commit of this process that added to the event log: a hint."""
        self._event_listeners.append(listener)

    @property
    def hears_of_jobs(self) -> bool:
        """Whether a job that any server enqueues is announced here: on SQLite this process is the only one."""
        return self._signals is None or self._signals.hears

    @asynccontextmanager
    async def hearing_of_jobs(self) -> AsyncIterator[None]:
        """Hear of other processes' jobs, by a connection of its own that is replaced when it is lost."""
        if self._signals is None:
            yield
            return
        listening = asyncio.create_task(self._signals.listen())
        try:
            yield
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening

    def _tell_of_jobs(self) -> None:
        for listener in self._job_listeners:
            listener()

    @property
    def engines(self) -> tuple[Engine, ...]:
        """Every engine whose statements are this deployment's, the key store's too, for whoever counts those."""
        return self._writer.sync_engine, self._reader.sync_engine, *self.keys.engines

    async def close(self) -> None:
        await self.access_log.settle()
        await self.keys.close()
        await self._reader.dispose()
        await self._writer.dispose()
