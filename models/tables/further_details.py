"""One round of further details for a clinical review: what was asked, and the consultant's answers."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import STRICT, Base
from models.tables.types import Json


class FurtherDetails(Base):
    __tablename__ = "further_details"
    __table_args__ = (UniqueConstraint("request_id", "round"), STRICT)

    id: Mapped[str] = mapped_column(primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("extra_sessions_request.id"))
    round: Mapped[int]
    """1 for what the confirm asked, one more each time the clinical reviewer asks again."""
    questionnaire: Mapped[str]
    """The version that was asked: its wording stands in ``models/questionnaires``."""
    questions: Mapped[list[Any]] = mapped_column(Json())
    """The codes of the questions that were asked, in order."""
    asked_at: Mapped[datetime]
    asked_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    """Null where the confirm asked."""
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    key_version: Mapped[int | None]
    sealed: Mapped[bytes | None]
    """The reviewer's note and the answers, as one sealed document; null until there is one, and once it is erased."""
