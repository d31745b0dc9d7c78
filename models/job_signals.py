"""Word from one process to the others that there is a new job: PostgreSQL's LISTEN and NOTIFY.

It is a hint to look at the queue, and never the only one: whoever does not hear looks often instead.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing
from typing import Final

from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncSession

_CHANNEL: Final = "extra_sessions_job"
_NOTIFY: Final = text(f"NOTIFY {_CHANNEL}")
_AGAIN: Final = 2.0
"""Seconds before another connection is tried."""
# A machine that is gone does not say so: it is noticed after half a minute.
_ALIVE: Final = {"connect_timeout": 5, "keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3}

_log = logging.getLogger(__name__)


async def notify(session: AsyncSession) -> None:
    """Tell every process that listens, once the caller's transaction is committed, and never otherwise."""
    await session.execute(_NOTIFY)


class JobSignals:
    """Hears of new jobs over a connection of its own, and gets another one when that is lost."""

    def __init__(self, url: URL, heard: Callable[[], None]) -> None:
        """``heard`` is called in the loop at each word, and when some may have been missed."""
        self.hears = False
        plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._conninfo = make_conninfo(plain, **_ALIVE)
        self._heard = heard

    async def listen(self) -> None:
        """Listen until cancelled."""
        while True:
            try:
                await self._hear()
            except Exception as lost:  # noqa: BLE001 - whatever it is, there is another try, and the queue is looked at
                _log.warning("The connection that hears of new jobs failed: %s", type(lost).__name__)
            finally:
                self.hears = False
            self._heard()
            await asyncio.sleep(_AGAIN)

    async def _hear(self) -> None:
        async with await AsyncConnection.connect(self._conninfo, autocommit=True) as connection:
            await connection.execute(f"LISTEN {_CHANNEL}")
            self.hears = True
            self._heard()
            async with aclosing(connection.notifies()) as words:
                async for _ in words:
                    self._heard()
