"""Keeps tables from growing for ever: once an hour, what has served its time goes."""

import asyncio
import logging
from datetime import timedelta

from jobs.actor import JobContext
from models.operations.clean_up import clean_up

_EVERY = timedelta(hours=1)

_log = logging.getLogger(__name__)


async def keep_clean(context: JobContext, *, every: timedelta = _EVERY) -> None:
    """Clean up now, and once an hour from then on, until cancelled; a failure waits for the next time."""
    while True:
        try:
            gone = await clean_up(context.keep, database=context.database, clock=context.clock)
        except Exception as error:  # noqa: BLE001 - whatever it is, there is another time, and jobs must go on
            _log.warning("What is old could not be deleted: %s", type(error).__name__)
        else:
            if gone.total:
                _log.info("Deleted %d rows that had served their time.", gone.total)
        await asyncio.sleep(every.total_seconds())
