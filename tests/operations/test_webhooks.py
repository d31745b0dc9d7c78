"""What staff do with webhooks: register, change, rotate, switch and replay them."""

from datetime import timedelta

import pytest

from models import tables
from models.database import Database
from models.event_cursor import Position, cursor_of
from models.rules.refusals import ClosesByItself, IdempotencyKeyReused, Malformed, NotAllowed, NotFound, TaskEnded
from models.rules.replay import CursorExpired
from models.rules.vocabulary import EventType, Role, StaffTaskKind, StaffTaskState
from models.rules.webhooks import AccountUnfit, ReplayStart, TypesMissing, UrlInvalid, WebhookFailure, WebhookState
from models.sealing import SealBroken
from models.tables.job import JobState
from models.webhooks import open_target, shown
from tests.builders import World, a_world, submitted
from tests.clock import FixedClock
from tests.operations.hooking import (
    URL,
    change,
    fail,
    place,
    register,
    replay,
    rotate,
    sendings,
    sign_in_name,
    switch,
    target,
    the_hook,
)
from tests.operations.ledger import changes_nothing, everything, refused, rows
from tests.operations.questioning import complete, tasks
from tests.rows import building


@pytest.fixture
async def world(database: Database, clock: FixedClock) -> World:
    return await a_world(database, clock)


async def test_a_new_one_begins_now_and_its_secret_is_shown_once(world: World) -> None:
    await submitted(world)
    view = await register(world, types=(EventType.APPROVED,), idempotency_key="once")
    row = await the_hook(world.database)
    assert (view.id, view.url, view.types, view.state) == (row.id, URL, [EventType.APPROVED], WebhookState.ENABLED)
    assert view.account.id == world.integrator.account_id == row.account_id
    assert view.waiting_since is None
    assert (row.position_seq, row.position_at) == (1, world.clock.now())
    assert (row.types, row.failures, row.failing_since, row.last_failure) == (["APPROVED"], 0, None, None)
    assert (row.created_at, row.created_by) == (world.clock.now(), world.staff.account_id)
    assert view.secret == shown((await target(world)).secret)
    assert await sendings(world.database) == []
    async with changes_nothing(world.database):
        again = await register(world, types=(EventType.APPROVED,), idempotency_key="once")
    assert (again.id, again.secret) == (view.id, None)
    async with refused(world, IdempotencyKeyReused):
        await register(world, idempotency_key="once")


async def test_neither_url_nor_secret_is_to_be_read_in_the_tables(world: World) -> None:
    view = await register(world)
    secret = (await target(world)).secret
    stored = repr(await everything(world.database))
    for hidden in ("hr.example.org", "T0PSECRET", str(view.secret), repr(secret)[2:-1]):
        assert hidden not in stored


async def test_what_is_sealed_opens_in_its_own_row_alone(world: World) -> None:
    await register(world)
    row = await the_hook(world.database)
    with pytest.raises(SealBroken, match="a secret of webhook_endpoint") as broken:
        open_target(world.database.vault, "hook_another", row.sealed)
    assert row.id not in str(broken.value)


@pytest.mark.parametrize("url", ["http://hr.example.org", "https://10.0.0.1", "https://u:p@hr.example.org", "x"])
async def test_one_that_nothing_may_be_sent_to_is_refused(world: World, url: str) -> None:
    async with refused(world, UrlInvalid):
        await register(world, url=url)
    webhook_id = (await register(world)).id
    async with refused(world, UrlInvalid):
        await change(world, webhook_id, url=url)


async def test_a_deployment_may_allow_its_own_network(world: World) -> None:
    webhook_id = (await register(world, url="http://10.0.0.1/x", private=True)).id
    assert (await change(world, webhook_id, url="http://localhost:9000", private=True)).url == "http://localhost:9000"


async def test_only_an_enabled_machine_account_has_one(world: World, clock: FixedClock) -> None:
    async with building(world.database, clock) as build:
        disabled = await build.account(Role.INTEGRATOR, disabled=True)
    people = [actor for actor in world.everybody if actor.role is not Role.INTEGRATOR]
    for account in (*people, disabled):
        async with refused(world, AccountUnfit):
            await register(world, of=account)
    for unknown in ("nobody", "", "a\x00"):
        async with refused(world, AccountUnfit):
            await register(world, account=unknown)
    for machine in (world.integrator, world.practice_integrator, world.organisation_integrator):
        assert (await register(world, of=machine)).account.sign_in_name == await sign_in_name(world, machine)


