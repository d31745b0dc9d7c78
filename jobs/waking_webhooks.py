"""Has webhooks' events sent soon after they happen: whatever causes them need not know that there are webhooks."""

import asyncio
import logging
from typing import Final

from jobs.actor import JobContext
from models.operations.wake_webhooks import Woken, wake_webhooks

_NOBODY: Final = 5.0
"""Seconds until the next look where there is no webhook: nothing else is done then."""
_BUSY: Final = 1.0
_SOON: Final = 0.25

_log = logging.getLogger(__name__)


async def keep_webhooks_awake(context: JobContext) -> None:
    """Look now, and after each event, until cancelled; a failure waits for the next time."""
    while True:
        try:
            woken = await wake_webhooks(database=context.database, clock=context.clock)
        except Exception as error:  # noqa: BLE001 - whatever it is, there is another time, and jobs must go on
            _log.warning("Webhooks could not be looked after: %s", type(error).__name__)
            await asyncio.sleep(_NOBODY)
        else:
            await _rest(woken)


async def _rest(woken: Woken) -> None:
    if not woken.enabled:
        await asyncio.sleep(_NOBODY)
    else:
        await asyncio.sleep(_BUSY if woken.busy else _SOON)
