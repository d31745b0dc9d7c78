"""Change where a webhook's events are sent to, or which of them."""

from dataclasses import dataclass, replace

from models.actor import Actor
from models.clock import Clock
from models.database import Database
from models.idempotency import Repeatable, earlier_result, remember
from models.operations.webhook_view import view_of_webhook
from models.rules.access import check_is_staff
from models.rules.vocabulary import EventType
from models.rules.webhooks import WebhookState, check_types, check_url
from models.views.want import Want
from models.views.webhook import WebhookView
from models.webhooks import lock_webhook, open_target, promise_sending, seal_target


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeWebhook:
    webhook_id: str
    url: str | None = None
    """None: as it is."""
    types: tuple[EventType, ...] | None = None
    changes_types: bool = False
    """Whether ``types`` takes the place of what was there: None then lets every type through."""
    private: bool = False
    idempotency_key: str | None = None


async def change_webhook(
    command: ChangeWebhook, *, by: Actor, database: Database, clock: Clock, want: Want
) -> WebhookView:
    """Return it as it is from now on; what waits is tried at once. For staff. Locks the webhook."""
    now = clock.now()
    call = Repeatable("change_webhook", command)
    async with database.transaction() as session:
        check_is_staff(by.role)
        webhook = await lock_webhook(session, command.webhook_id)
        if await earlier_result(session, call, by=by, vault=database.vault) is None:
            if command.url is not None:
                check_url(command.url, private=command.private)
                target = replace(open_target(database.vault, webhook.id, webhook.sealed), url=command.url)
                webhook.sealed = seal_target(database.vault, webhook.id, target)
            if command.changes_types:
                check_types(command.types)
                webhook.types = None if command.types is None else [each.value for each in command.types]
            if webhook.state is WebhookState.ENABLED:
                await promise_sending(session, webhook.id, at=now, hurry=True)
            await remember(session, call, webhook.id, by=by, vault=database.vault, at=now)
        return await view_of_webhook(session, webhook.id, want, by=by, database=database, at=now)
