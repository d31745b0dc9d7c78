"""Submit, as the schema has it."""

from datetime import date
from enum import StrEnum
from typing import Annotated

import strawberry

from models.operations.submit_request import SubmitRequest, submit_request
from models.rules.vocabulary import Requestor
from schema.context import Info
from schema.mutations.answering import ERRORS, INPUT, KEY, REQUEST, answer, error_codes
from schema.mutations.answers import GoalInput, ReferralPathwayInput
from schema.types.errors import UserError
from schema.types.request import ExtraSessionsRequest


@error_codes
class SubmitExtraSessionsRequestErrorCode(StrEnum):
    CASE_CLOSED = "CASE_CLOSED"
    TOO_MANY_SESSIONS = "TOO_MANY_SESSIONS"
    NO_SESSIONS = "NO_SESSIONS"
    DATE_NOT_TODAY = "DATE_NOT_TODAY"
    OPEN_REQUEST_EXISTS = "OPEN_REQUEST_EXISTS"
    CONSENT_MISSING = "CONSENT_MISSING"
    REQUESTOR_NOT_ALLOWED = "REQUESTOR_NOT_ALLOWED"
    TEXT_MISSING = "TEXT_MISSING"
    TEXT_TOO_LONG = "TEXT_TOO_LONG"
    TEXT_INVALID = "TEXT_INVALID"
    NOT_ALLOWED = "NOT_ALLOWED"
    NOT_FOUND = "NOT_FOUND"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"


@strawberry.input(description="The form's answers.")
class SubmitExtraSessionsRequestInput:
    appointment_id: strawberry.ID = strawberry.field(description="The request goes to this appointment's parent case.")
    requestor: Requestor = strawberry.field(default=Requestor.CONSULTANT, description="Only CONSULTANT is accepted.")
    sessions_requested: int = strawberry.field(description="From 1 to the form's `maximumSessions`.")
    date_of_request: date = strawberry.field(description="Today, where you are: the form's `dateOfRequest`.")
    goal: GoalInput = strawberry.field(description="What the sessions are for.")
    referral_pathway: ReferralPathwayInput = strawberry.field(description="What follows the EAP.")
    client_consents: bool = strawberry.field(description="Your declaration that the client consents; must be true.")
    idempotency_key: strawberry.ID | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="Why it was refused.")
class SubmitExtraSessionsRequestError(UserError):
    code: SubmitExtraSessionsRequestErrorCode = strawberry.field(description="What a front end switches on.")


@strawberry.type(description="What came of it.")
class SubmitExtraSessionsRequestPayload:
    request: ExtraSessionsRequest | None = strawberry.field(description=REQUEST)
    user_errors: list[SubmitExtraSessionsRequestError] = strawberry.field(description=ERRORS)


@strawberry.mutation(
    description="Step one of two: validate and store a request on the appointment's parent case. Nobody is told "
    "yet; it waits 48 hours for `confirmExtraSessionsRequest`."
)
async def submit_extra_sessions_request(
    info: Info, input: Annotated[SubmitExtraSessionsRequestInput, strawberry.argument(description=INPUT)]
) -> SubmitExtraSessionsRequestPayload:
    command = SubmitRequest(
        appointment_id=input.appointment_id,
        requestor=input.requestor,
        sessions_requested=input.sessions_requested,
        date_of_request=input.date_of_request,
        goal_category=input.goal.category,
        goal_statement=input.goal.statement,
        pathway_kind=input.referral_pathway.kind,
        pathway_detail=input.referral_pathway.detail,
        client_consents=input.client_consents,
        idempotency_key=input.idempotency_key,
    )
    return await answer(
        info, submit_request, command, SubmitExtraSessionsRequestPayload, SubmitExtraSessionsRequestError
    )
