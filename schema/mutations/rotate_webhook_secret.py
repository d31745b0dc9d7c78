"""Give a webhook a new secret, as the schema has it."""

from enum import StrEnum
from typing import Annotated, Any

import strawberry

from models.operations import rotate_webhook_secret as rotating
from schema.context import Info
from schema.mutations.answering import ERRORS, INPUT, KEY, WEBHOOK, answer, error_codes
from schema.types.errors import UserError
from schema.types.webhook import WebhookEndpoint


@error_codes
class RotateWebhookSecretErrorCode(StrEnum):
    NOT_ALLOWED = "NOT_ALLOWED"
    NOT_FOUND = "NOT_FOUND"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"


@strawberry.input(description="Which webhook's secret.")
class RotateWebhookSecretInput:
    webhook_id: strawberry.ID = strawberry.field(description="The webhook's id.")
    idempotency_key: strawberry.ID | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="Why it was refused.")
class RotateWebhookSecretError(UserError):
    code: RotateWebhookSecretErrorCode = strawberry.field(description="What a front end switches on.")


@strawberry.type(description="What came of it.")
class RotateWebhookSecretPayload:
    webhook: WebhookEndpoint | None = strawberry.field(description=WEBHOOK)
    secret: str | None = strawberry.field(
        description="What signs what is sent, `whsec_...`: give it to the endpoint's owner. Shown this once: null "
        "where it was refused, and in the answer to a repeated call."
    )
    user_errors: list[RotateWebhookSecretError] = strawberry.field(description=ERRORS)


def _payload(webhook: Any, user_errors: list[RotateWebhookSecretError]) -> RotateWebhookSecretPayload:
    secret = None if webhook is None else webhook.secret
    return RotateWebhookSecretPayload(webhook=webhook, secret=secret, user_errors=user_errors)


@strawberry.mutation(
    description="Give a webhook a new secret; for the provider's staff. For 24 hours the old one signs too, beside "
    "it: whoever verifies with either accepts what is sent. Answers the new secret, once."
)
async def rotate_webhook_secret(
    info: Info, input: Annotated[RotateWebhookSecretInput, strawberry.argument(description=INPUT)]
) -> RotateWebhookSecretPayload:
    command = rotating.RotateWebhookSecret(
        webhook_id=input.webhook_id,
        idempotency_key=input.idempotency_key,
    )
    return await answer(info, rotating.rotate_webhook_secret, command, _payload, RotateWebhookSecretError, of="webhook")
