"""Webhooks are sent to as events happen, by workers that may be killed, and cost nothing where there is none."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from jobs.actor import ActorSpec
from jobs.deliver_webhooks import deliver_webhooks
from jobs.waking_webhooks import keep_webhooks_awake
from jobs.worker import worker
from models.clock import SystemClock
from models.database import Database
from models.keyring import Keyring
from models.tables import Job
from models.tables.job import JobState
from tests.builders import World, a_world, released, submitted
from tests.clock import FixedClock
from tests.jobs.hooking import context_of, hook_of, hooked, soon, types_of, verified
from tests.jobs.receiving import Received, receiving
from tests.jobs.workshop import Recorder, job, promise, until
from tests.operations.acting import withdraw
from tests.operations.hooking import sendings
from tests.operations.ledger import rows


@pytest.fixture
async def world(database: Database) -> World:
    return await a_world(database, FixedClock(SystemClock().now()))


def at_work(world: World, *others: ActorSpec, **options: Any) -> Any:
    context = replace(context_of(world, **options), clock=SystemClock())
    return worker(context, threads=2, actors=[deliver_webhooks, *others], poll=timedelta(milliseconds=100))


async def test_what_happens_is_sent_within_moments_once_and_in_order(world: World) -> None:
    async with receiving() as receiver:
        webhook_id, secret = await hooked(world, receiver)
        async with at_work(world):
            for number in range(1, 6):
                await withdraw(world, await submitted(world))
                await soon(receiver, 2 * number)
            await until(lambda: idle(world.database))
    assert types_of(receiver) == ["SUBMITTED", "WITHDRAWN"] * 5
    assert [verified(each, secret)["type"] for each in receiver.received] == types_of(receiver)
    assert (await hook_of(world)).position_seq == 10
    done = [row for row in await rows(world.database, Job) if row.actor == "deliver_webhooks"]
    assert {row.state for row in done} == {JobState.DONE}
    assert {row.args["webhook_id"] for row in done} == {webhook_id}


async def idle(database: Database) -> bool:
    return not await sendings(database)


async def test_what_happens_while_a_job_runs_is_sent_as_well(world: World) -> None:
    async with receiving() as receiver:
        await hooked(world, receiver)
        async with at_work(world):
            for _ in range(20):
                await withdraw(world, await submitted(world))
            await soon(receiver, 40)
    assert types_of(receiver) == ["SUBMITTED", "WITHDRAWN"] * 20


async def test_one_endpoint_that_hangs_does_not_hold_up_another(world: World) -> None:
    async def hang(_: Received, writer: asyncio.StreamWriter) -> None:
        del writer
        await asyncio.Event().wait()

    async with receiving(hang) as stuck, receiving() as receiver:
        await hooked(world, stuck)
        await hooked(world, receiver)
        async with at_work(world, patience=2):
            await released(world)
            await soon(receiver, 3)
            await until(lambda: len(stuck.received) == 1)
    assert types_of(receiver) == ["SUBMITTED", "CONFIRMED", "RELEASED"]


async def test_endpoints_that_hang_leave_a_thread_for_other_work(world: World) -> None:
    async def hang(_: Received, writer: asyncio.StreamWriter) -> None:
        del writer
        await asyncio.Event().wait()

    other = Recorder()
    async with receiving(hang) as first, receiving(hang) as second:
        await hooked(world, first)
        await hooked(world, second)
        async with at_work(world, other.spec):
            await submitted(world)
            await until(lambda: first.received or second.received)
            for number in range(10):
                await promise(world.database, world.clock, job(f"req_{number}"))
                await until(lambda: len(other.ran) > number, seconds=2)  # noqa: B023 - awaited here
            assert len(first.received) + len(second.received) == 1


async def test_without_a_webhook_there_is_one_small_read_now_and_then(world: World) -> None:
    statements: list[str] = []
    for engine in world.database.engines:
        event.listen(engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    looking = asyncio.create_task(keep_webhooks_awake(context_of(world)))
    await until(lambda: statements)
    await submitted_by_nobody()
    looking.cancel()
    with suppress(asyncio.CancelledError):
        await looking
    assert len([each for each in statements if "webhook_endpoint" in each]) == 1
    assert not [each for each in statements if "event" in each]


async def submitted_by_nobody() -> None:
    """Let whatever would go on go on."""
    for _ in range(50):
        await asyncio.sleep(0.01)


async def test_a_database_that_is_away_is_asked_again(world: World, caplog: pytest.LogCaptureFixture) -> None:
    broken = await a_broken(world)
    looking = asyncio.create_task(keep_webhooks_awake(broken, nobody=timedelta(milliseconds=10)))
    await until(lambda: caplog.text.count("Webhooks could not be looked after") >= 2)
    assert not looking.done()
    looking.cancel()
    with suppress(asyncio.CancelledError):
        await looking


async def a_broken(world: World) -> Any:
    """Return surroundings whose database is not there."""
    away = Database.open("postgresql+psycopg://nobody@127.0.0.1:1/none", Keyring.generate())
    return replace(context_of(world), database=away)


@asynccontextmanager
async def process(url: str, keys: Path, hours: int) -> AsyncIterator[asyncio.subprocess.Process]:
    arguments = ("-m", "tests.jobs.sending_worker", url, str(keys), str(hours))
    running = await asyncio.create_subprocess_exec(sys.executable, *arguments)
    try:
        yield running
    finally:
        with suppress(ProcessLookupError):
            running.kill()
        await running.wait()


@pytest.mark.torture
async def test_a_killed_worker_sends_one_event_again_with_its_id_and_bytes(
    world: World, database_url: str, keyring: Keyring, tmp_path: Path
) -> None:
    keyring.save(tmp_path / "keys.json")

    async def hang(_: Received, writer: asyncio.StreamWriter) -> None:
        del writer
        await asyncio.Event().wait()

    async with receiving(204, hang, 204) as receiver:
        await hooked(world, receiver)
        await released(world)
        async with process(database_url, tmp_path / "keys.json", 0):
            await soon(receiver, 2)  # the second hangs, and the worker is killed with it
        async with process(database_url, tmp_path / "keys.json", 2):
            await soon(receiver, 4)
            await until(lambda: idle(world.database))
    assert types_of(receiver) == ["SUBMITTED", "CONFIRMED", "CONFIRMED", "RELEASED"]
    first, again = receiver.received[1:3]
    assert (first.headers["webhook-id"], first.body) == (again.headers["webhook-id"], again.body)
    assert first.headers["webhook-timestamp"] != again.headers["webhook-timestamp"]
