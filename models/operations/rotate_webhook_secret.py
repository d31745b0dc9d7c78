"""Give a webhook a new secret; the old one signs beside it for a day, so that nothing is refused meanwhile."""

from dataclasses import dataclass

from models.actor import Actor
from models.clock import Clock
from models.database import Database
from models.idempotency import Repeatable, earlier_result, remember
from models.operations.webhook_view import view_of_webhook
from models.rules.access import check_is_staff
from models.views.want import Want
from models.views.webhook import WebhookView
from models.webhooks import lock_webhook, open_target, seal_target, shown


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateWebhookSecret:
    webhook_id: str
    idempotency_key: str | None = None


async def rotate_webhook_secret(
    command: RotateWebhookSecret, *, by: Actor, database: Database, clock: Clock, want: Want
) -> WebhookView:
    """Return it with the new secret, which is never shown again: a repeated call gives it without. For staff.

    An older secret than the last one ends at once. Locks the webhook.
    """
    now = clock.now()
    call = Repeatable("rotate_webhook_secret", command)
    async with database.transaction() as session:
        check_is_staff(by.role)
        webhook = await lock_webhook(session, command.webhook_id)
        secret = None
        if await earlier_result(session, call, by=by, vault=database.vault) is None:
            target = open_target(database.vault, webhook.id, webhook.sealed).rotated(now)
            webhook.sealed = seal_target(database.vault, webhook.id, target)
            secret = shown(target.secret)
            await remember(session, call, webhook.id, by=by, vault=database.vault, at=now)
        view = await view_of_webhook(session, webhook.id, want, by=by, database=database, at=now)
        view.secret = secret
        return view
