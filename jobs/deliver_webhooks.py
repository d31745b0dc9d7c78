"""Sends a webhook's events, one after the other: each is taken over before the next one leaves."""

import asyncio
from datetime import timedelta
from typing import Final

import structlog

from jobs.actor import JobContext, Postponed, actor
from jobs.pulse import WEBHOOK_SENDINGS, WEBHOOKS_SWITCHED_OFF
from jobs.webhook_body import WANT, write_body
from jobs.webhook_line import Line
from jobs.webhook_signing import signed_headers
from models.event_cursor import Position
from models.operations.record_webhook import AdvanceWebhook, FailWebhook, advance_webhook, fail_webhook
from models.queries.webhook_stretch import Owed, OwedEvent, read_owed
from models.rules.webhooks import WebhookFailure

_PAGE: Final = 50
_TURN: Final = 5.0
"""Seconds after which others come first: a webhook may have days of events to catch up with."""

_UNTIL_ROOM: Final = timedelta(seconds=1)

_log = structlog.get_logger()


@actor(time_limit=timedelta(minutes=2))
async def deliver_webhooks(context: JobContext, *, webhook_id: str) -> None:
    """Send what is owed. Raises Postponed where a sending failed, until it is tried again, or where there is more.

    It takes no transaction along to the network. Killed, it has sent at most one event that is sent once more.
    """
    with context.sending.place() as taken:
        if not taken:
            raise Postponed(context.clock.now() + _UNTIL_ROOM)
        await _take_turn(context, webhook_id)


async def _take_turn(context: JobContext, webhook_id: str) -> None:
    turn_ends = asyncio.get_running_loop().time() + _TURN
    while True:
        now = context.clock.now()
        owed = await read_owed(webhook_id, WANT, database=context.database, at=now, most=_PAGE)
        if owed is None:
            return
        if owed.account is None:
            await _fail(context, webhook_id, owed.start, WebhookFailure.ACCOUNT_DISABLED)
            return
        if not await _send(context, webhook_id, owed, turn_ends=turn_ends):
            raise Postponed(now)
        if owed.end is not None:
            return


async def _send(context: JobContext, webhook_id: str, owed: Owed, *, turn_ends: float) -> bool:
    """Say whether all of it was sent: no longer where staff have moved the webhook, or its turn has ended."""
    loop, place = asyncio.get_running_loop(), owed.start
    async with context.webhooks.to(owed.target.url) as line:
        for event in owed.events:
            if loop.time() >= turn_ends:
                return False
            failure = await _post(context, line, owed, event)
            WEBHOOK_SENDINGS.labels("sent" if failure is None else failure.value.lower()).inc()
            if failure is not None:
                await _fail(context, webhook_id, place, failure)
                return True
            if not await _advance(context, webhook_id, place, event.position, sent=True):
                return False
            place = event.position
    if owed.end is None or owed.end.seq == place.seq:
        return True
    return await _advance(context, webhook_id, place, owed.end, sent=False)


async def _post(context: JobContext, line: Line, owed: Owed, event: OwedEvent) -> WebhookFailure | None:
    body, now = write_body(event), context.clock.now()
    return await line.post(body, signed_headers(event.message_id, body, owed.target.secrets(now), at=now))


async def _advance(context: JobContext, webhook_id: str, start: Position, end: Position, *, sent: bool) -> bool:
    command = AdvanceWebhook(webhook_id=webhook_id, start=start, end=end, sent=sent)
    return await advance_webhook(command, database=context.database)


async def _fail(context: JobContext, webhook_id: str, start: Position, failure: WebhookFailure) -> None:
    """Raise Postponed until it is worth another try; return where there is none."""
    command = FailWebhook(webhook_id=webhook_id, start=start, failure=failure, give_up=context.give_up_webhooks)
    failed = await fail_webhook(command, database=context.database, clock=context.clock)
    if failed.switched_off:
        WEBHOOKS_SWITCHED_OFF.inc()
        _log.warning("webhook switched off", webhook_id=webhook_id, failure=failure.value)
    if failed.again_at is not None:
        raise Postponed(failed.again_at)
