"""Switch a webhook on or off, as the schema has it."""

from enum import StrEnum
from typing import Annotated

import strawberry

from models.operations import switch_webhook as switching
from schema.context import Info
from schema.mutations.answering import ERRORS, INPUT, KEY, WEBHOOK, answer, error_codes
from schema.types.errors import UserError
from schema.types.webhook import WebhookEndpoint


@error_codes
class SwitchWebhookErrorCode(StrEnum):
    NOT_ALLOWED = "NOT_ALLOWED"
    NOT_FOUND = "NOT_FOUND"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"


@strawberry.input(description="Which webhook, and how it is to stand.")
class SwitchWebhookInput:
    webhook_id: strawberry.ID = strawberry.field(description="The webhook's id.")
    on: bool = strawberry.field(description="Whether events are to be sent.")
    idempotency_key: strawberry.ID | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="Why it was refused.")
class SwitchWebhookError(UserError):
    code: SwitchWebhookErrorCode = strawberry.field(description="What a front end switches on.")


@strawberry.type(description="What came of it.")
class SwitchWebhookPayload:
    webhook: WebhookEndpoint | None = strawberry.field(description=WEBHOOK)
    user_errors: list[SwitchWebhookError] = strawberry.field(description=ERRORS)


@strawberry.mutation(
    description="Switch a webhook on, or off; for the provider's staff. Off, it keeps its place; on, it goes on from "
    "there, and has its whole time again before it is given up. Either way a task about it is done."
)
async def switch_webhook(
    info: Info, input: Annotated[SwitchWebhookInput, strawberry.argument(description=INPUT)]
) -> SwitchWebhookPayload:
    command = switching.SwitchWebhook(
        webhook_id=input.webhook_id,
        on=input.on,
        idempotency_key=input.idempotency_key,
    )
    return await answer(info, switching.switch_webhook, command, SwitchWebhookPayload, SwitchWebhookError, of="webhook")
