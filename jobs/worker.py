"""Runs jobs: the only place in this package that constructs things."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import replace
from datetime import timedelta

import structlog
from dramatiq import Worker

from jobs.actor import ActorSpec, JobContext
from jobs.actors import ACTORS
from jobs.broker import POLL, TableBroker
from jobs.cleaning import keep_clean
from jobs.room import Room
from jobs.waking_webhooks import keep_webhooks_awake
from models import job_queue

if sys.platform == "win32":
    from asyncio import new_event_loop
else:
    from uvloop import new_event_loop

GRACE = timedelta(seconds=20)
"""How long a stopping worker lets running jobs finish before it cancels them and hands them back."""
_STOP_WITHIN = timedelta(milliseconds=100)
"""An idle thread's patience: how long it takes at most to notice that the worker stops."""
_AFTER_GRACE = timedelta(seconds=10)

_log = structlog.get_logger()


@asynccontextmanager
async def worker(
    context: JobContext,
    *,
    threads: int,
    actors: Iterable[ActorSpec] = ACTORS,
    grace: timedelta = GRACE,
    poll: timedelta = POLL,
) -> AsyncIterator[None]:
    """Carry out jobs on the running loop until the block is left; then finish, or hand back, what was begun.

    A thread only waits for its actor, which runs on the loop: ``threads`` is how many jobs run at the same time.
    """
    context = replace(context, sending=Room(max(1, threads // 2)))
    broker = TableBroker(context, actors=actors, threads=threads, poll=poll)
    dramatiq_worker = Worker(broker, worker_timeout=_milliseconds(_STOP_WITHIN), worker_threads=threads)
    broker.emit_after("process_boot")  # Dramatiq's command line does this; time limits begin with it
    async with context.database.hearing_of_jobs():
        dramatiq_worker.start()
        context.pulse.beat(context.clock.now())  # what was due before has not been left alone by this worker
        beside = [asyncio.create_task(each(context)) for each in (keep_clean, keep_webhooks_awake)]
        try:
            yield
        finally:
            for task in beside:
                task.cancel()
            await _stop(dramatiq_worker, broker, grace)
            await asyncio.gather(*beside, return_exceptions=True)
            await context.mailer.close()


@asynccontextmanager
async def embedded_worker(
    context: JobContext, *, threads: int = 2, actors: Iterable[ActorSpec] = ACTORS
) -> AsyncIterator[None]:
    """Carry out jobs inside the web process, on its loop and its one connection that writes.

    On SQLite there is no other process, so what a killed one left running is put back first.
    """
    if context.database.dialect == "sqlite":
        await job_queue.recover_all(context.database, at=context.clock.now())
    async with worker(context, threads=threads, actors=actors):
        yield


def run_worker(
    context: JobContext,
    *,
    threads: int = 8,
    actors: Iterable[ActorSpec] = ACTORS,
    beside: AbstractAsyncContextManager[None] | None = None,
) -> None:
    """Carry out jobs in a process of its own until SIGTERM or SIGINT; any number of these share a PostgreSQL database.

    The context's database is used on a new loop and closed, so none of it may have been used before; ``beside`` is
    entered on the same loop for as long. Raises ValueError for SQLite.
    """
    running = _until_signalled(context, threads=threads, actors=actors, beside=beside or nullcontext())
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(running)


async def _until_signalled(
    context: JobContext, *, threads: int, actors: Iterable[ActorSpec], beside: AbstractAsyncContextManager[None]
) -> None:
    if context.database.dialect == "sqlite":
        raise ValueError("An SQLite database has its worker inside the web process.")
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        async with beside, worker(context, threads=threads, actors=actors):
            _log.info("worker takes jobs", threads=threads)
            await stop.wait()
            _log.info("worker stops", grace_seconds=GRACE.total_seconds())
    finally:
        await context.database.close()


async def _stop(dramatiq_worker: Worker, broker: TableBroker, grace: timedelta) -> None:
    """Stop claiming, then wait in a thread: the loop must stay free for the jobs that are to finish on it."""
    broker.drain()
    overrun = asyncio.get_running_loop().call_later(grace.total_seconds(), broker.loop.cancel_actors)
    await asyncio.to_thread(dramatiq_worker.stop, _milliseconds(grace + _AFTER_GRACE))
    overrun.cancel()


def _milliseconds(delta: timedelta) -> int:
    return delta // timedelta(milliseconds=1)
