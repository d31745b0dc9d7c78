"""Have a webhook's events sent again from a place on, or some left out."""

from dataclasses import dataclass
from datetime import timedelta

from models.actor import Actor
from models.clock import Clock
from models.database import Database
from models.event_cursor import Position, position_of
from models.event_log import head_of
from models.idempotency import Repeatable, earlier_result, remember
from models.operations.performing import reading_in
from models.operations.webhook_view import view_of_webhook
from models.queries.events import begin
from models.queries.webhooks import account_behind
from models.rules.access import check_is_staff
from models.rules.replay import check_replayable
from models.rules.webhooks import ReplayStart, WebhookState
from models.views.want import Want
from models.views.webhook import WebhookView
from models.webhooks import lock_webhook, promise_sending


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayWebhook:
    webhook_id: str
    after: str | None = None
    """A cursor of the webhook's own scope."""
    start: ReplayStart | None = None
    """Counts where there is no cursor; None as well is NOW."""
    replay_days: int
    """How far back this deployment's events can be replayed."""
    idempotency_key: str | None = None


async def replay_webhook(
    command: ReplayWebhook, *, by: Actor, database: Database, clock: Clock, want: Want
) -> WebhookView:
    """Return it at its new place; each event has the message id that it had before. For staff. Locks the webhook.

    One that is off stays off. Raises Malformed or CursorExpired for a cursor that does not do.
    """
    now = clock.now()
    call, window = Repeatable("replay_webhook", command), timedelta(days=command.replay_days)
    async with database.transaction() as session:
        check_is_staff(by.role)
        webhook = await lock_webhook(session, command.webhook_id)
        if await earlier_result(session, call, by=by, vault=database.vault) is None:
            reading = reading_in(session, by=by, database=database, at=now)
            if command.after is not None:
                account = await account_behind(reading, webhook.account_id)
                place = position_of(database.vault, account, command.after)
                check_replayable(place.at, now=now, window=window)
            elif command.start is ReplayStart.EARLIEST:
                place = begin(reading, window)
            else:
                place = Position(await head_of(session), now)
            webhook.position_seq, webhook.position_at = place
            webhook.failures, webhook.failing_since = 0, None
            if webhook.state is WebhookState.ENABLED:
                await promise_sending(session, webhook.id, at=now, hurry=True)
            await remember(session, call, webhook.id, by=by, vault=database.vault, at=now)
        return await view_of_webhook(session, webhook.id, want, by=by, database=database, at=now)
