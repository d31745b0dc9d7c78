"""Reconsider, as the schema has it."""

from datetime import date
from enum import StrEnum
from typing import Annotated

import strawberry

from models.operations.reconsider_request import ReconsiderRequest, reconsider_request
from models.rules.vocabulary import Requestor
from schema.context import Info
from schema.mutations.answering import ERRORS, INPUT, KEY, answer, error_codes
from schema.mutations.answers import GoalInput, ReferralPathwayInput
from schema.types.errors import UserError
from schema.types.request import ExtraSessionsRequest


@error_codes
class ReconsiderExtraSessionsRequestErrorCode(StrEnum):
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
    NOTHING_REFUSED = "NOTHING_REFUSED"
    ALREADY_RECONSIDERED = "ALREADY_RECONSIDERED"
    TOO_LATE = "TOO_LATE"
    NOT_ALLOWED = "NOT_ALLOWED"
    NOT_FOUND = "NOT_FOUND"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"


@strawberry.input(description="Which outcome to reconsider, and the form's answers, given anew.")
class ReconsiderExtraSessionsRequestInput:
    request_id: strawberry.ID = strawberry.field(description="The decided request's id.")
    requestor: Requestor = strawberry.field(default=Requestor.CONSULTANT, description="Only CONSULTANT is accepted.")
    sessions_requested: int = strawberry.field(
        description="From 1 to as many as were refused, and the form's `maximumSessions`."
    )
    date_of_request: date = strawberry.field(description="Today, where you are: the form's `dateOfRequest`.")
    goal: GoalInput = strawberry.field(description="What the sessions are for.")
    referral_pathway: ReferralPathwayInput = strawberry.field(description="What follows the EAP.")
    client_consents: bool = strawberry.field(description="Your declaration that the client consents; must be true.")
    idempotency_key: strawberry.ID | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="Why it was refused.")
class ReconsiderExtraSessionsRequestError(UserError):
    code: ReconsiderExtraSessionsRequestErrorCode = strawberry.field(description="What a front end switches on.")


@strawberry.type(description="What came of it.")
class ReconsiderExtraSessionsRequestPayload:
    request: ExtraSessionsRequest | None = strawberry.field(
        description="The new request, for your eyes; null where it was refused."
    )
    user_errors: list[ReconsiderExtraSessionsRequestError] = strawberry.field(description=ERRORS)


@strawberry.mutation(
    description="Ask once more for sessions that an outcome refused, within ten business days of the organisation's "
    "after it. Makes a new request, `reconsiderationOf` the decided one, that waits 48 hours for "
    "`confirmExtraSessionsRequest` and goes the full path; to the organisation it is a request like any other."
)
async def reconsider_extra_sessions_request(
    info: Info, input: Annotated[ReconsiderExtraSessionsRequestInput, strawberry.argument(description=INPUT)]
) -> ReconsiderExtraSessionsRequestPayload:
    command = ReconsiderRequest(
        request_id=input.request_id,
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
        info, reconsider_request, command, ReconsiderExtraSessionsRequestPayload, ReconsiderExtraSessionsRequestError
    )
