"""Records who looked at what identifies or is clinical, before the answer leaves; where it can't, the answer does not.

One row for each account, case, kind of data and hour, in a hash chain of its own behind a head row of its own. An hour
that is recorded already costs no statement. No row, and nothing said about one, carries more than ids, kind and hour.
"""

import asyncio
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

import orjson
from sqlalchemy import insert, select, tuple_, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from models.hash_chain import chained
from models.rules.confidentiality import Sensitivity
from models.tables.access_event import AccessEvent, AccessHead

PRODUCT: Final = "system"
"""Stands where the account would, when the product itself reads: it looks up addresses to send mail."""
_MOST_REMEMBERED = 50_000
_LOOKED_UP_AT_ONCE = 200


class AccessUnrecorded(Exception):
    """What was read can't be put on record, so nothing of it may leave."""


class Access(NamedTuple):
    """One account looked at one case's data of one kind within one hour."""

    hour: datetime
    """The UTC hour's beginning."""
    account_id: str
    case_id: str
    kind: Sensitivity

    def canonical(self) -> str:
        """Return the text that is hashed; its keys are sorted and it never changes once written."""
        document = {
            "account_id": self.account_id,
            "case_id": self.case_id,
            "hour": self.hour.isoformat(timespec="microseconds"),
            "kind": self.kind.value,
        }
        return orjson.dumps(document, option=orjson.OPT_SORT_KEYS).decode()


class _Writing(Protocol):
    """The session or the connection of an open write transaction."""

    async def execute(self, statement: Any, parameters: Any = None, /) -> Any: ...


class _Group:
    """Accesses that share one commit."""

    def __init__(self) -> None:
        self.accesses: set[Access] = set()
        self.commit: asyncio.Task[None] | None = None


class AccessLog:
    """One process's way to the log of who looked. It belongs to the event loop that first uses it."""

    def __init__(self, writer: AsyncEngine) -> None:
        self._writer = writer
        self._recorded: set[Access] = set()
        self._hour: datetime | None = None
        self._gathering: _Group | None = None
        self._committing = asyncio.Lock()
        self._commits: set[asyncio.Task[None]] = set()

    async def record(self, accesses: AbstractSet[Access]) -> None:
        """Return once all of ``accesses`` are committed. Raises AccessUnrecorded where they can't be.

        Whoever comes while a commit is under way shares the next one. Never await this inside a transaction: SQLite
        has one connection that writes, and the transaction is holding it.
        """
        new = accesses - self._recorded
        if not new:
            return
        try:
            await asyncio.shield(self._joined(new))  # a reader who leaves must not take the others' commit along
        except SQLAlchemyError as fault:
            raise AccessUnrecorded from fault

    async def append(self, session: _Writing, accesses: AbstractSet[Access]) -> None:
        """Write what is new into this transaction; takes the head row's lock. Call ``remember`` once it is committed.

        Lock order: this head, then the event log's, and nothing after them.
        """
        if new := accesses - self._recorded:
            await _append(session, new)

    def remember(self, accesses: AbstractSet[Access]) -> None:
        """Count committed accesses as recorded, until the hour turns or too many are held; then they are looked up."""
        if not accesses:
            return
        hour = max(access.hour for access in accesses)
        if hour != self._hour:
            self._recorded.clear()
            self._hour = hour
        self._recorded.update(access for access in accesses if access.hour == hour)
        if len(self._recorded) > _MOST_REMEMBERED:
            self._recorded.clear()

    async def settle(self) -> None:
        """Wait for the commits that are under way, whether or not their readers still are."""
        await asyncio.gather(*self._commits, return_exceptions=True)

    def _joined(self, accesses: AbstractSet[Access]) -> asyncio.Task[None]:
        group = self._gathering
        if group is None or group.commit is None:
            group = self._gathering = _Group()
            group.commit = asyncio.get_running_loop().create_task(self._commit(group))
            self._commits.add(group.commit)
            group.commit.add_done_callback(self._ended)
        group.accesses |= accesses
        return group.commit

    def _ended(self, commit: asyncio.Task[None]) -> None:
        """Take note of a fault even where nobody waits any more: the loop would log it, with all that it says."""
        self._commits.discard(commit)
        if not commit.cancelled():
            commit.exception()

    async def _commit(self, group: _Group) -> None:
        async with self._committing:
            self._gathering = None  # whoever comes from here on shares the next one
            async with self._writer.begin() as connection:
                await _append(connection, group.accesses)
            self.remember(group.accesses)


async def _append(source: _Writing, accesses: AbstractSet[Access]) -> None:
    head = (await source.execute(select(AccessHead.seq, AccessHead.hash).with_for_update())).one()
    new = accesses - await _already_there(source, accesses)
    seq, last = head.seq, head.hash
    rows = []
    for access in sorted(new):
        seq += 1
        entry = access.canonical()
        last = chained(last, seq, entry)
        rows.append({"seq": seq, "hash": last, "entry": entry, **access._asdict()})
    if rows:
        await source.execute(insert(AccessEvent), rows)
        await source.execute(update(AccessHead).values(seq=seq, hash=last))


async def _already_there(source: _Writing, accesses: AbstractSet[Access]) -> set[Access]:
    """Return those that another process, or this one before a restart, has recorded; the head's lock is held."""
    key = (AccessEvent.hour, AccessEvent.account_id, AccessEvent.case_id, AccessEvent.kind)
    asked, found = list(accesses), set[Access]()
    for start in range(0, len(asked), _LOOKED_UP_AT_ONCE):
        some = asked[start : start + _LOOKED_UP_AT_ONCE]
        rows = await source.execute(select(*key).where(tuple_(*key).in_(some)))
        found.update(Access(*row) for row in rows.all())
    return found
