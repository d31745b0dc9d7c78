"""Decline, as the schema has it."""

from enum import StrEnum
from typing import Annotated

import strawberry

from models.operations.decline_request import DeclineRequest, decline_request
from models.rules.vocabulary import DeclineReason
from schema.context import Info
from schema.mutations.answering import ERRORS, INPUT, KEY, REQUEST, VERSION, answer, error_codes
from schema.types.errors import UserError
from schema.types.request import ExtraSessionsRequest


@error_codes
class DeclineExtraSessionsRequestErrorCode(StrEnum):
    STALE_VERSION = "STALE_VERSION"
    NOT_ALLOWED = "NOT_ALLOWED"
    NOT_FOUND = "NOT_FOUND"
    NOT_OPEN = "NOT_OPEN"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    ALREADY_DECIDED = "ALREADY_DECIDED"


@strawberry.input(description="Which request to decline, and why.")
class DeclineExtraSessionsRequestInput:
    request_id: strawberry.ID = strawberry.field(description="The request's id.")
    reason: DeclineReason = strawberry.field(description="From the list; there is no free text.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)
    idempotency_key: strawberry.ID | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="Why it was refused.")
class DeclineExtraSessionsRequestError(UserError):
    code: DeclineExtraSessionsRequestErrorCode = strawberry.field(description="What a front end switches on.")


@strawberry.type(description="What came of it.")
class DeclineExtraSessionsRequestPayload:
    request: ExtraSessionsRequest | None = strawberry.field(description=REQUEST)
    user_errors: list[DeclineExtraSessionsRequestError] = strawberry.field(description=ERRORS)


@strawberry.mutation(
    description="Refuse the request, with a reason from the list. The first decision wins: a second one is refused "
    "with ALREADY_DECIDED. Consultant and client are told by e-mail."
)
async def decline_extra_sessions_request(
    info: Info, input: Annotated[DeclineExtraSessionsRequestInput, strawberry.argument(description=INPUT)]
) -> DeclineExtraSessionsRequestPayload:
    command = DeclineRequest(
        request_id=input.request_id,
        reason=input.reason,
        expected_version=input.expected_version,
        idempotency_key=input.idempotency_key,
    )
    return await answer(
        info, decline_request, command, DeclineExtraSessionsRequestPayload, DeclineExtraSessionsRequestError
    )
