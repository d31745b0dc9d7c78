"""What every query needs: where to read, who reads, and at which moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import Executable, Row

from models.actor import Actor
from models.event_log import Entry
from models.sealing import Vault


class Source(Protocol):
    """A snapshot's connection, or the session of a transaction that reads what it has just done."""

    async def execute(self, statement: Executable, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Reading:
    source: Source
    vault: Vault
    by: Actor
    now: datetime
    unlogged: Sequence[Entry] = ()
    """What this transaction has done so far: it goes into the log as the transaction's last act."""

    async def rows(self, statement: Executable) -> Sequence[Row[Any]]:
        result = await self.source.execute(statement)
        rows: Sequence[Row[Any]] = result.all()
        return rows

    def local_day(self, moment: datetime) -> date:
        """Return the day of ``moment`` where this actor is."""
        return moment.astimezone(ZoneInfo(self.by.time_zone)).date()
