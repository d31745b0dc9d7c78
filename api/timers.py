"""Timers of one connection, by what they are for: a socket's are stopped together, and cost no task each."""

import asyncio
from collections.abc import Callable


class Timers:
    def __init__(self) -> None:
        self._running: dict[str, asyncio.TimerHandle] = {}

    def start(self, name: str, seconds: float, callback: Callable[[], object]) -> None:
        """Call back once after this time, instead of whatever ran under this name."""
        self.stop(name)
        self._running[name] = asyncio.get_running_loop().call_later(seconds, callback)

    def stop(self, *names: str) -> None:
        for name in names:
            if timer := self._running.pop(name, None):
                timer.cancel()

    def stop_all(self) -> None:
        self.stop(*list(self._running))
