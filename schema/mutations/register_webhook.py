"""Register a webhook, as the schema has it."""

from enum import StrEnum
from typing import Annotated, Any

import strawberry

from models.operations import register_webhook as registering
from models.rules.vocabulary import EventType
from schema.context import Info
from schema.mutations.answering import ERRORS, INPUT, KEY, WEBHOOK, answer, error_codes
from schema.types.errors import UserError
from schema.types.webhook import WebhookEndpoint


@error_codes
class RegisterWebhookErrorCode(StrEnum):
    NOT_ALLOWED = "NOT_ALLOWED"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    URL_INVALID = "URL_INVALID"
    ACCOUNT_UNFIT = "ACCOUNT_UNFIT"
    TYPES_MISSING = "TYPES_MISSING"


@strawberry.input(description="A new webhook.")
class RegisterWebhookInput:
    url: str = strawberry.field(
        description="Where to POST events: an absolute https URL of the public internet, without user, password and "
        "fragment, at most 2,048 characters. It may hold a token in its path or query."
    )
    account: str = strawberry.field(
        description="The sign-in name of the machine account (INTEGRATOR) whose events are sent: its scope, and what "
        "is masked from it, are the webhook's."
    )
    types: list[EventType] | None = strawberry.field(
        default=None, description="Only events of these types, as the account sees them; null is every type."
    )
    idempotency_key: strawberry.ID | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="Why it was refused.")
class RegisterWebhookError(UserError):
    code: RegisterWebhookErrorCode = strawberry.field(description="What a front end switches on.")


@strawberry.type(description="What came of it.")
class RegisterWebhookPayload:
    webhook: WebhookEndpoint | None = strawberry.field(description=WEBHOOK)
    secret: str | None = strawberry.field(
        description="What signs what is sent, `whsec_...`: give it to the endpoint's owner. Shown this once: null "
        "where it was refused, and in the answer to a repeated call."
    )
    user_errors: list[RegisterWebhookError] = strawberry.field(description=ERRORS)


def _payload(webhook: Any, user_errors: list[RegisterWebhookError]) -> RegisterWebhookPayload:
    secret = None if webhook is None else webhook.secret
    return RegisterWebhookPayload(webhook=webhook, secret=secret, user_errors=user_errors)


@strawberry.mutation(
    description="Send a machine account's events to its owner's endpoint, from now on; for the provider's staff. "
    "Answers the secret that signs them, once."
)
async def register_webhook(
    info: Info, input: Annotated[RegisterWebhookInput, strawberry.argument(description=INPUT)]
) -> RegisterWebhookPayload:
    command = registering.RegisterWebhook(
        url=input.url,
        account=input.account,
        types=None if input.types is None else tuple(input.types),
        private=info.context.private_webhooks,
        idempotency_key=input.idempotency_key,
    )
    return await answer(info, registering.register_webhook, command, _payload, RegisterWebhookError, of="webhook")
