"""Lets Dramatiq's threads use the process's one event loop, which the database and all actors belong to.

Dramatiq would start a loop of its own for async actors; a database that the web process also uses fails there.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future
from typing import Any, TypeVar

from dramatiq.middleware import Interrupt, Shutdown

T = TypeVar("T")

_LISTEN = 0.1
"""Seconds between moments at which a waiting thread can be interrupted."""
_ROLL_BACK = 5.0
"""Seconds that an interrupted actor has to come to its end."""


class SharedLoop:
    """The running loop, seen from other threads. Make it on the loop; use it there and the thread waits for itself."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._running: set[asyncio.Task[None]] = set()
        self._stopping = False

    def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a short coroutine, such as one step on the queue, to its end."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def run_actor(self, actor: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run an actor until it ends, or until Dramatiq interrupts this thread (a time limit, a shutdown).

        An interrupted actor is cancelled, and has rolled back when this returns. Raises Shutdown for one that
        ``cancel_actors`` ended.
        """
        run = _Run()
        try:
            _wait(asyncio.run_coroutine_threadsafe(self._tracked(actor, run), self._loop))
        except Interrupt:  # it can arrive anywhere, so before there is a future to cancel too
            self._loop.call_soon_threadsafe(run.drop)
            run.ended.wait(_ROLL_BACK)
            raise
        except CancelledError:
            if self._stopping:
                raise Shutdown from None
            raise  # by its own doing: a failure like any other

    def cancel_actors(self) -> None:
        """Cancel the actors that still run, because the process is about to end. Call it on the loop."""
        self._stopping = True
        for task in self._running:
            task.cancel()

    async def _tracked(self, actor: Callable[[], Coroutine[Any, Any, None]], run: "_Run") -> None:
        run.task = task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine always runs in a task here
        self._running.add(task)
        try:
            if not run.dropped:
                await actor()
        finally:
            self._running.discard(task)
            run.ended.set()


class _Run:
    """One run of an actor, as the thread that waits for it knows it."""

    def __init__(self) -> None:
        self.ended = threading.Event()
        self.dropped = False
        self.task: asyncio.Task[None] | None = None

    def drop(self) -> None:
        """Cancel it, or have it never begin. Call it on the loop."""
        self.dropped = True
        if self.task is not None:
            self.task.cancel()


def _wait(future: "Future[None]") -> None:
    """Wait in short steps: an exception that is sent to a thread arrives only when the thread runs Python again."""
    while not future.done():
        try:
            return future.result(timeout=_LISTEN)
        except TimeoutError:
            continue  # the wait's, or the actor's own: then the loop ends here
    return future.result()
