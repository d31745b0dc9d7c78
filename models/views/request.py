"""A request as one actor may see it: in full, in part, or as its organisation's projection."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from models.rules.vocabulary import (
    ClinicalDeclineReason,
    ClinicalResult,
    DeadlineKind,
    DeadlineState,
    DecidedBy,
    DeclineReason,
    EventType,
    GoalCategory,
    Outcome,
    QuestionState,
    QuestionTopic,
    ReferralPathwayKind,
    Requestor,
    RequestStatus,
)
from models.views.base import View
from models.views.people import ConsultantView, OrganisationView, PracticeView

if TYPE_CHECKING:
    from models.views.case import CaseView, ClientView


class RequestActionName(StrEnum):
    REVISE = "REVISE"
    CONFIRM = "CONFIRM"
    ANSWER_FURTHER_DETAILS = "ANSWER_FURTHER_DETAILS"
    RECORD_CLINICAL_REVIEW = "RECORD_CLINICAL_REVIEW"
    APPROVE = "APPROVE"
    DECLINE = "DECLINE"
    ASK_QUESTION = "ASK_QUESTION"
    DRAFT_ANSWER = "DRAFT_ANSWER"
    RELEASE_ANSWER = "RELEASE_ANSWER"
    WITHDRAW = "WITHDRAW"
    RECONSIDER = "RECONSIDER"
    CONFIRM_RELAY = "CONFIRM_RELAY"


@dataclass(frozen=True, slots=True)
class RequestAction:
    action: RequestActionName
    enabled: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class Goal:
    category: GoalCategory
    statement: str | None


@dataclass(frozen=True, slots=True)
class ReferralPathway:
    planned: bool
    kind: ReferralPathwayKind | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class FurtherDetailsQuestion:
    code: str
    text: str
    required: bool
    answer: str | None


@dataclass(frozen=True, slots=True)
class FurtherDetailsView:
    round: int
    questionnaire: str
    asked_at: datetime
    answered_at: datetime | None
    note: str | None
    questions: list[FurtherDetailsQuestion]


@dataclass(slots=True, init=False, eq=False, repr=False)
class ClinicalReview(View):
    total: int
    threshold: int
    result: ClinicalResult | None
    reason: ClinicalDeclineReason | None
    reviewed_on: date | None
    reviewed_at: datetime | None
    sessions_endorsed: int | None
    rounds: list[FurtherDetailsView]


@dataclass(frozen=True, slots=True)
class Decision:
    outcome: Outcome
    sessions_granted: int | None
    reason: DeclineReason | None
    decided_on: date
    decided_at: datetime | None
    decided_by: DecidedBy | None


@dataclass(frozen=True, slots=True)
class DeadlineView:
    kind: DeadlineKind
    due_at: datetime
    state: DeadlineState
    met_on: date | None
    met_at: datetime | None


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    type: EventType
    occurred_on: date
    occurred_at: datetime | None


@dataclass(frozen=True, slots=True)
class QuestionView:
    number: int
    topic: QuestionTopic | None
    text: str
    state: QuestionState
    asked_on: date
    ended_on: date | None
    answer: str | None
    asked_at: datetime | None
    draft: str | None


@dataclass(slots=True, init=False, eq=False, repr=False)
class RequestView(View):
    id: str
    reference: str
    version: int
    status: RequestStatus
    outcome: Outcome | None
    organisation: OrganisationView
    case: "CaseView | None"
    practice: PracticeView | None
    consultant: ConsultantView | None
    client: "ClientView"
    requestor: Requestor | None
    reconsideration_of: "RequestView | None"
    sessions_requested: int
    sessions_granted: int | None
    entitled_sessions: int
    date_of_request: date
    goal: Goal
    referral_pathway: ReferralPathway
    clinical_review: ClinicalReview | None
    decision: Decision | None
    deadlines: list[DeadlineView]
    timeline: list[TimelineEntry]
    questions: list[QuestionView]
    available_actions: list[RequestAction]
    masked_fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StatusCount:
    status: RequestStatus
    count: int


@dataclass(frozen=True, slots=True)
class RequestSummary:
    by_status: list[StatusCount]
    """Only statuses in which there is a request, in the order of a request's life."""
    overdue: int
    at_risk: int
    awaiting_you: int
