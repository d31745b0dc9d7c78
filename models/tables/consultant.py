"""The practitioner, a member of one practice."""

from datetime import date

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base


class Consultant(Base):
    __tablename__ = "consultant"

    id: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(unique=True)
    practice_id: Mapped[str] = mapped_column(ForeignKey("practice.id"), index=True)
    name: Mapped[str]
    email: Mapped[str]
    time_zone: Mapped[str]
    left_on: Mapped[date | None]
    """The day from which the practice's manager takes this consultant's mail."""
