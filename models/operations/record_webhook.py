"""Notes how far a webhook has come, or that it failed; one that fails for too long is switched off."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, update

from models.clock import Clock
from models.database import Database
from models.event_cursor import Position
from models.job_queue import backoff
from models.rules.webhooks import WebhookFailure, WebhookState, is_given_up
from models.staff_tasks import open_webhook_task
from models.tables import WebhookEndpoint
from models.webhooks import lock_webhook

_PAST_OTHERS: Final = (
    update(WebhookEndpoint)
    .where(
        WebhookEndpoint.id == bindparam("webhook_id"),
        WebhookEndpoint.state == WebhookState.ENABLED,
        WebhookEndpoint.position_seq.is_not_distinct_from(bindparam("from_seq")),
    )
    .values(position_seq=bindparam("to_seq"), position_at=bindparam("to_at"))
    .returning(WebhookEndpoint.id)
)
_PAST_SENT: Final = _PAST_OTHERS.values(failures=0, failing_since=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvanceWebhook:
    webhook_id: str
    start: Position
    """Where it was when the sending began."""
    end: Position
    sent: bool
    """Whether an event was taken over; else what lies between is not for this webhook."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailWebhook:
    webhook_id: str
    start: Position
    failure: WebhookFailure
    give_up: timedelta
    """After failing for so long it is switched off."""


@dataclass(frozen=True, slots=True)
class Failed:
    """What comes of a failure."""

    again_at: datetime | None
    """When to try again; None where nothing is to be sent any more."""
    switched_off: bool = False


async def advance_webhook(command: AdvanceWebhook, *, database: Database) -> bool:
    """Move its position; False, and nothing, where staff have moved or stopped it meanwhile.

    Comes before all who wait to write: what was sent can't be taken back.
    """
    values = {"to_seq": command.end.seq, "to_at": command.end.at}
    where = {"webhook_id": command.webhook_id, "from_seq": command.start.seq}
    return await database.write_down(_PAST_SENT if command.sent else _PAST_OTHERS, {**where, **values})


async def fail_webhook(command: FailWebhook, *, database: Database, clock: Clock) -> Failed:
    """Say when to try again, later each time; or switch it off, with a task for the staff. Locks the webhook."""
    now = clock.now()
    async with database.transaction() as session:
        webhook = await lock_webhook(session, command.webhook_id)
        if webhook.state is not WebhookState.ENABLED:
            return Failed(None)
        if webhook.position_seq != command.start.seq:
            return Failed(now)
        webhook.failures += 1
        webhook.failing_since = since = webhook.failing_since or now
        webhook.last_failure = command.failure
        if is_given_up(command.failure, since=since, at=now, after=command.give_up):
            webhook.state = WebhookState.SWITCHED_OFF
            await open_webhook_task(session, webhook.id, at=now)
            return Failed(None, switched_off=True)
        return Failed(now + backoff(webhook.failures))
