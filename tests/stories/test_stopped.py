"""A process that is stopped for longer than its lease and then goes on: what it did is somebody else's by then."""

import asyncio
import signal
from asyncio.subprocess import Process
from contextlib import suppress
from pathlib import Path

from sqlalchemy.exc import OperationalError

from tests.stories.load import Load, populate
from tests.stories.postbox import Postbox, postbox
from tests.stories.promises import Books, books_at_rest, check_kept, check_promises, end_the_leases
from tests.stories.server import Deployment, deployed


async def test_a_worker_that_slept_past_its_lease_changes_nothing(database_url: str, tmp_path: Path) -> None:
    """It sleeps while a mail server considers its message; its job is done again, and its own answer comes too late."""
    async with postbox() as box, deployed(tmp_path / "data", database_url, smtp_port=box.port) as deployment:
        booked, load = await populate(deployment, 1), Load()
        await deployment.start()
        box.hold.clear()
        await load.put_on(deployment, booked)
        await box.came.acquire()
        sleeper = deployment.process(deployment.names[-1])
        await _put_to_sleep(deployment, sleeper)

        before = await _let_another_do_it(deployment, box)
        sleeper.send_signal(signal.SIGCONT)
        await _books_at_rest(deployment)
        await deployment.stop()  # which waits until it has made its late attempt
        after = await _books_at_rest(deployment)

    check_promises(after)
    check_kept(after)
    assert box.differing() == set()
    assert max(box.times.values()) <= 2
    if before is not None:
        assert max(box.times.values()) == 2, "it was sent again, the same to the byte"
        assert after.mails == before.mails
        assert after.events == before.events
        assert after.jobs == before.jobs


async def _put_to_sleep(deployment: Deployment, process: Process) -> None:
    """Stop it, and end its leases. On SQLite it may be stopped while it writes, and then nobody else can: once more."""
    async with deployment.database() as database, asyncio.timeout(60):
        while True:
            process.send_signal(signal.SIGSTOP)
            with suppress(OperationalError):
                await end_the_leases(database)
                return
            process.send_signal(signal.SIGCONT)
            await asyncio.sleep(0.1)


async def _let_another_do_it(deployment: Deployment, box: Postbox) -> Books | None:
    """Where there can be a second worker, let it finish all, and say how things stand then.

    On SQLite there is none: when the sleeper wakes it either ends its job or claims it anew, whichever comes first.
    """
    box.hold.set()
    if deployment.is_embedded:
        return None
    deployment.workers += 1
    await deployment.launch()
    return await _books_at_rest(deployment)


async def _books_at_rest(deployment: Deployment) -> Books:
    async with deployment.database() as database:
        return await books_at_rest(database)
