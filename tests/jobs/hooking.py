"""What the tests of webhooks' sending share: an endpoint on this machine, and the job as a test's one line."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import Row
from standardwebhooks import Webhook

from jobs.actor import JobContext, Postponed
from jobs.deliver_webhooks import deliver_webhooks
from jobs.webhook_line import Lines
from models.actor import Actor
from tests.builders import World
from tests.jobs.receiving import Received, Receiver
from tests.jobs.workshop import surroundings
from tests.operations.hooking import register, the_hook


def context_of(world: World, **options: Any) -> JobContext:
    """Return a worker's surroundings; ``options`` are the lines'."""
    return replace(surroundings(world.database, world.clock), webhooks=Lines(**{"private": True, **options}))


async def hooked(world: World, receiver: Receiver, *, of: Actor | None = None, **options: Any) -> tuple[str, str]:
    """Register a webhook that leads to this receiver; return its id and its secret."""
    view = await register(world, of=of, url=receiver.url(), private=True, **options)
    return view.id, str(view.secret)


async def deliver(world: World, webhook_id: str, **options: Any) -> timedelta | None:
    """Run the job once; return after how long it asks to be run again, None where it is done."""
    try:
        await deliver_webhooks.run(context_of(world, **options), webhook_id=webhook_id)
    except Postponed as postponed:
        return postponed.until - world.clock.now()
    return None


def verified(request: Received, secret: str) -> Any:
    """Return what was sent, once somebody else's verifier has accepted it; it goes by the machine's own clock."""
    return Webhook(secret).verify(request.body, request.headers)


def types_of(receiver: Receiver) -> list[str]:
    return [orjson.loads(each.body)["type"] for each in receiver.received]


async def hook_of(world: World) -> Row[Any]:
    return await the_hook(world.database)


async def soon(receiver: Receiver, number: int, *, seconds: float = 15.0) -> None:
    """Wait until so many requests have come."""
    async with asyncio.timeout(seconds):
        while len(receiver.received) < number:
            receiver.more.clear()
            await receiver.more.wait()
