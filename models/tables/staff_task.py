"""Something that waits for the provider's staff."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.rules.vocabulary import StaffTaskKind, StaffTaskState
from models.tables.base import STRICT, Base
from models.tables.types import Word

_OPEN = text("state = 'OPEN'")


class StaffTask(Base):
    __tablename__ = "staff_task"
    __table_args__ = (
        Index("uq_staff_task_open", "request_id", "kind", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("uq_staff_task_open_webhook", "webhook_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_staff_task_queue", "state", "created_at", "id"),
        CheckConstraint("(ended_at IS NULL) = (state = 'OPEN')", name="ended_at"),
        CheckConstraint("(request_id IS NULL) = (kind = 'WEBHOOK_SWITCHED_OFF')", name="request"),
        CheckConstraint("(webhook_id IS NULL) = (kind != 'WEBHOOK_SWITCHED_OFF')", name="webhook"),
        STRICT,
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[StaffTaskKind] = mapped_column(Word(StaffTaskKind))
    state: Mapped[StaffTaskState] = mapped_column(Word(StaffTaskState))
    request_id: Mapped[str | None] = mapped_column(ForeignKey("extra_sessions_request.id"))
    webhook_id: Mapped[str | None] = mapped_column(ForeignKey("webhook_endpoint.id"))
    """What it is about where that is no request."""
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    """Null where it closed by itself."""
