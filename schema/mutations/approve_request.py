"""Approve, as the schema has it."""

from enum import StrEnum
from typing import Annotated

import strawberry

from models.operations.approve_request import ApproveRequest, approve_request
from schema.context import Info
from schema.mutations.answering import ERRORS, INPUT, KEY, REQUEST, VERSION, answer, error_codes
from schema.types.errors import UserError
from schema.types.request import ExtraSessionsRequest


@error_codes
class ApproveExtraSessionsRequestErrorCode(StrEnum):
    STALE_VERSION = "STALE_VERSION"
    NOT_ALLOWED = "NOT_ALLOWED"
    NOT_FOUND = "NOT_FOUND"
    NOT_OPEN = "NOT_OPEN"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    ALREADY_DECIDED = "ALREADY_DECIDED"
    TOO_MANY_SESSIONS = "TOO_MANY_SESSIONS"
    NO_SESSIONS = "NO_SESSIONS"


@strawberry.input(description="Which request to approve, and for how many sessions.")
class ApproveExtraSessionsRequestInput:
    request_id: strawberry.ID = strawberry.field(description="The request's id.")
    sessions_granted: int | None = strawberry.field(
        default=None, description="At least 1; null grants all of `sessionsRequested`."
    )
    expected_version: int | None = strawberry.field(default=None, description=VERSION)
    idempotency_key: strawberry.ID | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="Why it was refused.")
class ApproveExtraSessionsRequestError(UserError):
    code: ApproveExtraSessionsRequestErrorCode = strawberry.field(description="What a front end switches on.")


@strawberry.type(description="What came of it.")
class ApproveExtraSessionsRequestPayload:
    request: ExtraSessionsRequest | None = strawberry.field(description=REQUEST)
    user_errors: list[ApproveExtraSessionsRequestError] = strawberry.field(description=ERRORS)


@strawberry.mutation(
    description="Grant all the sessions that were asked for, or fewer. The first decision wins: a second is refused "
    "with ALREADY_DECIDED. Consultant and client are told by e-mail."
)
async def approve_extra_sessions_request(
    info: Info, input: Annotated[ApproveExtraSessionsRequestInput, strawberry.argument(description=INPUT)]
) -> ApproveExtraSessionsRequestPayload:
    command = ApproveRequest(
        request_id=input.request_id,
        sessions_granted=input.sessions_granted,
        expected_version=input.expected_version,
        idempotency_key=input.idempotency_key,
    )
    return await answer(
        info, approve_request, command, ApproveExtraSessionsRequestPayload, ApproveExtraSessionsRequestError
    )
