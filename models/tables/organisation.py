"""The client's employer: it pays, and decides on extra sessions."""

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import STRICT, Base


class Organisation(Base):
    __tablename__ = "organisation"
    __table_args__ = (CheckConstraint("headcount >= 0", name="headcount"), STRICT)

    id: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    headcount: Mapped[int | None]
    """Employees today; unknown counts as below every smallest headcount."""