async def test_only_staff_have_to_do_with_them(world: World) -> None:
    webhook_id = (await register(world)).id
    for actor in (each for each in world.everybody if each.role is not Role.PROVIDER_STAFF):
        async with refused(world, NotAllowed):
            await register(world, by=actor)
        for act in (change, rotate, switch, replay):
            async with refused(world, NotAllowed):
                await act(world, webhook_id, by=actor)
            async with refused(world, NotAllowed):
                await act(world, "hook_unknown", by=actor)


async def test_an_unknown_one_is_not_found(world: World) -> None:
    for act in (change, rotate, switch, replay):
        for unknown in ("hook_AAAAAAAAAAAAAAAAAAAAAA", "", "hook\x00"):
            async with refused(world, NotFound) as raised:
                await act(world, unknown)
            assert raised.value.path == ("webhookId",)


async def test_a_list_of_no_types_is_refused(world: World) -> None:
    async with refused(world, TypesMissing):
        await register(world, types=())
    webhook_id = (await register(world)).id
    async with refused(world, TypesMissing):
        await change(world, webhook_id, types=(), changes_types=True)


async def test_a_change_leaves_what_it_does_not_name(world: World) -> None:
    webhook_id = (await register(world, types=(EventType.APPROVED,))).id
    before = await target(world)
    view = await change(world, webhook_id, url="https://other.example/x")
    assert (view.url, view.types, view.secret) == ("https://other.example/x", [EventType.APPROVED], None)
    assert (await target(world)).secret == before.secret
    view = await change(world, webhook_id, types=(EventType.DECLINED,), changes_types=True)
    assert (view.url, view.types) == ("https://other.example/x", [EventType.DECLINED])
    assert (await change(world, webhook_id, changes_types=True)).types is None
    assert (await change(world, webhook_id, idempotency_key="once")).url == "https://other.example/x"
    await switch(world, webhook_id, on=False)
    async with changes_nothing(world.database):
        assert (await change(world, webhook_id, idempotency_key="once")).state is WebhookState.DISABLED


async def test_a_change_ends_the_rest_after_a_failure_and_never_makes_a_second_job(world: World) -> None:
    webhook_id = (await register(world)).id
    await change(world, webhook_id)
    (job,) = await sendings(world.database)
    assert (job.args, job.run_at, job.priority) == ({"webhook_id": webhook_id}, world.clock.now(), 2)
    async with world.database.transaction() as session:
        row = await session.get_one(tables.Job, job.id)
        row.run_at = world.clock.now() + timedelta(hours=1)
    await change(world, webhook_id)
    assert [(each.id, each.run_at) for each in await sendings(world.database)] == [(job.id, world.clock.now())]
    async with world.database.transaction() as session:
        row = await session.get_one(tables.Job, job.id)
        row.state, row.token, row.lease_until = JobState.RUNNING, "tok", world.clock.now()
    await change(world, webhook_id)
    assert [each.state for each in await sendings(world.database)] == [JobState.RUNNING]


async def test_two_webhooks_have_a_job_each(world: World) -> None:
    ids = sorted([(await register(world)).id, (await register(world)).id])
    for webhook_id in ids:
        await change(world, webhook_id)
    assert sorted(job.args["webhook_id"] for job in await sendings(world.database)) == ids


async def test_nothing_is_promised_for_one_that_is_off(world: World) -> None:
    webhook_id = (await register(world)).id
    await switch(world, webhook_id, on=False)
    await change(world, webhook_id, url="https://other.example/x")
    await replay(world, webhook_id, start=ReplayStart.EARLIEST)
    assert await sendings(world.database) == []
    assert (await the_hook(world.database)).state is WebhookState.DISABLED


async def test_a_rotated_secret_signs_beside_the_new_one_for_a_day(world: World) -> None:
    first = await register(world)
    view = await rotate(world, first.id, idempotency_key="once")
    held, now = await target(world), world.clock.now()
    assert view.secret == shown(held.secret) != first.secret
    for at, count in ((timedelta(), 2), (timedelta(hours=24, microseconds=-1), 2), (timedelta(hours=24), 1)):
        signing = [shown(each) for each in held.secrets(now + at)]
        assert signing == [view.secret, first.secret][:count]
    async with changes_nothing(world.database):
        assert (await rotate(world, first.id, idempotency_key="once")).secret is None
    third = await rotate(world, first.id)
    assert [shown(each) for each in (await target(world)).secrets(now)] == [third.secret, view.secret]


