"""Withdraw, as the schema has it."""

from enum import StrEnum
from typing import Annotated

import strawberry

from models.operations.withdraw_request import WithdrawRequest, withdraw_request
from schema.context import Info
from schema.mutations.answering import ERRORS, INPUT, KEY, REQUEST, VERSION, answer, error_codes
from schema.types.errors import UserError
from schema.types.request import ExtraSessionsRequest


@error_codes
class WithdrawExtraSessionsRequestErrorCode(StrEnum):
    STALE_VERSION = "STALE_VERSION"
    NOT_ALLOWED = "NOT_ALLOWED"
    NOT_FOUND = "NOT_FOUND"
    NOT_OPEN = "NOT_OPEN"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"


@strawberry.input(description="Which request to take back.")
class WithdrawExtraSessionsRequestInput:
    request_id: strawberry.ID = strawberry.field(description="The request's id.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)
    idempotency_key: strawberry.ID | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="Why it was refused.")
class WithdrawExtraSessionsRequestError(UserError):
    code: WithdrawExtraSessionsRequestErrorCode = strawberry.field(description="What a front end switches on.")


@strawberry.type(description="What came of it.")
class WithdrawExtraSessionsRequestPayload:
    request: ExtraSessionsRequest | None = strawberry.field(description=REQUEST)
    user_errors: list[WithdrawExtraSessionsRequestError] = strawberry.field(description=ERRORS)


@strawberry.mutation(description="Take an open request back. For consultants and provider staff.")
async def withdraw_extra_sessions_request(
    info: Info, input: Annotated[WithdrawExtraSessionsRequestInput, strawberry.argument(description=INPUT)]
) -> WithdrawExtraSessionsRequestPayload:
    command = WithdrawRequest(
        request_id=input.request_id,
        expected_version=input.expected_version,
        idempotency_key=input.idempotency_key,
    )
    return await answer(
        info, withdraw_request, command, WithdrawExtraSessionsRequestPayload, WithdrawExtraSessionsRequestError
    )
