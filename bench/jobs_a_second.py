"""Measures jobs a second through the queue table beside Dramatiq's Redis broker, and how soon a mail is handed over.

Run it with ``python -m bench.jobs_a_second [--jobs N] [--rounds N]``. All in one run, in turns: our broker on SQLite
and on PostgreSQL, Dramatiq's on a Redis server that is brought up where the machine has one. The actor does nothing,
eight at a time. Redis keeps nothing on disk here and PostgreSQL does not wait for its disk; SQLite does. Then e-mails
are owed one by one to an idle worker; the time is taken from the commit until the mail server here has accepted.
"""

import argparse
import asyncio
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import TypeVar
from uuid import uuid4

import dramatiq
import uvloop
from dramatiq.brokers.redis import RedisBroker
from redis import Redis

from api.logs import configure_logs
from jobs.actor import JobContext, actor
from jobs.worker import worker
from models.clock import SystemClock
from models.database import Database
from models.keyring import Keyring
from models.mail_owed import owe_mail
from models.migrations.run import upgrade
from models.outbox import Job, enqueue
from models.rules.vocabulary import MailKind
from tests import engines
from tests.builders import a_world
from tests.clock import FixedClock
from tests.jobs.post_office import mailer
from tests.jobs.workshop import all_ended, surroundings, until
from tests.operations.acting import confirm, submit
from tests.stories.postbox import postbox
from tests.stories.promises import is_idle

T = TypeVar("T")
THREADS = 8
_BATCH = 500


class Counted:
    """Counts to a number, from any thread."""

    def __init__(self, number: int) -> None:
        self._left = number
        self._lock = threading.Lock()
        self.done = threading.Event()

    def __call__(self) -> None:
        with self._lock:
            self._left -= 1
            if self._left == 0:
                self.done.set()


async def through_our_table(database: Database, jobs: int) -> float:
    """Return the seconds for so many jobs that wait already, each claimed, run and acknowledged in the table."""
    counted = Counted(jobs)

    @actor()
    async def nothing(context: JobContext, *, request_id: str) -> None:
        del context, request_id
        counted()

    clock = SystemClock()
    for first in range(0, jobs, _BATCH):
        async with database.transaction() as session:
            for number in range(first, min(jobs, first + _BATCH)):
                enqueue(session, Job("nothing", {"request_id": f"req_{number}"}), at=clock.now())
    began = time.perf_counter()
    async with worker(surroundings(database, clock), threads=THREADS, actors=[nothing]):
        await asyncio.to_thread(counted.done.wait)
        await until(lambda: is_idle(database), seconds=60)
        return time.perf_counter() - began


def through_redis(port: int, jobs: int) -> float:
    """Return the seconds for as many on Dramatiq's own broker."""
    broker, counted = RedisBroker(client=Redis(port=port)), Counted(jobs)  # type: ignore[no-untyped-call]

    @dramatiq.actor(broker=broker, queue_name=f"q{uuid4().hex}")
    def nothing(*, request_id: str) -> None:
        del request_id
        counted()

    for number in range(jobs):
        nothing.send(request_id=f"req_{number}")
    process = dramatiq.Worker(broker, worker_threads=THREADS)
    began = time.perf_counter()
    process.start()
    counted.done.wait()
    took = time.perf_counter() - began
    process.stop()
    return took


async def until_accepted(database: Database, mails: int) -> list[float]:
    """Return the milliseconds from each commit until the mail server has the message, the worker idle before."""
    clock = FixedClock(SystemClock().now())
    world = await a_world(database, clock)
    request_id = (await confirm(world, (await submit(world)).id)).id
    took = []
    async with postbox() as box, mailer(box.port) as sends:
        context = replace(surroundings(database, SystemClock()), mailer=sends)
        async with worker(context, threads=THREADS):
            await until(lambda: all_ended(database), seconds=60)
            while not box.came.locked():
                await box.came.acquire()
            for _ in range(mails):
                async with database.transaction() as session:
                    owe_mail(session, MailKind.RECEIVED, request_id, at=SystemClock().now())
                committed = time.perf_counter()
                await box.came.acquire()
                took.append((time.perf_counter() - committed) * 1000)
                await until(lambda: all_ended(database), seconds=60)
    return took


@contextmanager
def a_redis(folder: Path) -> Iterator[int | None]:
    """Bring up a Redis server for this run and give its port; None where the machine has none."""
    program = shutil.which("redis-server")
    if program is None:
        yield None
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)]
    with (folder / "redis.log").open("w") as log:
        process = subprocess.Popen([program, *options], stdout=log)
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int) -> None:
    for _ in range(200):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)


async def _with(url: str, work: Callable[[Database], Awaitable[T]]) -> T:
    """Do the work on a database of its own, which is migrated first."""
    await asyncio.to_thread(upgrade, url)
    database = Database.open(url, Keyring.generate())
    try:
        return await work(database)
    finally:
        await database.close()


def measure(folder: Path, server: str, redis: int | None, *, jobs: int, rounds: int) -> None:
    rates: dict[str, list[float]] = {}
    for number in range(rounds):
        for engine, url in _urls(folder, server, f"round_{number}"):
            with url as where:
                took = uvloop.run(_with(where, partial(through_our_table, jobs=jobs)))
            rates.setdefault(engine, []).append(jobs / took)
        if redis is not None:
            rates.setdefault("Redis", []).append(jobs / through_redis(redis, jobs))
    for engine, found in rates.items():
        share = f", {median(found) / median(rates['Redis']):.2f} of Redis" if redis is not None else ""
        print(f"  {engine:<11}{median(found):>8,.0f} jobs a second ({min(found):,.0f} to {max(found):,.0f}){share}")


def measure_mails(folder: Path, server: str, *, mails: int) -> None:
    for engine, url in _urls(folder, server, "mails"):
        with url as where:
            took = uvloop.run(_with(where, partial(until_accepted, mails=mails)))
        print(f"  {engine:<11}{median(took):>8,.1f} ms at the median, {quantiles(took, n=20)[-1]:,.1f} ms at 95 %")


def _urls(folder: Path, server: str, name: str) -> list[tuple[str, AbstractContextManager[str]]]:
    file = engines.sqlite_url(folder / f"{name}.db")
    return [("SQLite", nullcontext(file)), ("PostgreSQL", engines.postgres_database(server, name))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=3_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mails", type=int, default=100)
    given = parser.parse_args()
    configure_logs(log_format="json", level="error")
    with (
        tempfile.TemporaryDirectory() as folder,
        engines.postgres_server(f"bench{uuid4().hex}") as server,
        a_redis(Path(folder)) as redis,
    ):
        if redis is None:
            print("  No Redis here: install redis-server to compare.")
        print(f"{given.jobs:,} jobs that do nothing, {THREADS} at a time, the median of {given.rounds}")
        measure(Path(folder), server, redis, jobs=given.jobs, rounds=given.rounds)
        print(
            f"From the commit that owes a mail to the mail server's acceptance, {given.mails} mails, idle before each"
        )
        measure_mails(Path(folder), server, mails=given.mails)


if __name__ == "__main__":
    main()
