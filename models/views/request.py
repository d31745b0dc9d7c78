"""A request as one actor may see it: in full, in part, or as its organisation's projection."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from models.rules.vocabulary import (
    DeadlineKind,
    DeadlineState,
    DeclineReason,
    EventType,
    GoalCategory,
    Outcome,
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
    APPROVE = "APPROVE"
    DECLINE = "DECLINE"
    WITHDRAW = "WITHDRAW"


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
class ClinicalReview:
    total: int
    threshold: int


@dataclass(frozen=True, slots=True)
class Decision:
    outcome: Outcome
    sessions_granted: int | None
    reason: DeclineReason | None
    decided_on: date
    decided_at: datetime | None


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
    available_actions: list[RequestAction]
    masked_fields: tuple[str, ...]
