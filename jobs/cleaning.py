"""Keeps the queue's table from growing for ever: once an hour, the rows of jobs that were done long ago go."""

import asyncio
import logging
from collections.abc import Iterable
from datetime import timedelta

from jobs.actor import JobContext
from models.operations.clean_jobs import clean_jobs

_EVERY = timedelta(hours=1)

_log = logging.getLogger(__name__)


async def keep_clean(context: JobContext, queues: Iterable[str], *, every: timedelta = _EVERY) -> None:
    """Clean these queues now, and once an hour from then on, until cancelled; a failure waits for the next time."""
    while True:
        for queue in sorted(queues):
            try:
                done = await clean_jobs(queue, kept=context.jobs_kept, database=context.database, clock=context.clock)
            except Exception as error:  # noqa: BLE001 - whatever it is, there is another time, and jobs must go on
                _log.warning("Old jobs could not be deleted: %s", type(error).__name__)
            else:
                if done:
                    _log.info("Deleted %d jobs that were done long ago.", done)
        await asyncio.sleep(every.total_seconds())
