"""Pages of events that are made once and sent to all who may see them and stand where they begin."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Final

from models.event_cursor import Position

FRESH: Final = 1.0
"""Seconds for which a page is shared: it shows things as they were when it was made."""
_LONGEST: Final = 10.0
"""Seconds for which those who want a page wait for one that somebody else asked for; later ones ask anew."""
_KEPT_BYTES: Final = 16_777_216
"""Of pages that are shared; the oldest go first."""


@dataclass(frozen=True, slots=True)
class Page:
    """Events as they are sent, and the place that they lead up to."""

    payloads: list[bytes]
    place: Position

    @property
    def size(self) -> int:
        return sum(map(len, self.payloads))


@dataclass(slots=True)
class _Kept:
    """A page that is made, or being made."""

    begun: float
    task: asyncio.Task[Page]
    size: int = 0


class SharedPages:
    """Pages by who may see them and where they begin. One is made once, while those who want it wait for it."""

    def __init__(self, fresh: float) -> None:
        self._fresh = fresh
        self._pages: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._size = 0

    async def get(self, key: Hashable, make: Callable[[], Awaitable[Page]]) -> Page:
        """Return the page that begins there. How far it goes, whoever asked first has said."""
        now = asyncio.get_running_loop().time()
        self._let_go(now)
        kept = self._pages.get(key)
        if kept is None or (kept.task.done() and _failed(kept.task)):
            self._pages.pop(key, None)
            kept = self._pages[key] = _Kept(now, asyncio.create_task(_made(make)))
            kept.task.add_done_callback(partial(self._weigh, key, kept))
        return kept.task.result() if kept.task.done() else await asyncio.shield(kept.task)

    def _weigh(self, key: Hashable, kept: _Kept, task: asyncio.Task[Page]) -> None:
        if self._pages.get(key) is kept and not _failed(task):
            kept.size = task.result().size
            self._size += kept.size

    def _let_go(self, now: float) -> None:
        """Drop what is stale, and the oldest where all is too much."""
        while self._pages:
            key, kept = next(iter(self._pages.items()))
            lasting = self._fresh if kept.task.done() else _LONGEST
            if now < kept.begun + lasting and self._size <= _KEPT_BYTES:
                return
            del self._pages[key]
            self._size -= kept.size


async def _made(make: Callable[[], Awaitable[Page]]) -> Page:
    return await make()


def _failed(task: asyncio.Task[Page]) -> bool:
    return task.cancelled() or task.exception() is not None
