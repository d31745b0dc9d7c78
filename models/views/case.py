"""A case, its client and its appointments, as one actor may see them."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from models.rules.entitlement import Tally
from models.rules.vocabulary import AppointmentStatus, CaseStatus
from models.views.base import View
from models.views.connection import Connection
from models.views.people import ConsultantView, OrganisationView, PracticeView
from models.views.request import RequestView
from models.views.want import Page


class CaseActionName(StrEnum):
    REQUEST_EXTRA_SESSIONS = "REQUEST_EXTRA_SESSIONS"
    CLOSE_CASE = "CLOSE_CASE"


@dataclass(frozen=True, slots=True)
class CaseAction:
    action: CaseActionName
    enabled: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class BookingHold:
    active: bool
    bookable_sessions: int
    reason: str | None
    enquiry_allowed_after: datetime | None


@dataclass(frozen=True, slots=True)
class ClinicalReviewEstimate:
    """The sum that decides on a clinical review, as it stands now."""

    used: int
    scheduled: int
    remaining: int
    requested: int
    total: int
    threshold: int
    needed: bool


@dataclass(frozen=True, slots=True)
class ExtraSessionsForm:
    """The facts behind the form; option lists and labels belong to the schema."""

    maximum_sessions: int
    entitled_sessions: int
    date_of_request: date
    tally: Tally
    clinical_review_threshold: int

    def would_need_clinical_review(self, sessions: int | None) -> bool | None:
        """Return whether a request for ``sessions`` would go to clinical review; None where none were named."""
        if sessions is None:
            return None
        return self.tally.needs_clinical_review(sessions, self.clinical_review_threshold)

    def clinical_review_estimate(self, sessions: int | None) -> ClinicalReviewEstimate | None:
        """Return how that comes about; None for a number that no request can ask for."""
        if sessions is None or not 1 <= sessions <= self.maximum_sessions:
            return None
        return ClinicalReviewEstimate(
            used=self.tally.used,
            scheduled=self.tally.scheduled,
            remaining=self.tally.remaining,
            requested=sessions,
            total=self.tally.clinical_review_total(sessions),
            threshold=self.clinical_review_threshold,
            needed=self.tally.needs_clinical_review(sessions, self.clinical_review_threshold),
        )


@dataclass(slots=True, init=False, eq=False, repr=False)
class ClientView(View):
    display_name: str
    email: str | None
    phone: str | None
    date_of_birth: date | None
    employee_number: str | None
    cases: "list[CaseView] | None"
    masked_fields: tuple[str, ...]


@dataclass(slots=True, init=False, eq=False, repr=False)
class CaseView(View):
    id: str
    number: str
    status: CaseStatus
    client: ClientView
    organisation: OrganisationView
    practice: PracticeView
    sessions: Tally
    available_actions: list[CaseAction]
    form: ExtraSessionsForm
    booking_hold: BookingHold
    open_request: RequestView | None
    appointment_pages: "dict[Page, Connection[AppointmentView]]"
    request_pages: dict[Page, Connection[RequestView]]


@dataclass(slots=True, init=False, eq=False, repr=False)
class AppointmentView(View):
    id: str
    starts_at: datetime
    ends_at: datetime
    status: AppointmentStatus
    client: ClientView
    case: CaseView
    consultant: ConsultantView
