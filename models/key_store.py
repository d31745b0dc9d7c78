"""Where clients' wrapped keys are: a database of its own, with backups of its own, so that a key can be destroyed.

The backups of the main database hold no key, and so nothing in them can be read once a client's key is gone.
"""

import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import PurePath
from typing import Final

from sqlalchemy import Engine, delete, insert, make_url, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from models.engines import open_engines
from models.scrubbing import scrub, transaction_number
from models.sealing import ClientKeyRow, OpenKey, SealBroken, Vault
from models.tables.key_store import ClientKey

_MOST_REMEMBERED: Final = 4_096
_REMEMBERED_FOR: Final = 15 * 60
"""Seconds. A key that another process has destroyed is out of this one's memory by then."""
_ASKED_AT_ONCE: Final = 2_000
SELECT_KEYS: Final = select(ClientKey.client_id, ClientKey.version, ClientKey.master_version, ClientKey.wrapped)
"""Each row of it makes a ClientKeyRow."""


def key_store_beside(url: str) -> str:
    """Return where the key store is unless a deployment says otherwise: beside the database, named after it."""
    parsed = make_url(url)
    database = parsed.database or ""
    if parsed.get_backend_name() == "sqlite":
        path = PurePath(database)
        beside = str(path.with_name(f"{path.stem}-keys{path.suffix}")) if path.name else database
    else:
        beside = f"{database}_keys"
    return parsed.set(database=beside).render_as_string(hide_password=False)


class Keys:
    """Some clients' keys, open."""

    def __init__(self, opened: Mapping[str, Mapping[int, OpenKey]]) -> None:
        self._opened = opened

    def __contains__(self, client_id: str) -> bool:
        return client_id in self._opened

    def newest(self, client_id: str) -> OpenKey:
        """Return the key that new documents are sealed under. Raises SealBroken where the client has none."""
        versions = self._opened.get(client_id, {})
        return self.of(client_id, max(versions, default=0))

    def of(self, client_id: str, version: int) -> OpenKey:
        """Return the key that a document was sealed under. Raises SealBroken where it is not there."""
        found = self._opened.get(client_id, {}).get(version)
        if found is None:
            msg = "the key store has no such key of a client"
            raise SealBroken(msg)
        return found


class KeyStore:
    """One deployment's client keys. It belongs to the event loop that first uses it."""

    def __init__(self, url: str, vault: Vault, *, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._elapsed = elapsed
        self._writer, self._reader = open_engines(url)
        self._vault = vault
        self._remembered: OrderedDict[str, dict[int, OpenKey]] = OrderedDict()
        self._since = self._elapsed()

    def new_key(self, session: AsyncSession, client_id: str) -> OpenKey:
        """Make a key for a new client. It is in the store before this transaction commits, and never after."""
        row = self._vault.new_client_key(client_id)
        session.info.setdefault("client_keys", {})[client_id] = row
        return self._vault.open_key(row)

    async def opened(self, client_ids: Iterable[str], session: AsyncSession | None = None) -> Keys:
        """Open these clients' keys, those that ``session`` has just made too; a client without a key is left out."""
        self._forget_in_time()
        wanted = set(client_ids)
        opened = {client_id: self._remembered[client_id] for client_id in wanted & self._remembered.keys()}
        made: dict[str, ClientKeyRow] = session.info.get("client_keys", {}) if session else {}
        opened |= {client_id: self._opened_of([made[client_id]]) for client_id in wanted & made.keys()}
        if missing := sorted(wanted - opened.keys()):
            opened |= await self._load(missing)
        return Keys(opened)

    async def add(self, rows: Collection[ClientKeyRow]) -> None:
        """Commit new keys."""
        async with self._writer.begin() as connection:
            await connection.execute(insert(ClientKey), [asdict(row) for row in rows])

    async def destroy(self, client_ids: Collection[str]) -> int:
        """Remove these clients' keys for good, from the file and its log too; return how many keys there were.

        What an archive of PostgreSQL's log or a backup holds is out of reach: it ends when that expires.
        """
        gone = 0
        ids = sorted(client_ids)
        async with self.writing() as connection:
            number = await transaction_number(connection)
            for start in range(0, len(ids), _ASKED_AT_ONCE):
                some = ClientKey.client_id.in_(ids[start : start + _ASKED_AT_ONCE])
                gone += (await connection.execute(delete(ClientKey).where(some))).rowcount
        if gone:
            await scrub(self._writer, number)
        return gone

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Read the store's tables, all of one committed state."""
        async with self._reader.connect() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Write the store's tables in one transaction; forget what was opened before."""
        async with self._writer.begin() as connection:
            yield connection
        self.forget()

    def forget(self) -> None:
        """Drop every opened key from memory."""
        self._remembered.clear()
        self._since = self._elapsed()

    @property
    def engines(self) -> tuple[Engine, ...]:
        return self._writer.sync_engine, self._reader.sync_engine

    async def close(self) -> None:
        self.forget()
        await self._reader.dispose()
        await self._writer.dispose()

    def _forget_in_time(self) -> None:
        if self._elapsed() - self._since > _REMEMBERED_FOR:
            self.forget()

    async def _load(self, client_ids: list[str]) -> dict[str, dict[int, OpenKey]]:
        rows: dict[str, list[ClientKeyRow]] = {}
        async with self.reading() as connection:
            for start in range(0, len(client_ids), _ASKED_AT_ONCE):
                some = ClientKey.client_id.in_(client_ids[start : start + _ASKED_AT_ONCE])
                for found in await connection.execute(SELECT_KEYS.where(some)):
                    rows.setdefault(found.client_id, []).append(ClientKeyRow(*found))
        loaded = {client_id: self._opened_of(versions) for client_id, versions in rows.items()}
        self._remembered.update(loaded)
        while len(self._remembered) > _MOST_REMEMBERED:
            self._remembered.popitem(last=False)
        return loaded

    def _opened_of(self, rows: Iterable[ClientKeyRow]) -> dict[int, OpenKey]:
        return {row.version: self._vault.open_key(row) for row in rows}
