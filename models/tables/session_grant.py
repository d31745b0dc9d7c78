"""Sessions added to a case by an approval; append-only."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import STRICT, Base


class SessionGrant(Base):
    __tablename__ = "session_grant"
    __table_args__ = (CheckConstraint("sessions >= 1", name="sessions"), STRICT)

    request_id: Mapped[str] = mapped_column(ForeignKey("extra_sessions_request.id"), primary_key=True)
    """One grant to an approval, found through its request: an approval never names the case."""
    sessions: Mapped[int]
    granted_at: Mapped[datetime]
