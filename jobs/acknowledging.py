"""Ends jobs that are done, those of one moment together: a transaction for each is most of what a small job costs."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from models import job_queue
from models.database import Database
from models.job_queue import Claim


@dataclass(frozen=True, slots=True)
class _Waiting:
    claim: Claim
    at: datetime
    answer: asyncio.Future[bool]


class Acknowledger:
    """Belongs to one event loop. Whoever comes while a transaction is under way goes into the next one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[_Waiting] = []
        self._ending: asyncio.Task[None] | None = None

    async def done(self, claim: Claim, *, at: datetime) -> bool:
        """Mark a job done; False when it is no longer this claim's. Raises what kept it from being written."""
        one = _Waiting(claim, at, asyncio.get_running_loop().create_future())
        self._waiting.append(one)
        if self._ending is None or self._ending.done():
            self._ending = asyncio.create_task(self._end())
        return await one.answer

    async def _end(self) -> None:
        while self._waiting:
            together, self._waiting = self._waiting, []
            try:
                at = max(one.at for one in together)
                ended = await job_queue.acknowledge_all(self._database, [one.claim for one in together], at=at)
            except Exception as fault:  # noqa: BLE001 - each of those who wait is told, and asks again
                for one in together:
                    if not one.answer.done():
                        one.answer.set_exception(fault)
            else:
                for one in together:
                    if not one.answer.done():
                        one.answer.set_result(one.claim.id in ended)
