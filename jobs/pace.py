"""Keeps a process to as many e-mails a minute as its mail server allows."""

from collections import deque
from datetime import datetime, timedelta

from jobs.actor import Postponed
from models.clock import Clock

MINUTE = timedelta(minutes=1)


class Pace:
    """Lets so many go in any minute, the first of them at once; 0 sets no limit."""

    def __init__(self, rate: int, clock: Clock) -> None:
        self._clock = clock
        self._gone: deque[datetime] | None = deque(maxlen=rate) if rate else None

    def take(self) -> None:
        """Take one place. Raises Postponed, until the moment at which the next place is free."""
        if self._gone is None:
            return
        now = self._clock.now()
        if len(self._gone) == self._gone.maxlen and now < (free := self._gone[0] + MINUTE):
            raise Postponed(free)
        self._gone.append(now)
