"""Checks that the logs are whole: recomputes each hash chain, whichever engine wrote it, and names its first fault."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Final

import orjson
from sqlalchemy import ColumnClause, column, func, select, table

from models.hash_chain import GENESIS, chained
from models.queries.reading import Source

_PAGE: Final = 2_000


class Log(StrEnum):
    EVENTS = "events"
    ACCESS = "access"


class Fault(StrEnum):
    """What is wrong with a number of a chain."""

    MISSING = "is missing"
    HASH = "has a hash that does not follow from the row before it and its own entry"
    COLUMNS = "says something else in its columns than in its entry"
    BEYOND_HEAD = "stands behind the head"
    HEAD = "is the last row, and the head says something else"
    NO_HEAD = "is the last row, and there is no head"
    NOT_AS_NOTED = "has another hash than was noted: it, or a row before it, has been replaced"


@dataclass(frozen=True, slots=True)
class Mark:
    """A number of a chain with its hash: what an auditor notes down, to see later that nothing before it changed."""

    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Broken:
    """The first number at which a chain does not hold."""

    seq: int
    fault: Fault


@dataclass(frozen=True, slots=True)
class Finding:
    rows: int
    """How many rows hold, from the first that is there on."""
    last: Mark
    broken: Broken | None
    cleaned: int = 0
    """Up to which number rows were cleaned away by their age; what was noted of those can't be compared."""


@dataclass(frozen=True, slots=True)
class _Table:
    rows: str
    head: str
    columns: tuple[str, ...]
    later: tuple[str, ...] = ()
    """Columns that entries written before a migration do not name."""
    cleaned: bool = False
    """Whether its first rows may be cleaned away: its head then says where it begins."""


_LATER: Final = ("occurred_on", "case_id", "appointment_id", "organisation_id", "detail")
_TABLES: Final = {
    Log.EVENTS: _Table("event", "event_head", ("type", "request_id", "occurred_at", "organisation_sees"), _LATER),
    Log.ACCESS: _Table("access_event", "access_head", ("account_id", "case_id", "kind", "hour"), cleaned=True),
}


@dataclass(slots=True)
class Walk:
    """Goes along one chain, row by row, and stops at the first that does not hold."""

    noted: Collection[Mark] = ()
    last: Mark = field(default_factory=lambda: Mark(0, GENESIS))

    def step(self, row: Mark, entry: str, *, columns_agree: bool) -> Broken | None:
        """Go on by one row."""
        number = self.last.seq + 1
        if row.seq != number:
            return Broken(number, Fault.MISSING) if row.seq > number else Broken(row.seq, Fault.HASH)
        if row.hash != chained(self.last.hash, number, entry):
            return Broken(number, Fault.HASH)
        if not columns_agree:
            return Broken(number, Fault.COLUMNS)
        self.last = row
        return self.as_noted()

    def as_noted(self) -> Broken | None:
        replaced = any(mark.seq == self.last.seq and mark.hash != self.last.hash for mark in self.noted)
        return Broken(self.last.seq, Fault.NOT_AS_NOTED) if replaced else None

    def end(self, head: Mark | None) -> Broken | None:
        """Compare where the rows end with the head, and with numbers that were noted and are not there any more."""
        seq = self.last.seq
        if head is None:
            return Broken(seq, Fault.NO_HEAD)
        if head.seq > seq or any(mark.seq > seq for mark in self.noted):
            return Broken(seq + 1, Fault.MISSING)
        if head.seq < seq:
            return Broken(head.seq + 1, Fault.BEYOND_HEAD)
        return None if head.hash == self.last.hash else Broken(seq, Fault.HEAD)


async def length(source: Source, log: Log) -> int:
    """Return how many rows a log has, for telling how far a check has come."""
    count: int = (await source.execute(select(func.count()).select_from(table(_TABLES[log].rows)))).scalar_one()
    return count


async def verify(
    source: Source, log: Log, *, noted: Collection[Mark] = (), advanced: Callable[[int], None] = lambda _: None
) -> Finding:
    """Go along one log from its first row to its head, in pages, within the source's one snapshot.

    ``advanced`` is told of each page's length. Numbers in ``noted`` must still have the hash that they had.
    """
    place = _TABLES[log]
    start = await _beginning(source, place)
    walk = Walk(noted, start)
    broken = walk.as_noted()
    async for rows in _pages(source, place):
        for row in rows:
            mark = Mark(row.seq, bytes(row.hash))
            broken = broken or walk.step(mark, row.entry, columns_agree=_columns_agree(place, row))
        advanced(len(rows))
        if broken:
            break
    end = broken or walk.end(await _head(source, place))
    return Finding(walk.last.seq - start.seq, walk.last, end, start.seq)


async def _pages(source: Source, place: _Table) -> AsyncIterator[Sequence[Any]]:
    seq: ColumnClause[int] = column("seq")
    columns: list[ColumnClause[Any]] = [column(name) for name in ("hash", "entry", *place.columns, *place.later)]
    statement = select(seq, *columns).select_from(table(place.rows)).order_by(seq).limit(_PAGE)
    rows = (await source.execute(statement)).all()
    while rows:
        yield rows
        rows = (await source.execute(statement.where(seq > rows[-1].seq))).all()


async def _head(source: Source, place: _Table) -> Mark | None:
    row = (await source.execute(select(column("seq"), column("hash")).select_from(table(place.head)))).one_or_none()
    return None if row is None else Mark(row.seq, bytes(row.hash))


async def _beginning(source: Source, place: _Table) -> Mark:
    """Return what the first row follows on: nothing, or the last one that was cleaned away."""
    if place.cleaned:
        marks: Any = select(column("cleaned_seq"), column("cleaned_hash")).select_from(table(place.head))
        row = (await source.execute(marks)).one_or_none()
        if row is not None and row.cleaned_seq is not None:
            return Mark(row.cleaned_seq, bytes(row.cleaned_hash))
    return Mark(0, GENESIS)


def _columns_agree(place: _Table, row: Any) -> bool:
    """Whether the columns say what the entry says. They are read untyped: a word of no list is a fault like another."""
    try:
        entry = orjson.loads(row.entry)
        named = {*place.columns, *(name for name in place.later if name in entry)}
        return all(entry[name] == _as_written(getattr(row, name)) for name in named)
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return False


def _as_written(value: Any) -> Any:
    """Return a column's value as entries write it; SQLite holds moments and days so already."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value.isoformat() if isinstance(value, date) else value
