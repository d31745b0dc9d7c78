"""A consultant's request for more sessions on a case, and what has become of it."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, false, text
from sqlalchemy.orm import Mapped, mapped_column

from models.rules.vocabulary import (
    ClinicalDeclineReason,
    ClinicalResult,
    DecidedBy,
    DeclineReason,
    GoalCategory,
    Requestor,
    RequestStatus,
    Withheld,
)
from models.tables.base import STRICT, Base
from models.tables.types import Word

_OPEN = text(
    "status IN ('SUBMITTED', 'AWAITING_DETAILS', 'CLINICAL_REVIEW', 'ORGANISATION_REVIEW', 'INFORMATION_REQUESTED')"
)


class ExtraSessionsRequest(Base):
    __tablename__ = "extra_sessions_request"
    __table_args__ = (
        Index("uq_extra_sessions_request_open", "case_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_extra_sessions_request_released", "organisation_id", "released_at"),
        Index("ix_extra_sessions_request_case", "case_id", "submitted_at"),
        Index("ix_extra_sessions_request_submitted", "submitted_at", "id"),
        Index("ix_extra_sessions_request_decided", "decided_on"),
        Index("uq_extra_sessions_request_reconsideration", "reconsideration_of", unique=True),
        CheckConstraint("sessions_requested >= 1", name="sessions_requested"),
        CheckConstraint("sessions_granted >= 1 AND sessions_granted <= sessions_released", name="sessions_granted"),
        STRICT,
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str | None] = mapped_column(unique=True)
    reference: Mapped[str] = mapped_column(unique=True)
    version: Mapped[int]
    status: Mapped[RequestStatus] = mapped_column(Word(RequestStatus))

    # What the organisation may know, beside the columns below that are sealed or link.
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    agreement_id: Mapped[str] = mapped_column(ForeignKey("agreement.id"))
    sessions_released: Mapped[int]
    """What the organisation is asked for: the number requested, or fewer after an endorsement for fewer."""
    sessions_granted: Mapped[int | None]
    entitled_sessions: Mapped[int]
    goal_category: Mapped[GoalCategory] = mapped_column(Word(GoalCategory))
    onward_plan: Mapped[bool]
    released_at: Mapped[datetime | None]
    """Null until the organisation learns that this request exists; often for ever."""
    released_on: Mapped[date | None]
    """The organisation's own day of the release."""
    organisation_version: Mapped[int]
    """0 before the release, 1 at it, one more for each change that the organisation can see."""
    decided_at: Mapped[datetime | None]
    decided_on: Mapped[date | None]
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    decline_reason: Mapped[DeclineReason | None] = mapped_column(Word(DeclineReason))
    decision_due_at: Mapped[datetime | None]
    calendar_agreement_id: Mapped[str | None] = mapped_column(ForeignKey("agreement.id"))
    """Whose calendar its deadlines count by, once they were recomputed by another revision's than its own."""

    # What links to the person: never selected for an organisation.
    case_id: Mapped[str] = mapped_column(ForeignKey("assist_case.id"))
    appointment_id: Mapped[str | None] = mapped_column(ForeignKey("appointment.id"))
    consultant_id: Mapped[str] = mapped_column(ForeignKey("consultant.id"), index=True)
    requestor: Mapped[Requestor] = mapped_column(Word(Requestor))
    sessions_requested: Mapped[int]
    date_of_request: Mapped[date]
    submitted_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    clinical_review_total: Mapped[int | None]
    """The sum that decided at confirm whether a clinical review happens; null before the confirm."""
    needs_clinical_review: Mapped[bool]
    clinical_result: Mapped[ClinicalResult | None] = mapped_column(Word(ClinicalResult))
    clinical_reason: Mapped[ClinicalDeclineReason | None] = mapped_column(Word(ClinicalDeclineReason))
    clinical_at: Mapped[datetime | None]
    clinical_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    review_from: Mapped[date | None]
    """Day 0: the organisation's day on which this request entered its review."""
    decided_as: Mapped[DecidedBy | None] = mapped_column(Word(DecidedBy))
    withheld: Mapped[Withheld | None] = mapped_column(Word(Withheld))
    account_matches_client: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether an account of the organisation is the client's own, as the last look found; kept while it is open."""
    consent_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    consent_at: Mapped[datetime | None]
    consent_wording: Mapped[str | None]
    reconsideration_of: Mapped[str | None] = mapped_column(ForeignKey("extra_sessions_request.id"))

    # Clinical: the goal statement, the pathway's kind and its detail, as one sealed document; null once it is erased.
    key_version: Mapped[int]
    clinical_sealed: Mapped[bytes | None]

    @property
    def is_released(self) -> bool:
        """Whether the organisation knows of it; told by its version, as its statements read no moment."""
        return self.organisation_version > 0
