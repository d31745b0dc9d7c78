"""A due moment of a request, with the calendar that it was computed by; it never moves by itself."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.rules.vocabulary import DeadlineKind
from models.tables.base import STRICT, Base
from models.tables.types import Word

_LIVE = text("met_at IS NULL AND cancelled_at IS NULL")


class Deadline(Base):
    __tablename__ = "deadline"
    __table_args__ = (
        Index("ix_deadline_request", "request_id", "kind"),
        Index("uq_deadline_live", "request_id", "kind", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index("ix_deadline_live_due", "due_at", sqlite_where=_LIVE, postgresql_where=_LIVE),
        CheckConstraint("(counted_from IS NULL) = (counted_days IS NULL)", name="counted"),
        STRICT,
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("extra_sessions_request.id"))
    kind: Mapped[DeadlineKind] = mapped_column(Word(DeadlineKind))
    due_at: Mapped[datetime]
    counted_from: Mapped[date | None]
    """The organisation's day after which the business days count; null where hours count."""
    counted_days: Mapped[int | None]
    at_risk_from: Mapped[datetime]
    time_zone: Mapped[str]
    region: Mapped[str]
    calendar_version: Mapped[str]
    paused_at: Mapped[datetime | None]
    acted_until: Mapped[datetime | None]
    """The last moment of its schedule that was acted on: a reminder's, or the breach; the due moment itself where the
    log was told that it has passed, and the breach must wait."""
    met_at: Mapped[datetime | None]
    met_on: Mapped[date | None]
    """The day of ``met_at`` in ``time_zone``: an organisation is told days, and its statements read no moment."""
    cancelled_at: Mapped[datetime | None]
