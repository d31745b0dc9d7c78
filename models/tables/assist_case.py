"""One issue that a client is seen for: the parent case of its appointments and requests."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.rules.vocabulary import CaseStatus
from models.tables.base import STRICT, Base
from models.tables.types import Word


class AssistCase(Base):
    __tablename__ = "assist_case"
    __table_args__ = (CheckConstraint("entitled_sessions >= 0", name="entitled_sessions"), STRICT)

    id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    """``ASST-123456``, also the case's external id."""
    client_id: Mapped[str] = mapped_column(ForeignKey("client.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    practice_id: Mapped[str] = mapped_column(ForeignKey("practice.id"), index=True)
    status: Mapped[CaseStatus] = mapped_column(Word(CaseStatus))
    entitled_sessions: Mapped[int]
    """The agreement's allocation on the day the case opened; it stays."""
    opened_on: Mapped[date]
    closed_on: Mapped[date | None]
