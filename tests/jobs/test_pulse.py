"""Each run of a job is counted and written down, by the way it ended, and ordinary middleware sees it too."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from dramatiq import Worker
from dramatiq.errors import ActorNotFound
from dramatiq.middleware import Shutdown
from dramatiq.middleware.prometheus import Prometheus
from prometheus_client.registry import REGISTRY

from jobs.broker import TableBroker
from jobs.pulse import RunOutcome
from models import job_queue
from models.database import Database
from models.job_queue import LEASE
from tests.clock import FixedClock
from tests.jobs.test_broker import a_message, broker_of
from tests.jobs.workshop import Recorder, all_ended, job, promise, surroundings, the_row, until


def runs(outcome: RunOutcome, actor: str = "release_request") -> float:
    return REGISTRY.get_sample_value("extra_sessions_job_runs_total", {"actor": actor, "outcome": outcome}) or 0


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as captured:
        yield captured


ENDS: dict[RunOutcome, tuple[BaseException | None, int]] = {
    RunOutcome.DONE: (None, 12),
    RunOutcome.RETRIED: (KeyError("jo@example.com"), 12),
    RunOutcome.DEAD: (KeyError("jo@example.com"), 1),
    RunOutcome.HANDED_BACK: (Shutdown(), 12),
}
"""What the actor raises, and how many attempts it has."""


@pytest.mark.parametrize("outcome", ENDS)
async def test_a_run_is_counted_by_how_it_ended(
    outcome: RunOutcome, database: Database, clock: FixedClock, lines: list[Any]
) -> None:
    before = {each: runs(each) for each in RunOutcome}
    failure, attempts = ENDS[outcome]
    await promise(database, clock, job("req_7", max_attempts=attempts))
    consumer = broker_of(database, clock).consume("default")
    message = await a_message(consumer)
    if failure is not None:
        message.stuff_exception(failure)

    await asyncio.to_thread(consumer.ack, message)

    assert {each: runs(each) - before[each] for each in RunOutcome} == {each: each is outcome for each in RunOutcome}
    [line] = [line for line in lines if line["event"] == "job"]
    assert line.pop("milliseconds") >= 0
    assert line == {
        "event": "job",
        "log_level": "info",
        "actor": "release_request",
        "job_id": (await the_row(database)).id,
        "outcome": outcome.value,
        "attempt": 1,
    }


async def test_a_job_that_was_never_begun_is_handed_back(database: Database, clock: FixedClock) -> None:
    before = runs(RunOutcome.HANDED_BACK)
    await promise(database, clock, job())
    consumer = broker_of(database, clock).consume("default")

    await asyncio.to_thread(consumer.requeue, [await a_message(consumer)])

    assert runs(RunOutcome.HANDED_BACK) == before + 1


async def test_a_failure_after_the_lease_has_ended_is_no_retry(database: Database, clock: FixedClock) -> None:
    lost, retried = runs(RunOutcome.LOST), runs(RunOutcome.RETRIED)
    await promise(database, clock, job())
    consumer = broker_of(database, clock).consume("default")
    message = await a_message(consumer)
    clock.advance(2 * LEASE)
    await job_queue.recover_all(database, at=clock.now())
    message.stuff_exception(KeyError())

    await asyncio.to_thread(consumer.ack, message)

    assert (runs(RunOutcome.LOST), runs(RunOutcome.RETRIED)) == (lost + 1, retried)


async def test_a_rejected_job_is_dead(database: Database, clock: FixedClock) -> None:
    before = runs(RunOutcome.DEAD)
    await promise(database, clock, job())
    consumer = broker_of(database, clock).consume("default")
    message = await a_message(consumer)
    message.stuff_exception(ValueError())

    await asyncio.to_thread(consumer.nack, message)

    assert runs(RunOutcome.DEAD) == before + 1


async def test_an_actor_that_only_a_newer_worker_knows_gets_no_label(database: Database, clock: FixedClock) -> None:
    before = runs(RunOutcome.RETRIED, "unknown")
    await promise(database, clock, job(actor="not_yet_known"))
    consumer = broker_of(database, clock).consume("default")
    message = await a_message(consumer)
    message.stuff_exception(ActorNotFound("not_yet_known"))  # type: ignore[no-untyped-call]  # Dramatiq's errors have no types

    await asyncio.to_thread(consumer.nack, message)

    assert runs(RunOutcome.RETRIED, "unknown") == before + 1
    assert runs(RunOutcome.RETRIED, "not_yet_known") == 0


async def test_dramatiq_s_own_prometheus_middleware_counts_our_jobs(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PROMETHEUS_MULTIPROC_DIR", "prometheus_multiproc_dir"):
        monkeypatch.setenv(name, "")  # the middleware sets these; what is set here is undone afterwards
    broker = TableBroker(surroundings(database, clock), actors=[Recorder().spec], threads=1)
    counting = Prometheus()
    broker.add_middleware(counting)
    broker.emit_after("process_boot")
    dramatiq_worker = Worker(broker, worker_timeout=100, worker_threads=1)
    dramatiq_worker.start()
    try:
        await promise(database, clock, job())
        await until(lambda: all_ended(database))
    finally:
        broker.drain()
        await asyncio.to_thread(dramatiq_worker.stop)

    [counted] = counting.total_messages.collect()
    totals = {sample.name: (sample.labels, sample.value) for sample in counted.samples}
    assert totals["dramatiq_messages_total"] == ({"queue_name": "default", "actor_name": "release_request"}, 1)
