"""Runs SQLite's statements in the loop's own thread: handing each over to another one took most of a pair's time.

The driver's calls, their order and their answers stay as they are; only who makes them is another.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import aiosqlite
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

Call = tuple[asyncio.Future[Any] | None, Callable[[], Any]]


def work_at_once(engine: AsyncEngine) -> None:
    """Let the connections that this engine opens from now on work so; without effect on any other driver's."""
    if engine.dialect.driver == "aiosqlite":
        event.listen(engine.sync_engine, "do_connect", _open_at_once)


def _open_at_once(_dialect: Any, _record: Any, _args: Any, named: dict[str, Any]) -> None:
    named["async_creator_fn"] = _connect


def _connect(*args: Any, **named: Any) -> aiosqlite.Connection:
    connection: Any = aiosqlite.connect(*args, **named)
    connection._tx = connection._thread = _Here()  # noqa: SLF001 - the driver offers no choice of thread
    return connection  # type: ignore[no-any-return]  # it was made two lines above


class _Here:
    """Stands in for the queue of a connection's thread, and for the thread."""

    def start(self) -> None:
        """Nothing is to be started."""

    def put_nowait(self, call: Call) -> None:
        """Make the call; whoever waits for it goes on in the loop's next turn, so that others have theirs too."""
        future, function = call
        try:
            result = function()
        except Exception as fault:
            if future is None:
                raise
            future.set_exception(fault)
        else:
            if future is not None:
                _answer(future, result)


def _answer(future: asyncio.Future[Any], result: Any) -> None:
    if not future.done():
        future.set_result(result)
