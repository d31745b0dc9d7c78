"""Appointments, cases and clients: the consultant's way to a request."""

from datetime import date, datetime
from typing import Annotated, Any

import strawberry

from models.rules.entitlement import Tally
from models.rules.vocabulary import AppointmentStatus, CaseStatus
from models.views import case as views
from models.views.case import CaseActionName
from models.views.want import page
from schema.types.connections import AppointmentConnection, ExtraSessionsRequestConnection
from schema.types.form import ExtraSessionsForm
from schema.types.people import Consultant, Organisation, Practice
from schema.types.views import Node, of_view

ExtraSessionsRequest = Annotated["ExtraSessionsRequest", strawberry.lazy("schema.types.request")]  # type: ignore[misc]

_FIRST = Annotated[int | None, strawberry.argument(description="How many, 1 to 100.")]
_AFTER = Annotated[str | None, strawberry.argument(description="A cursor of this very list; null for its start.")]


@strawberry.input(one_of=True, description="Name a case by exactly one of these.")
class CaseBy:
    id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="The case's id.")
    number: str | None = strawberry.field(default=strawberry.UNSET, description="`ASST-123456`.")


@of_view(views.ClientView)
@strawberry.type(
    description="The person in care. A client has no id: nothing here can link two requests. "
    "Who may not know them sees `Confidential` and nulls; `maskedFields` says which, so draw a lock and not a dash."
)
class Client:
    display_name: str = strawberry.field(
        description="The client's name; `Confidential` where masked, `Erased` once the client has been erased."
    )
    email: str | None = strawberry.field(description="Null where unknown, masked or erased.")
    phone: str | None = strawberry.field(description="International form, such as `+61491570006`.")
    date_of_birth: date | None = strawberry.field(description="Null where unknown, masked or erased.")
    employee_number: str | None = strawberry.field(description="The organisation's number for them.")
    cases: "list[AssistCase] | None" = strawberry.field(
        description="Their cases within your scope; more than one is possible. A request goes to its "
        "appointment's case."
    )
    masked_fields: list[str] = strawberry.field(description="What your role may not see here, whatever the client.")


@of_view(Tally)
@strawberry.type(description="The session arithmetic of a case. `remaining` is never below 0, even if overbooked.")
class SessionTally:
    entitled: int = strawberry.field(description="What the agreement gave the case when it opened.")
    granted: int = strawberry.field(description="Added by approved requests.")
    used: int = strawberry.field(description="Completed, late-cancelled or not attended.")
    scheduled: int = strawberry.field(description="Booked and not yet marked otherwise.")
    remaining: int = strawberry.field(description="Entitled + granted - used - scheduled.")


@of_view(views.CaseAction)
@strawberry.type(description="One thing that this viewer may do with a case. Draw it disabled, with its reason.")
class CaseAction:
    action: CaseActionName = strawberry.field(description="What it is.")
    enabled: bool = strawberry.field(description="Whether it can be done now.")
    reason: str | None = strawberry.field(description="Why not, in plain words; null where it can.")


@of_view(views.BookingHold)
@strawberry.type(description="Whether bookings are held back while a request awaits its outcome.")
class BookingHold:
    active: bool = strawberry.field(description="True from confirm until the request ends.")
    bookable_sessions: int = strawberry.field(description="How many sessions may still be booked or suggested.")
    reason: str | None = strawberry.field(description="What to tell the person; null where nothing is held.")
    enquiry_allowed_after: datetime | None = strawberry.field(
        description="Before this moment please do not ask after the outcome; null until the organisation has it."
    )


@of_view(views.CaseView)
@strawberry.type(description="One issue that a client is seen for: the parent case of its appointments and requests.")
class AssistCase(Node):
    id: strawberry.ID = strawberry.field(description="Opaque and random.")
    number: str = strawberry.field(description="`ASST-123456`; shown as `Parent Case: ASST-123456`.")
    status: CaseStatus = strawberry.field(description="Closed cases take no requests.")
    client: Client = strawberry.field(description="Who is seen.")
    organisation: Organisation = strawberry.field(description="Who pays and decides.")
    practice: Practice = strawberry.field(description="Where they are seen.")
    sessions: SessionTally = strawberry.field(description="How many sessions there are, and what became of them.")
    available_actions: list[CaseAction] = strawberry.field(
        description="What you may do now: the task filter. Empty for roles that act on no case."
    )
    booking_hold: BookingHold = strawberry.field(description="Whether to hold back bookings.")
    open_request: ExtraSessionsRequest | None = strawberry.field(
        description="The one request that is still open; null where there is none in your scope."
    )

    @strawberry.field(
        description="All that a page needs to draw the form. Entitled sessions are a guide: warn, never block."
    )
    def extra_sessions_form(
        self: Any,
        sessions_requested: Annotated[
            int | None,
            strawberry.argument(description="What the person has typed, for `wouldNeedClinicalReview` and its sum."),
        ] = None,
    ) -> ExtraSessionsForm:
        return ExtraSessionsForm.of(self.form, sessions_requested)

    @strawberry.field(description="The case's appointments, earliest first.", graphql_type=AppointmentConnection)
    def appointments(self: Any, first: _FIRST = 20, after: _AFTER = None) -> Any:
        return self.appointment_pages[page(first, 20, after)]

    @strawberry.field(description="The case's requests, newest first.", graphql_type=ExtraSessionsRequestConnection)
    def requests(self: Any, first: _FIRST = 20, after: _AFTER = None) -> Any:
        return self.request_pages[page(first, 20, after)]


@of_view(views.AppointmentView)
@strawberry.type(description="One session on a consultant's calendar.")
class Appointment(Node):
    id: strawberry.ID = strawberry.field(description="`submitExtraSessionsRequest` takes it as `appointmentId`.")
    starts_at: datetime = strawberry.field(description="UTC.")
    ends_at: datetime = strawberry.field(description="UTC; always after `startsAt`.")
    status: AppointmentStatus = strawberry.field(description="The authority on what became of it, whatever the time.")
    client: Client = strawberry.field(description="Who it is with.")
    case: AssistCase = strawberry.field(description="Its parent case: exactly one.")
    consultant: Consultant = strawberry.field(description="Whose calendar it is on.")
