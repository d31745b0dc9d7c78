"""Each operation on webhooks as a test's one line, and a look at their rows."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from models import tables
from models.actor import Actor
from models.database import Database
from models.event_cursor import Position
from models.operations.change_webhook import ChangeWebhook, change_webhook
from models.operations.record_webhook import AdvanceWebhook, Failed, FailWebhook, advance_webhook, fail_webhook
from models.operations.register_webhook import RegisterWebhook, register_webhook
from models.operations.replay_webhook import ReplayWebhook, replay_webhook
from models.operations.rotate_webhook_secret import RotateWebhookSecret, rotate_webhook_secret
from models.operations.switch_webhook import SwitchWebhook, switch_webhook
from models.rules.webhooks import WebhookFailure
from models.tables.job import JobState
from models.views.want import Want, asking
from models.views.webhook import WebhookView
from models.webhooks import SENDING, Target, open_target
from tests.builders import World
from tests.operations.ledger import rows

URL = "https://hr.example.org/hooks?token=T0PSECRET"
HOOK = asking("id", "url", "types", "state", "position", "waiting_since", account=asking("id", "sign_in_name"))
GIVE_UP = timedelta(hours=72)


async def sign_in_name(world: World, of: Actor) -> str:
    return str({row.id: row.external_id for row in await rows(world.database, tables.Account)}[of.account_id])


async def register(
    world: World, *, of: Actor | None = None, by: Actor | None = None, want: Want = HOOK, **options: Any
) -> WebhookView:
    """Register a webhook of this machine account's, else of the provider's own."""
    given = {"url": URL, "account": await sign_in_name(world, of or world.integrator), **options}
    return await register_webhook(RegisterWebhook(**given), by=by or world.staff, want=want, **_surroundings(world))


async def change(
    world: World, webhook_id: str, *, by: Actor | None = None, want: Want = HOOK, **options: Any
) -> WebhookView:
    command = ChangeWebhook(webhook_id=webhook_id, **options)
    return await change_webhook(command, by=by or world.staff, want=want, **_surroundings(world))


async def rotate(
    world: World, webhook_id: str, *, by: Actor | None = None, want: Want = HOOK, **options: Any
) -> WebhookView:
    command = RotateWebhookSecret(webhook_id=webhook_id, **options)
    return await rotate_webhook_secret(command, by=by or world.staff, want=want, **_surroundings(world))


async def switch(
    world: World, webhook_id: str, *, by: Actor | None = None, want: Want = HOOK, **options: Any
) -> WebhookView:
    command = SwitchWebhook(webhook_id=webhook_id, **{"on": True, **options})
    return await switch_webhook(command, by=by or world.staff, want=want, **_surroundings(world))


async def replay(
    world: World, webhook_id: str, *, by: Actor | None = None, want: Want = HOOK, **options: Any
) -> WebhookView:
    command = ReplayWebhook(webhook_id=webhook_id, **{"replay_days": 90, **options})
    return await replay_webhook(command, by=by or world.staff, want=want, **_surroundings(world))


async def advance(world: World, webhook_id: str, end: Position, *, start: Position | None = None, sent: bool) -> bool:
    command = AdvanceWebhook(webhook_id=webhook_id, start=start or await place(world), end=end, sent=sent)
    return await advance_webhook(command, database=world.database)


async def fail(
    world: World,
    webhook_id: str,
    failure: WebhookFailure = WebhookFailure.TIMEOUT,
    *,
    start: Position | None = None,
    give_up: timedelta = GIVE_UP,
) -> Failed:
    start = start or await place(world)
    command = FailWebhook(webhook_id=webhook_id, start=start, failure=failure, give_up=give_up)
    return await fail_webhook(command, **_surroundings(world))


async def the_hook(database: Database) -> Row[Any]:
    (row,) = await rows(database, tables.WebhookEndpoint)
    return row


async def place(world: World) -> Position:
    row = await the_hook(world.database)
    return Position(row.position_seq, row.position_at)


async def target(world: World) -> Target:
    row = await the_hook(world.database)
    return open_target(world.database.vault, row.id, row.sealed)


async def sendings(database: Database) -> list[Row[Any]]:
    """Return the jobs that wait to send, or do."""
    alive = {JobState.READY, JobState.RUNNING}
    return [row for row in await rows(database, tables.Job) if row.actor == SENDING and row.state in alive]


def _surroundings(world: World) -> dict[str, Any]:
    return {"database": world.database, "clock": world.clock}
