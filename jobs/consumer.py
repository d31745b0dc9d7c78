"""Takes due jobs out of the table for Dramatiq's worker, and settles them there."""

import logging
import time
from collections import deque
from collections.abc import Coroutine, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

from dramatiq import Consumer, MessageProxy
from dramatiq.errors import ActorNotFound, ConnectionClosed
from dramatiq.middleware import Shutdown

from jobs.actor import Postponed
from jobs.claimed_message import ClaimedMessage
from jobs.pulse import RunOutcome, report_run
from models import job_queue
from models.job_queue import Claim

if TYPE_CHECKING:
    from jobs.broker import TableBroker

T = TypeVar("T")

_CONTENDED = 0.1
"""Seconds before another look where something is due and others are at it."""

_UNTIL_FREE = 0.25
"""Seconds between the looks of a consumer whose threads are all at work at whether the worker stops."""

_GATHER = 0.004
"""Seconds in which other threads may become free too, where there is more to do: for all of them one transaction."""

_UNTIL_STOPPED = 0.05
"""Seconds between a stopping consumer's looks at whether Dramatiq has stopped it."""

_log = logging.getLogger(__name__)


class TableConsumer(Consumer):
    """Takes one queue's due jobs and settles them. Every step is fenced by the claim's token."""

    def __init__(self, broker: "TableBroker", queue: str) -> None:
        self._broker = broker
        self._queue = queue
        self._hint = broker.queues[queue]
        self._database = broker.context.database
        self._clock = broker.context.clock
        self._claimed: deque[Claim] = deque()
        """For each a thread is free: they are handed out within microseconds."""
        self._more = False
        """Whether the last claim got all that it asked for, so that there is probably more."""

    def __next__(self) -> ClaimedMessage | None:
        if not self._claimed and self._broker.draining.is_set():
            self._rest(_UNTIL_STOPPED)
        elif not self._claimed and (free := self._take_free_threads()):
            claimed, wait = self._claim(free)
            self._claimed.extend(claimed)
            if not claimed:
                self._rest(wait)
        return ClaimedMessage(self._claimed.popleft()) if self._claimed else None

    def ack(self, message: MessageProxy) -> None:
        """End a run. One that failed is never done: Dramatiq acknowledges it too, unless its middleware objects."""
        if message.failure is None:
            self._end(cast("ClaimedMessage", message))
            self._report(message, RunOutcome.DONE)  # most were ended in their operation's own transaction
        elif isinstance(message.failure, Shutdown):
            self._hand_back(message)
        elif isinstance(message.failure, Postponed):
            self._hand_back(message, until=message.failure.until)
        else:
            self._retry(message)

    def nack(self, message: MessageProxy) -> None:
        """Give a job up because a middleware says so. One that is unknown here may be known to a newer worker."""
        if isinstance(message.failure, ActorNotFound):
            self._retry(message)
            return
        bury = job_queue.bury(self._database, message.claim, error=message.error, at=self._clock.now())
        buried = self._settle(bury)
        self._report(message, RunOutcome.DEAD if buried else RunOutcome.LOST)
        if buried:
            _log.error("Job %s (%s) was rejected: %s", message.message_id, message.actor_name, message.error)

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        """Hand back what was claimed and never begun."""
        for message in messages:
            self._hand_back(message)

    def _end(self, message: ClaimedMessage) -> None:
        """Have it ended together with the next claim, which already counts this thread as free."""

        def in_line() -> None:
            if message.holds_thread:
                message.holds_thread = False
                self._broker.free_threads.release()

        try:
            self._broker.ask(self._broker.turnover.end(message.claim, at=self._clock.now(), in_line=in_line))
        except ConnectionClosed:  # Dramatiq asks again later, and its thread waits: no job for that, if none is taken
            message.holds_thread = self._broker.free_threads.acquire(blocking=False)
            raise

    def _hand_back(self, message: MessageProxy, *, until: datetime | None = None) -> None:
        kept = self._settle(job_queue.hand_back(self._database, message.claim, until=until))
        self._report(message, RunOutcome.HANDED_BACK if kept else RunOutcome.LOST)

    def _retry(self, message: MessageProxy) -> None:
        retry = job_queue.retry(self._database, message.claim, error=message.error, at=self._clock.now())
        if not self._settle(retry):
            self._report(message, RunOutcome.LOST)
        elif message.claim.is_last:
            self._report(message, RunOutcome.DEAD)
            _log.error("Job %s (%s) is dead: %s", message.message_id, message.actor_name, message.error)
        else:
            self._report(message, RunOutcome.RETRIED)

    def _report(self, message: MessageProxy, outcome: RunOutcome) -> None:
        known = message.actor_name in self._broker.actors
        report_run(message.claim, outcome, seconds=message.seconds, known=known)

    def _rest(self, seconds: float) -> None:
        """Wait, or until something may have changed."""
        self._hint.wait(seconds)
        self._hint.clear()

    def close(self) -> None:
        """Hand back what was claimed and not handed out: the worker stops."""
        self.requeue([ClaimedMessage(self._claimed.popleft()) for _ in range(len(self._claimed))])

    def _take_free_threads(self) -> int:
        """Wait for one thread to be free, and take it with all others that are; return how many those are."""
        if not self._broker.free_threads.acquire(timeout=_UNTIL_FREE):
            return 0
        taken, gathered_at = 1, time.monotonic() + (_GATHER if self._more else 0)
        while taken < self._broker.threads and self._broker.free_threads.acquire(
            timeout=max(0, gathered_at - time.monotonic())
        ):
            taken += 1
        return taken

    def _claim(self, free: int) -> tuple[list[Claim], float]:
        """Look first, without a write transaction, unless there is probably more.

        A thread stays taken only if a job was got for it. Returns also for how many seconds there is nothing to do, as
        far as is known.
        """
        at, claimed, at_once = self._clock.now(), list[Claim](), self._more
        moment: datetime | None = at
        try:
            if not at_once:
                moment = self._broker.ask(job_queue.next_moment(self._database, queue=self._queue))
            if moment is not None and moment <= at and not self._broker.draining.is_set():
                claimed = self._broker.ask(self._broker.turnover.take(queue=self._queue, at=at, most=free))
        finally:
            self._more = len(claimed) == free
            if len(claimed) < free:
                self._broker.free_threads.release(free - len(claimed))
            if claimed:
                self._broker.context.pulse.beat(at)
        return claimed, 0 if at_once else self._wait_for(moment, at)

    def _wait_for(self, moment: datetime | None, at: datetime) -> float:
        if moment is None:
            return self._broker.patience
        return min(self._broker.patience, (moment - at).total_seconds() if moment > at else _CONTENDED)

    def _settle(self, step: Coroutine[Any, Any, T]) -> T:
        """Take a claim's last step, and give its thread free."""
        try:
            outcome = self._broker.ask(step)
        except ConnectionClosed:
            raise  # Dramatiq asks again until the database answers, and its thread is taken until then
        except BaseException:
            self._broker.free_threads.release()
            raise
        self._broker.free_threads.release()
        return outcome
