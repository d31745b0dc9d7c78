"""Switch a webhook on, or off: while it is off nothing is sent, and it keeps its place."""

from dataclasses import dataclass

from models.actor import Actor
from models.clock import Clock
from models.database import Database
from models.idempotency import Repeatable, earlier_result, remember
from models.operations.webhook_view import view_of_webhook
from models.rules.access import check_is_staff
from models.rules.webhooks import WebhookState
from models.staff_tasks import end_webhook_task
from models.views.want import Want
from models.views.webhook import WebhookView
from models.webhooks import lock_webhook, promise_sending


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchWebhook:
    webhook_id: str
    on: bool
    idempotency_key: str | None = None


async def switch_webhook(
    command: SwitchWebhook, *, by: Actor, database: Database, clock: Clock, want: Want
) -> WebhookView:
    """Return it as it is from now on; either way the staff's task about it is done. For staff. Locks the webhook.

    Switched on, it goes on where it stopped, and has its whole time again before it is given up.
    """
    now = clock.now()
    call = Repeatable("switch_webhook", command)
    async with database.transaction() as session:
        check_is_staff(by.role)
        webhook = await lock_webhook(session, command.webhook_id)
        if await earlier_result(session, call, by=by, vault=database.vault) is None:
            webhook.state = WebhookState.ENABLED if command.on else WebhookState.DISABLED
            webhook.failures, webhook.failing_since = 0, None
            if command.on:
                await promise_sending(session, webhook.id, at=now, hurry=True)
            await end_webhook_task(session, webhook.id, at=now, by=by.account_id)
            await remember(session, call, webhook.id, by=by, vault=database.vault, at=now)
        return await view_of_webhook(session, webhook.id, want, by=by, database=database, at=now)
