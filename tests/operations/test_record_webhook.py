"""How far a webhook has come, what its failures lead to, and who wakes it."""

import asyncio
from datetime import timedelta

import pytest

from models.database import Database
from models.event_cursor import Position
from models.operations.wake_webhooks import Woken, wake_webhooks
from models.rules.vocabulary import StaffTaskKind
from models.rules.webhooks import ReplayStart, WebhookFailure, WebhookState
from models.tables import Job
from models.tables.job import JobState
from tests.builders import World, a_world, submitted
from tests.clock import FixedClock
from tests.operations.hooking import GIVE_UP, advance, fail, place, register, replay, sendings, switch, the_hook
from tests.operations.ledger import changes_nothing
from tests.operations.questioning import tasks


@pytest.fixture
async def world(database: Database, clock: FixedClock) -> World:
    return await a_world(database, clock)


async def wake(world: World) -> Woken:
    return await wake_webhooks(database=world.database, clock=world.clock)


async def test_it_moves_on_and_what_was_sent_mends_it(world: World) -> None:
    webhook_id = (await register(world)).id
    await fail(world, webhook_id)
    end = Position(7, world.clock.now())
    assert await advance(world, webhook_id, end, sent=False)
    row = await the_hook(world.database)
    assert (row.position_seq, row.failures, row.failing_since) == (7, 1, world.clock.now())
    assert await advance(world, webhook_id, Position(8, end.at), sent=True)
    row = await the_hook(world.database)
    assert (row.position_seq, row.failures, row.failing_since) == (8, 0, None)
    assert row.last_failure is WebhookFailure.TIMEOUT


async def test_what_staff_have_moved_or_stopped_meanwhile_stays_as_they_left_it(world: World) -> None:
    webhook_id = (await register(world)).id
    before = await place(world)
    await submitted(world)
    await replay(world, webhook_id, start=ReplayStart.NOW)
    async with changes_nothing(world.database):
        assert not await advance(world, webhook_id, Position(9, before.at), start=before, sent=True)
        failed = await fail(world, webhook_id, start=before)
    assert failed.again_at == world.clock.now()
    await switch(world, webhook_id, on=False)
    async with changes_nothing(world.database):
        assert not await advance(world, webhook_id, Position(9, before.at), sent=True)
        failed = await fail(world, webhook_id)
    assert (failed.again_at, failed.switched_off) == (None, False)


async def test_each_failure_in_a_row_is_tried_again_later_than_the_one_before(world: World) -> None:
    webhook_id, since = (await register(world)).id, world.clock.now()
    for number in range(1, 14):
        now = world.clock.now()
        again = (await fail(world, webhook_id, WebhookFailure.SERVER_ERROR)).again_at
        longest = min(timedelta(seconds=5) * 2 ** (number - 1), timedelta(hours=1))
        assert again is not None
        assert longest / 2 <= again - now <= longest
        row = await the_hook(world.database)
        assert (row.failures, row.failing_since, row.last_failure) == (number, since, WebhookFailure.SERVER_ERROR)
        world.clock.advance(timedelta(minutes=1))
    assert await tasks(world) == []


async def test_after_its_time_it_is_switched_off_and_staff_are_told(world: World) -> None:
    webhook_id = (await register(world)).id
    await fail(world, webhook_id)
    world.clock.advance(GIVE_UP - timedelta(microseconds=1))
    assert (await fail(world, webhook_id)).again_at is not None
    world.clock.advance(timedelta(microseconds=1))
    failed = await fail(world, webhook_id)
    assert (failed.again_at, failed.switched_off) == (None, True)
    assert (await the_hook(world.database)).state is WebhookState.SWITCHED_OFF
    (task,) = await tasks(world)
    assert (task.kind, task.webhook_id, task.created_at) == (
        StaffTaskKind.WEBHOOK_SWITCHED_OFF,
        webhook_id,
        world.clock.now(),
    )


@pytest.mark.parametrize("failure", [WebhookFailure.GONE, WebhookFailure.ACCOUNT_DISABLED])
async def test_one_that_nobody_wants_any_more_is_switched_off_at_once(world: World, failure: WebhookFailure) -> None:
    webhook_id = (await register(world)).id
    assert (await fail(world, webhook_id, failure)).switched_off
    row = await the_hook(world.database)
    assert (row.state, row.last_failure) == (WebhookState.SWITCHED_OFF, failure)


async def test_without_a_webhook_waking_only_reads(world: World) -> None:
    await submitted(world)
    async with changes_nothing(world.database):
        assert await wake(world) == Woken(enabled=False, busy=False)


async def test_one_that_is_behind_gets_one_job(world: World) -> None:
    webhook_id = (await register(world)).id
    async with changes_nothing(world.database):
        assert await wake(world) == Woken(enabled=True, busy=False)
    await submitted(world)
    assert await wake(world) == Woken(enabled=True, busy=False)
    (job,) = await sendings(world.database)
    assert (job.args, job.run_at) == ({"webhook_id": webhook_id}, world.clock.now())
    async with changes_nothing(world.database):
        assert await wake(world) == Woken(enabled=True, busy=False)
    async with world.database.transaction() as session:
        row = await session.get_one(Job, job.id)
        row.state, row.token, row.lease_until = JobState.RUNNING, "tok", world.clock.now()
    async with changes_nothing(world.database):
        assert await wake(world) == Woken(enabled=True, busy=True)


async def test_one_that_is_off_is_left_alone(world: World) -> None:
    first, second = (await register(world)).id, (await register(world)).id
    await switch(world, first, on=False)
    await submitted(world)
    await wake(world)
    assert [job.args["webhook_id"] for job in await sendings(world.database)] == [second]


async def test_two_workers_that_wake_at_once_promise_it_once(world: World) -> None:
    await register(world)
    await submitted(world)
    await asyncio.gather(*(wake(world) for _ in range(4)))
    assert len(await sendings(world.database)) == 1
