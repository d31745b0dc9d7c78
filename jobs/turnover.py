"""Ends jobs that are done and takes the next ones in one transaction: a commit for each is most of what a job costs."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from models import job_queue
from models.database import Database
from models.job_queue import Claim

_RECOVER_EVERY = timedelta(seconds=1)
_UNTIL_TAKEN = 0.005
"""Seconds that a job which is done waits for a transaction that takes others; then it is ended by one of its own."""


@dataclass(frozen=True, slots=True)
class _Done:
    claim: Claim
    at: datetime
    ended: asyncio.Future[None]


class Turnover:
    """Belongs to one event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._done: list[_Done] = []
        self._ending: asyncio.Task[None] | None = None
        self._recovered_at: dict[str, datetime] = {}

    async def end(self, claim: Claim, *, at: datetime, in_line: Callable[[], None]) -> None:
        """Return once the job is marked done, if it is still this claim's; raise what kept that from being written.

        ``in_line`` is called as soon as whoever takes jobs will end this one too.
        """
        one = _Done(claim, at, asyncio.get_running_loop().create_future())
        self._done.append(one)
        in_line()
        if self._ending is None or self._ending.done():
            self._ending = asyncio.create_task(self._end_by_themselves())
        await one.ended

    async def take(self, *, queue: str, at: datetime, most: int) -> list[Claim]:
        """Take so many due jobs at most, by ``job_queue.claim_some``; a dead worker's are found within a second."""
        recover = at - self._recovered_at.get(queue, at - _RECOVER_EVERY) >= _RECOVER_EVERY
        with self._those_done() as done:
            claimed = await job_queue.claim_some(
                self._database, queue=queue, at=at, most=most, done=done, recover=recover
            )
        if recover:
            self._recovered_at[queue] = at
        return claimed

    async def _end_by_themselves(self) -> None:
        while self._done:
            await asyncio.sleep(_UNTIL_TAKEN)
            if self._done:
                at = max(one.at for one in self._done)
                with suppress(Exception), self._those_done() as done:  # each who waits is told, and asks again
                    await job_queue.acknowledge_all(self._database, done, at=at)

    @contextmanager
    def _those_done(self) -> Iterator[list[Claim]]:
        """Give all that wait to be ended, and tell each of them what becomes of the block."""
        together, self._done = self._done, []
        try:
            yield [one.claim for one in together]
        except BaseException as fault:
            for one in _listening(together):
                one.ended.set_exception(fault)
            raise
        for one in _listening(together):
            one.ended.set_result(None)


def _listening(those: list[_Done]) -> list[_Done]:
    return [one for one in those if not one.ended.done()]