async def test_switched_on_it_has_its_whole_time_again_and_its_task_is_done(world: World) -> None:
    webhook_id = (await register(world)).id
    await fail(world, webhook_id, WebhookFailure.GONE)
    (task,) = await tasks(world)
    assert (task.kind, task.state) == (StaffTaskKind.WEBHOOK_SWITCHED_OFF, StaffTaskState.OPEN)
    assert (task.request_id, task.webhook_id) == (None, webhook_id)
    async with refused(world, ClosesByItself) as raised:
        await complete(world, task.id)
    assert "switch the webhook on" in raised.value.message
    world.clock.advance(timedelta(days=1))
    view = await switch(world, webhook_id, idempotency_key="once")
    row = await the_hook(world.database)
    assert view.state is row.state is WebhookState.ENABLED
    assert (row.failures, row.failing_since, row.last_failure) == (0, None, WebhookFailure.GONE)
    (task,) = await tasks(world)
    assert (task.state, task.ended_at, task.ended_by) == (
        StaffTaskState.DONE,
        world.clock.now(),
        world.staff.account_id,
    )
    assert len(await sendings(world.database)) == 1
    async with refused(world, TaskEnded):
        await complete(world, task.id)
    async with changes_nothing(world.database):
        await switch(world, webhook_id, idempotency_key="once")


async def test_switched_off_by_staff_it_keeps_its_place_and_a_task_is_done_as_well(world: World) -> None:
    webhook_id = (await register(world)).id
    await fail(world, webhook_id, WebhookFailure.GONE)
    before = await place(world)
    view = await switch(world, webhook_id, on=False)
    assert view.state is WebhookState.DISABLED
    assert await place(world) == before
    assert [each.state for each in await tasks(world)] == [StaffTaskState.DONE]
    assert await sendings(world.database) == []


async def test_one_that_is_switched_off_twice_has_a_task_each_time(world: World) -> None:
    webhook_id = (await register(world)).id
    for _ in range(2):
        await fail(world, webhook_id, WebhookFailure.GONE)
        await switch(world, webhook_id)
    assert [each.state for each in await tasks(world)] == [StaffTaskState.DONE] * 2


async def test_it_is_replayed_from_the_earliest_from_now_or_from_a_cursor(world: World) -> None:
    webhook_id = (await register(world)).id
    await submitted(world)
    now, vault = world.clock.now(), world.database.vault
    world.clock.advance(timedelta(days=1))
    await fail(world, webhook_id)
    await replay(world, webhook_id, start=ReplayStart.EARLIEST)
    assert await place(world) == Position(None, world.clock.now() - timedelta(days=90))
    assert (await the_hook(world.database)).failures == 0
    assert len(await sendings(world.database)) == 1
    cursor = cursor_of(vault, world.integrator, Position(1, now))
    view = await replay(world, webhook_id, after=cursor, idempotency_key="once")
    assert await place(world) == Position(1, now)
    await replay(world, webhook_id, start=ReplayStart.NOW)
    assert await place(world) == Position(1, world.clock.now())
    async with changes_nothing(world.database):
        await replay(world, webhook_id, after=cursor, idempotency_key="once")
    await replay(world, webhook_id, after=view.position)
    assert await place(world) == Position(1, now)


async def test_a_cursor_of_another_scope_or_from_too_long_ago_does_not_do(world: World) -> None:
    webhook_id = (await register(world, of=world.organisation_integrator)).id
    vault, now = world.database.vault, world.clock.now()
    for wrong in ("x", "", cursor_of(vault, world.integrator, Position(1, now))):
        async with refused(world, Malformed):
            await replay(world, webhook_id, after=wrong)
    edge = cursor_of(vault, world.organisation_integrator, Position(1, now - timedelta(days=7)))
    await replay(world, webhook_id, after=edge, replay_days=7)
    world.clock.advance(timedelta(seconds=1))
    async with refused(world, CursorExpired):
        await replay(world, webhook_id, after=edge, replay_days=7)


async def test_the_rows_of_two_webhooks_are_told_apart(world: World) -> None:
    first, second = await register(world), await register(world, url="https://other.example")
    await switch(world, first.id, on=False)
    states = {row.id: row.state for row in await rows(world.database, tables.WebhookEndpoint)}
    assert states == {first.id: WebhookState.DISABLED, second.id: WebhookState.ENABLED}
