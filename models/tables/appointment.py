"""One session on a consultant's calendar, belonging to one case."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.rules.vocabulary import AppointmentStatus
from models.tables.base import STRICT, Base
from models.tables.types import Word


class Appointment(Base):
    __tablename__ = "appointment"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        Index("ix_appointment_calendar", "consultant_id", "starts_at", "id"),
        Index("ix_appointment_case", "case_id", "starts_at", "id"),
        STRICT,
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(unique=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("assist_case.id"))
    consultant_id: Mapped[str] = mapped_column(ForeignKey("consultant.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    status: Mapped[AppointmentStatus] = mapped_column(Word(AppointmentStatus))
