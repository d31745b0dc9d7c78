"""A due moment of a request, with the calendar that it was computed by; it never moves by itself."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.rules.vocabulary import DeadlineKind
from models.tables.base import STRICT, Base
from models.tables.types import Word


class Deadline(Base):
    __tablename__ = "deadline"
    __table_args__ = (Index("ix_deadline_request", "request_id", "kind"), STRICT)

    id: Mapped[str] = mapped_column(primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("extra_sessions_request.id"))
    kind: Mapped[DeadlineKind] = mapped_column(Word(DeadlineKind))
    due_at: Mapped[datetime]
    at_risk_from: Mapped[datetime]
    time_zone: Mapped[str]
    region: Mapped[str]
    calendar_version: Mapped[str]
    paused_at: Mapped[datetime | None]
    met_at: Mapped[datetime | None]
    met_on: Mapped[date | None]
    """The day of ``met_at`` in ``time_zone``: an organisation is told days, and its statements read no moment."""
    cancelled_at: Mapped[datetime | None]
