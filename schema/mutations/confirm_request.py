"""Confirm, as the schema has it."""

from enum import StrEnum
from typing import Annotated

import strawberry

from models.operations.confirm_request import ConfirmRequest, confirm_request
from schema.context import Info
from schema.mutations.answering import ERRORS, INPUT, KEY, REQUEST, VERSION, answer, error_codes
from schema.types.errors import UserError
from schema.types.request import ExtraSessionsRequest


@error_codes
class ConfirmExtraSessionsRequestErrorCode(StrEnum):
    STALE_VERSION = "STALE_VERSION"
    NOT_ALLOWED = "NOT_ALLOWED"
    NOT_FOUND = "NOT_FOUND"
    NOT_OPEN = "NOT_OPEN"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    ALREADY_CONFIRMED = "ALREADY_CONFIRMED"
    CASE_CLOSED = "CASE_CLOSED"
    TOO_MANY_SESSIONS = "TOO_MANY_SESSIONS"
    NO_SESSIONS = "NO_SESSIONS"


@strawberry.input(description="Which request to send.")
class ConfirmExtraSessionsRequestInput:
    request_id: strawberry.ID = strawberry.field(description="The request's id.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)
    idempotency_key: strawberry.ID | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="Why it was refused.")
class ConfirmExtraSessionsRequestError(UserError):
    code: ConfirmExtraSessionsRequestErrorCode = strawberry.field(description="What a front end switches on.")


@strawberry.type(description="What came of it.")
class ConfirmExtraSessionsRequestPayload:
    request: ExtraSessionsRequest | None = strawberry.field(description=REQUEST)
    user_errors: list[ConfirmExtraSessionsRequestError] = strawberry.field(description=ERRORS)


@strawberry.mutation(
    description="Step two of two: send a submitted request on. The organisation's clock starts, or a clinical review "
    "comes first: see `request.status`. From here the case carries a booking hold."
)
async def confirm_extra_sessions_request(
    info: Info, input: Annotated[ConfirmExtraSessionsRequestInput, strawberry.argument(description=INPUT)]
) -> ConfirmExtraSessionsRequestPayload:
    command = ConfirmRequest(
        request_id=input.request_id,
        expected_version=input.expected_version,
        idempotency_key=input.idempotency_key,
    )
    return await answer(
        info, confirm_request, command, ConfirmExtraSessionsRequestPayload, ConfirmExtraSessionsRequestError
    )
