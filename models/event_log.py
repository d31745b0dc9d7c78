"""Gives events their numbers and their place in the hash chain, as the last statements before a commit.

One head row ``{seq, hash}`` is taken last, so numbers have no gaps and stand in commit order.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import orjson
from sqlalchemy import bindparam, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from models.bulk import insert_many
from models.hash_chain import chained
from models.rules.vocabulary import DeadlineKind, EventType, MailKind, RequestStatus
from models.tables.base import Base
from models.tables.event import Event, EventHead

_EVENT: Final = Base.metadata.tables[Event.__tablename__]
_HEAD: Final = Base.metadata.tables[EventHead.__tablename__]
# Built once, of bare tables: every act of anybody's ends with these.
_READ_HEAD: Final = select(_HEAD.c.seq, _HEAD.c.hash)
_READ_NUMBER: Final = select(_HEAD.c.seq)
_MOVE_HEAD: Final = update(_HEAD).values(seq=bindparam("last_seq"), hash=bindparam("last_hash"))
_COLUMNS: Final = (
    *("type", "request_id", "case_id", "appointment_id", "organisation_id", "detail"),
    *("occurred_at", "occurred_on", "organisation_sees"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: ids and states, never identity."""

    type: EventType
    occurred_at: datetime
    account_id: str | None
    request_id: str | None = None
    status: RequestStatus | None = None
    """The one that the request has reached, where the event is one of its own moves or deadlines."""
    case_id: str | None = None
    """Of an event of a case itself; a request's own hang on the request."""
    appointment_id: str | None = None
    organisation_sees: bool = False
    organisation_id: str | None = None
    """Which organisation sees it, where one does."""
    occurred_on: date | None = None
    """The organisation's own day, where the organisation sees it."""
    detail: DeadlineKind | MailKind | None = None

    def canonical(self) -> str:
        """Return the text that is hashed; its keys are sorted and it never changes once written."""
        document = {
            "account_id": self.account_id,
            "appointment_id": self.appointment_id,
            "case_id": self.case_id,
            "detail": self.detail.value if self.detail else None,
            "occurred_at": self.occurred_at.isoformat(timespec="microseconds"),
            "occurred_on": self.occurred_on.isoformat() if self.occurred_on else None,
            "organisation_id": self.organisation_id,
            "organisation_sees": self.organisation_sees,
            "request_id": self.request_id,
            "status": self.status.value if self.status else None,
            "type": self.type.value,
        }
        return orjson.dumps(document, option=orjson.OPT_SORT_KEYS).decode()


async def head_of(source: AsyncConnection | AsyncSession) -> int:
    """Return the number of the last event that is committed."""
    number: int = (await source.execute(_READ_NUMBER)).scalar_one()
    return number


async def append(session: AsyncSession, entries: list[Entry]) -> None:
    """Write ``entries`` to the log; takes the head row's lock, so nothing may lock after it."""
    if session.get_bind().dialect.name == "postgresql":
        texts = [entry.canonical() for entry in entries]
        await session.execute(text("SELECT append_events(CAST(:entries AS text[]))"), {"entries": texts})
    else:
        await _append_in_process(session, entries)


async def _append_in_process(session: AsyncSession, entries: list[Entry]) -> None:
    head = (await session.execute(_READ_HEAD)).one()
    seq, last = head.seq, head.hash
    rows = []
    for entry in entries:
        seq += 1
        canonical = entry.canonical()
        last = chained(last, seq, canonical)
        rows.append(
            {
                "seq": seq,
                "hash": last,
                "entry": canonical,
                **{name: getattr(entry, name) for name in _COLUMNS},
            }
        )
    await insert_many(session, _EVENT, rows, key=None)
    await session.execute(_MOVE_HEAD, {"last_seq": seq, "last_hash": last})
