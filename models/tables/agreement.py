"""An organisation's terms. A row never changes: new terms are a new revision, so a request keeps its own."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.rules.vocabulary import Delegation, ReleaseRule
from models.tables.base import STRICT, Base
from models.tables.types import Flag, Json, Word


class Agreement(Base):
    __tablename__ = "agreement"
    __table_args__ = (
        UniqueConstraint("organisation_id", "revision"),
        Index(
            "uq_agreement_current",
            "organisation_id",
            unique=True,
            sqlite_where=text("is_current = 1"),
            postgresql_where=text("is_current"),
        ),
        CheckConstraint("entitled_sessions >= 0", name="entitled_sessions"),
        CheckConstraint("maximum_sessions >= 1", name="maximum_sessions"),
        CheckConstraint("due_days >= 1", name="due_days"),
        STRICT,
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    revision: Mapped[int]
    is_current: Mapped[bool] = mapped_column(Flag())
    entitled_sessions: Mapped[int]
    maximum_sessions: Mapped[int]
    clinical_review_threshold: Mapped[int]
    due_days: Mapped[int]
    region: Mapped[str]
    time_zone: Mapped[str]
    added_dates: Mapped[list[Any]] = mapped_column(Json())
    removed_dates: Mapped[list[Any]] = mapped_column(Json())
    release_rule: Mapped[ReleaseRule] = mapped_column(Word(ReleaseRule))
    smallest_headcount: Mapped[int]
    delegation: Mapped[Delegation] = mapped_column(Word(Delegation))
    automatic_approval: Mapped[int]
    """Requests of up to this many sessions are approved by rule; 0 turns it off."""
    backup_reviewer: Mapped[str | None]
