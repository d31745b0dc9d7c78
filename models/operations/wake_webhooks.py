"""Promises the sending of what has happened since: operations do not know that there are webhooks."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select

from models.clock import Clock
from models.database import Database
from models.event_log import head_of
from models.rules.webhooks import WebhookState
from models.tables import Job, WebhookEndpoint
from models.tables.job import JobState
from models.webhooks import SENDING, promise_sending

_ENABLED = WebhookEndpoint.state == WebhookState.ENABLED
_JOBS = select(Job.args, Job.state).where(Job.state.in_((JobState.READY, JobState.RUNNING)), Job.actor == SENDING)


@dataclass(frozen=True, slots=True)
class Woken:
    enabled: bool
    """Whether there is any webhook to wake."""
    busy: bool
    """Whether a job runs for one that was behind: it may have read the log before, and end without the rest."""


async def wake_webhooks(*, database: Database, clock: Clock) -> Woken:
    """Give each enabled webhook that is behind a job, unless it has one. Where none is, this only reads."""
    async with database.snapshot() as source:
        places = (await source.execute(select(WebhookEndpoint.id, WebhookEndpoint.position_seq).where(_ENABLED))).all()
        if not places:
            return Woken(enabled=False, busy=False)
        head = await head_of(source)
        jobs = {args["webhook_id"]: state for args, state in await source.execute(_JOBS)}
    behind = {place.id for place in places if place.position_seq is None or place.position_seq < head}
    if asleep := behind - jobs.keys():
        await _promise(asleep, database=database, clock=clock)
    return Woken(enabled=True, busy=any(jobs.get(each) is JobState.RUNNING for each in behind))


async def _promise(webhook_ids: Collection[str], *, database: Database, clock: Clock) -> None:
    async with database.transaction() as session:
        named = select(WebhookEndpoint.id).where(_ENABLED, WebhookEndpoint.id.in_(webhook_ids))
        for webhook_id in (await session.execute(named.order_by(WebhookEndpoint.id).with_for_update())).scalars():
            await promise_sending(session, webhook_id, at=clock.now())
