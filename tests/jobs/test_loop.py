"""A thread that is told to stop leaves no actor behind: not one that runs, nor one that has yet to begin."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from dramatiq.middleware import Shutdown
from dramatiq.middleware.threading import raise_thread_exception

from jobs.loop import SharedLoop
from tests.jobs.workshop import until

Actor = Callable[[], Coroutine[Any, Any, None]]


class Waiting(threading.Thread):
    """One of Dramatiq's threads, which waits for an actor."""

    def __init__(self, loop: SharedLoop, actor: Actor) -> None:
        super().__init__(daemon=True)
        self._loop = loop
        self._actor = actor
        self.raised: BaseException | None = None

    def run(self) -> None:
        try:
            self._loop.run_actor(self._actor)
        except Shutdown as shutdown:
            self.raised = shutdown

    def interrupt(self) -> None:
        assert self.ident is not None
        raise_thread_exception(self.ident, Shutdown)  # type: ignore[no-untyped-call]  # as Dramatiq wrote it


async def test_an_actor_that_runs_has_ended_when_its_thread_goes_on() -> None:
    said: list[str] = []

    async def actor() -> None:
        said.append("begun")
        try:
            await asyncio.sleep(60)
        finally:
            said.append("rolled back")

    thread = Waiting(SharedLoop(), actor)
    thread.start()
    await until(lambda: said)
    thread.interrupt()
    await until(lambda: not thread.is_alive())
    assert isinstance(thread.raised, Shutdown)
    assert said == ["begun", "rolled back"]


async def test_an_actor_that_has_not_begun_never_does() -> None:
    said: list[str] = []

    async def actor() -> None:
        said.append("begun")

    thread = Waiting(SharedLoop(), actor)
    thread.start()
    threading.Event().wait(0.3)  # the loop is held up, so that nothing begins
    thread.interrupt()
    threading.Event().wait(0.3)
    await until(lambda: not thread.is_alive())
    assert isinstance(thread.raised, Shutdown)
    assert said == []
