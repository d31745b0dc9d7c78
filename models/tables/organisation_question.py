"""A question that an organisation asked of a request, and what became of it."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.rules.vocabulary import QuestionState, QuestionTopic
from models.tables.base import STRICT, Base
from models.tables.types import Word

_OPEN = text("state IN ('ASKED', 'DRAFTED')")


class OrganisationQuestion(Base):
    __tablename__ = "organisation_question"
    __table_args__ = (
        UniqueConstraint("request_id", "number"),
        Index("uq_organisation_question_open", "request_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        CheckConstraint("(answer IS NOT NULL) = (state = 'ANSWERED')", name="answer"),
        STRICT,
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("extra_sessions_request.id"))
    number: Mapped[int]
    topic: Mapped[QuestionTopic | None] = mapped_column(Word(QuestionTopic))
    """Null where it was asked in the provider's earlier system."""
    state: Mapped[QuestionState] = mapped_column(Word(QuestionState))

    # What the organisation may know: its own question, the days, and the answer once it is released.
    asked_on: Mapped[date]
    ended_on: Mapped[date | None]
    answer: Mapped[str | None]

    # What links, or is not for its eyes yet.
    asked_at: Mapped[datetime]
    asked_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    drafted_at: Mapped[datetime | None]
    drafted_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    released_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    key_version: Mapped[int | None]
    draft_sealed: Mapped[bytes | None]
    """Under the client's key: a draft may still say who it is about."""
