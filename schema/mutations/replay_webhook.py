"""Replay a webhook, as the schema has it."""

from enum import StrEnum
from typing import Annotated

import strawberry

from models.operations import replay_webhook as replaying
from models.rules.webhooks import ReplayStart
from schema.context import Info
from schema.mutations.answering import ERRORS, INPUT, KEY, WEBHOOK, answer, error_codes
from schema.types.errors import UserError
from schema.types.webhook import WebhookEndpoint


@error_codes
class ReplayWebhookErrorCode(StrEnum):
    NOT_ALLOWED = "NOT_ALLOWED"
    NOT_FOUND = "NOT_FOUND"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    CURSOR_EXPIRED = "CURSOR_EXPIRED"


@strawberry.input(one_of=True, description="Name a place by exactly one of these.")
class ReplayPlace:
    cursor: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Behind this cursor: an event's `data.cursor`, the webhook's `position`, or one of `events` as "
        "an account of the same scope got it.",
    )
    start: ReplayStart | None = strawberry.field(default=strawberry.UNSET, description="Where there is no cursor.")


@strawberry.input(description="Which webhook, and from where it goes on.")
class ReplayWebhookInput:
    webhook_id: strawberry.ID = strawberry.field(description="The webhook's id.")
    from_: ReplayPlace = strawberry.field(name="from", description="The place.")
    idempotency_key: strawberry.ID | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="Why it was refused.")
class ReplayWebhookError(UserError):
    code: ReplayWebhookErrorCode = strawberry.field(description="What a front end switches on.")


@strawberry.type(description="What came of it.")
class ReplayWebhookPayload:
    webhook: WebhookEndpoint | None = strawberry.field(description=WEBHOOK)
    user_errors: list[ReplayWebhookError] = strawberry.field(description=ERRORS)


@strawberry.mutation(
    description="Have a webhook's events sent again from a place on, or what waits left out; for the provider's "
    "staff. An event that is sent again has the `webhook-id` that it had. One that is off stays off, at its new "
    "place."
)
async def replay_webhook(
    info: Info, input: Annotated[ReplayWebhookInput, strawberry.argument(description=INPUT)]
) -> ReplayWebhookPayload:
    command = replaying.ReplayWebhook(
        webhook_id=input.webhook_id,
        after=input.from_.cursor or None,
        start=input.from_.start or None,
        replay_days=info.context.replay.days,
        idempotency_key=input.idempotency_key,
    )
    return await answer(info, replaying.replay_webhook, command, ReplayWebhookPayload, ReplayWebhookError, of="webhook")
