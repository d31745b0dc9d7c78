"""Confirm a relay, as the schema has it."""

from enum import StrEnum
from typing import Annotated

import strawberry

from models.operations import confirm_relay as confirming
from schema.context import Info
from schema.mutations.answering import ERRORS, INPUT, KEY, REQUEST, VERSION, answer, error_codes
from schema.types.errors import UserError
from schema.types.request import ExtraSessionsRequest


@error_codes
class ConfirmRelayErrorCode(StrEnum):
    STALE_VERSION = "STALE_VERSION"
    NOT_ALLOWED = "NOT_ALLOWED"
    NOT_FOUND = "NOT_FOUND"
    NOT_OPEN = "NOT_OPEN"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    ALREADY_RELAYED = "ALREADY_RELAYED"


@strawberry.input(description="Whose outcome has reached both parties.")
class ConfirmRelayInput:
    request_id: strawberry.ID = strawberry.field(description="The request's id.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)
    idempotency_key: strawberry.ID | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="Why it was refused.")
class ConfirmRelayError(UserError):
    code: ConfirmRelayErrorCode = strawberry.field(description="What a front end switches on.")


@strawberry.type(description="What came of it.")
class ConfirmRelayPayload:
    request: ExtraSessionsRequest | None = strawberry.field(description=REQUEST)
    user_errors: list[ConfirmRelayError] = strawberry.field(description=ERRORS)


@strawberry.mutation(
    description="Note that you have told consultant and client the outcome, where an e-mail could not. For the "
    "provider's staff, once there is an outcome: it meets the RELAY deadline and ends the task RELAY."
)
async def confirm_relay(
    info: Info, input: Annotated[ConfirmRelayInput, strawberry.argument(description=INPUT)]
) -> ConfirmRelayPayload:
    command = confirming.ConfirmRelay(
        request_id=input.request_id,
        expected_version=input.expected_version,
        idempotency_key=input.idempotency_key,
    )
    return await answer(info, confirming.confirm_relay, command, ConfirmRelayPayload, ConfirmRelayError)
