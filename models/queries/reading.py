"""What every query needs: where to read, who reads, and at which moment."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import Executable, Row
from sqlalchemy.ext.asyncio import AsyncSession

from models.access_log import PRODUCT, Access
from models.actor import Actor
from models.database import Database
from models.event_log import Entry
from models.key_store import Keys, KeyStore
from models.rules.confidentiality import Sensitivity
from models.sealing import Vault


class Source(Protocol):
    """A snapshot's connection, or the session of a transaction that reads what it has just done."""

    async def execute(self, statement: Executable, parameters: Mapping[str, Any] | None = None, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Reading:
    source: Source
    vault: Vault
    keys: KeyStore
    by: Actor
    now: datetime
    unlogged: Sequence[Entry] = ()
    """What this transaction has done so far: it goes into the log as the transaction's last act."""
    accesses: set[Access] | None = None
    """Where it is noted whose sealed data this read opens, to be recorded before any answer leaves."""

    async def rows(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
        result = await self.source.execute(statement, parameters)
        rows: Sequence[Row[Any]] = result.all()
        return rows

    async def client_keys(self, client_ids: Iterable[str]) -> Keys:
        """Open the keys of these clients. What they open is shown to somebody: note it."""
        return await self.keys.opened(client_ids, self.source if isinstance(self.source, AsyncSession) else None)

    def note(self, kind: Sensitivity, case_ids: Iterable[str]) -> None:
        """Note that this read shows what identifies the clients of these cases, or is clinical."""
        if self.accesses is None:
            msg = "this read is not on record: begin it with reading_as"
            raise RuntimeError(msg)
        hour = self.now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        account_id = self.by.account_id or PRODUCT
        self.accesses.update(Access(hour, account_id, case_id, kind) for case_id in case_ids)

    def local_day(self, moment: datetime) -> date:
        """Return the day of ``moment`` where this actor is."""
        return moment.astimezone(ZoneInfo(self.by.time_zone)).date()


@asynccontextmanager
async def reading_as(by: Actor, *, database: Database, at: datetime) -> AsyncIterator[Reading]:
    """Read one snapshot as this actor. When the block is left, whose sealed data it opened is on record.

    Raises AccessUnrecorded where that fails: then nothing of what was read may leave.
    """
    accesses: set[Access] = set()
    async with database.snapshot() as source:
        yield Reading(source, database.vault, database.keys, by, at, accesses=accesses)
    await database.access_log.record(accesses)
