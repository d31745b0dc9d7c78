"""Promises the sending of what has happened since: operations do not know that there are webhooks."""

from dataclasses import dataclass

from sqlalchemy import func, select

from models.clock import Clock
from models.database import Database
from models.rules.vocabulary import WebhookState
from models.tables import WebhookEndpoint
from models.tables.event import EventHead
from models.webhooks import promise_sending

_ENABLED = WebhookEndpoint.state == WebhookState.ENABLED


@dataclass(frozen=True, slots=True)
class Woken:
    head: int
    """The newest event's number when this was looked at."""
    enabled: bool
    """Whether there is any webhook to wake."""
    behind: bool
    """Whether one of them was behind the head."""


async def wake_webhooks(*, database: Database, clock: Clock) -> Woken:
    """Give each enabled webhook that is behind a job, unless it has one. Without one, this is one small read."""
    enabled = select(WebhookEndpoint.id).where(_ENABLED).exists()
    lowest = select(func.min(WebhookEndpoint.position_seq)).where(_ENABLED).scalar_subquery()
    async with database.glance() as source:
        head, any_enabled, least = (await source.execute(select(EventHead.seq, enabled, lowest))).one()
    behind = least is not None and least < head
    if behind:
        await _promise(head, database=database, clock=clock)
    return Woken(head, enabled=bool(any_enabled), behind=behind)


async def _promise(head: int, *, database: Database, clock: Clock) -> None:
    async with database.transaction() as session:
        late = select(WebhookEndpoint.id).where(_ENABLED, WebhookEndpoint.position_seq < head)
        for webhook_id in (await session.execute(late.order_by(WebhookEndpoint.id).with_for_update())).scalars():
            await promise_sending(session, webhook_id, at=clock.now())
