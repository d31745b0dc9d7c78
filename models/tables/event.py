"""What happened, in commit order and hash-chained: the audit trail and the source of every subscription."""

from datetime import date, datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.rules.vocabulary import EventType
from models.tables.base import STRICT, Base
from models.tables.types import BigInt, Word

_FOUND_BY = {"request": "request_id", "case": "case_id", "organisation": "organisation_id"}


def _index(name: str, column: str) -> Index:
    """Hold those events alone that have one: an import writes a million that have a case and nothing else."""
    only = text(f"{column} IS NOT NULL")
    return Index(f"ix_event_{name}", column, "seq", sqlite_where=only, postgresql_where=only)


class Event(Base):
    __tablename__ = "event"
    __table_args__ = (
        *(_index(name, column) for name, column in _FOUND_BY.items()),
        STRICT,
    )

    seq: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    hash: Mapped[bytes]
    """SHA-256 over the hash before, this number and ``entry``."""
    entry: Mapped[str]
    """The event as it was hashed: JSON of ids and states, never of identity."""
    type: Mapped[EventType] = mapped_column(Word(EventType))
    request_id: Mapped[str | None]
    case_id: Mapped[str | None]
    """Of an event of a case itself, or of an appointment on it; a request's own hang on the request."""
    appointment_id: Mapped[str | None]
    organisation_id: Mapped[str | None]
    """Which organisation sees it, where one does: its streams are read by this alone."""
    detail: Mapped[str | None]
    """Which deadline, or which mail, it is about."""
    occurred_at: Mapped[datetime]
    occurred_on: Mapped[date | None]
    """The organisation's own day of it, where the organisation sees it: its statements read no moment."""
    organisation_sees: Mapped[bool]
    """Whether the organisation may know that this happened, once the request is released."""


class EventHead(Base):
    __tablename__ = "event_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInt)
    hash: Mapped[bytes]
