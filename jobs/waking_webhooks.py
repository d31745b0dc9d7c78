"""Has webhooks' events sent soon after they happen: whatever causes them need not know that there are webhooks."""

import asyncio
import logging
from datetime import timedelta
from typing import Final

from jobs.actor import JobContext
from models.actor import SYSTEM
from models.feed import Feed
from models.operations.wake_webhooks import Woken, wake_webhooks

_NOBODY: Final = timedelta(seconds=5)
"""Until the next look where there is no webhook: nothing else is done then."""
_BUSY: Final = 1.0
_QUIET: Final = 30.0

_log = logging.getLogger(__name__)


async def keep_webhooks_awake(context: JobContext, *, nobody: timedelta = _NOBODY) -> None:
    """Look now, and after each event, until cancelled; a failure waits for the next time."""
    feed = Feed(context.database, context.clock)
    while True:
        try:
            if (await _wake(context)).enabled:
                await _follow(context, feed)
        except Exception as error:  # noqa: BLE001 - whatever it is, there is another time, and jobs must go on
            _log.warning("Webhooks could not be looked after: %s", type(error).__name__)
        await asyncio.sleep(nobody.total_seconds())


async def _follow(context: JobContext, feed: Feed) -> None:
    """Wake webhooks as the log grows, for as long as there are any."""
    async with feed.listening(SYSTEM) as ear:
        while (woken := await _wake(context)).enabled:
            await ear.next(patience=_BUSY if woken.busy else _QUIET)


async def _wake(context: JobContext) -> Woken:
    return await wake_webhooks(database=context.database, clock=context.clock)
