"""Change a webhook, as the schema has it."""

from enum import StrEnum
from typing import Annotated

import strawberry

from models.operations import change_webhook as changing
from models.rules.vocabulary import EventType
from schema.context import Info
from schema.mutations.answering import ERRORS, INPUT, KEY, WEBHOOK, answer, error_codes
from schema.types.errors import UserError
from schema.types.webhook import WebhookEndpoint


@error_codes
class ChangeWebhookErrorCode(StrEnum):
    NOT_ALLOWED = "NOT_ALLOWED"
    NOT_FOUND = "NOT_FOUND"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    URL_INVALID = "URL_INVALID"
    TYPES_MISSING = "TYPES_MISSING"


@strawberry.input(description="What to change; what is left out stays as it is.")
class ChangeWebhookInput:
    webhook_id: strawberry.ID = strawberry.field(description="The webhook's id.")
    url: str | None = strawberry.field(
        default=None, description="As `registerWebhook` takes it; null leaves it as it is."
    )
    types: list[EventType] | None = strawberry.field(
        default=strawberry.UNSET, description="Only events of these types; null is every type. Left out, it stays."
    )
    idempotency_key: strawberry.ID | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="Why it was refused.")
class ChangeWebhookError(UserError):
    code: ChangeWebhookErrorCode = strawberry.field(description="What a front end switches on.")


@strawberry.type(description="What came of it.")
class ChangeWebhookPayload:
    webhook: WebhookEndpoint | None = strawberry.field(description=WEBHOOK)
    user_errors: list[ChangeWebhookError] = strawberry.field(description=ERRORS)


@strawberry.mutation(
    description="Change where a webhook's events are sent to, or which of them; for the provider's staff. It keeps "
    "its place and its secret, and what waits is tried at once."
)
async def change_webhook(
    info: Info, input: Annotated[ChangeWebhookInput, strawberry.argument(description=INPUT)]
) -> ChangeWebhookPayload:
    command = changing.ChangeWebhook(
        webhook_id=input.webhook_id,
        url=input.url,
        types=tuple(input.types) if isinstance(input.types, list) else None,
        changes_types=input.types is not strawberry.UNSET,
        private=info.context.private_webhooks,
        idempotency_key=input.idempotency_key,
    )
    return await answer(info, changing.change_webhook, command, ChangeWebhookPayload, ChangeWebhookError, of="webhook")
