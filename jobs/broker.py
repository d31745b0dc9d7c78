"""A Dramatiq broker whose queue is the ``job`` table, so that a job is a row of the transaction that causes it.

One row is one job for life. ``models.outbox.enqueue`` writes it, this broker claims it, and however often it runs, it
stays that row: there is no delay queue (``run_at`` is in the row), no copy for a retry, no list of the dead elsewhere.
Dramatiq's Retries middleware is therefore left out: a failure moves the row's ``run_at``, by ``models.job_queue``.

How to write an actor, in a file of its own named like the operation or the mail::

    @actor(time_limit=timedelta(seconds=30))
    async def release_request(context: JobContext, *, request_id: str) -> None:
        ...

and list it in ``jobs/actors.py``. ``@actor`` makes an ``ActorSpec``, a plain value: no broker exists at import, and a
broker binds the specs it is constructed with. An operation promises it by ``Job("release_request", {"request_id": x})``
on the same queue. It runs on the process's own event loop. It must be safe to repeat, for a worker can die between
the effect and the acknowledgement; where the effect is in the database, pass ``context.claim`` to the operation, which
calls ``job_queue.finish`` in its transaction, and both happen once. Raising anything means "try again later"; raising
``Postponed``, not before a moment that it names.
"""

import logging
import threading
import time
from collections.abc import Coroutine, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Never, TypeVar

import structlog
from dramatiq import Actor, Broker, Consumer, Message, MessageProxy
from dramatiq.errors import ActorNotFound, ConnectionClosed
from dramatiq.middleware import CurrentMessage, Shutdown, ShutdownNotifications, TimeLimit

from jobs.actor import ActorSpec, JobContext, Postponed
from jobs.loop import SharedLoop
from jobs.pulse import RunOutcome, report_run
from models import job_queue
from models.job_queue import Claim

T = TypeVar("T")

POLL = timedelta(seconds=5)
"""How often an idle worker looks without a reason: each commit wakes it at once, and so does the next job's moment."""

_UNHEARD = timedelta(milliseconds=250)
"""The same while other processes' commits are not heard of."""

_CONTENDED = 0.1
"""Seconds before another look where something is due and others are at it."""

_UNTIL_FREE = 0.25
"""Seconds between the looks of a consumer whose threads are all at work at whether the worker stops."""

_UNTIL_STOPPED = 0.05
"""Seconds between a stopping consumer's looks at whether Dramatiq has stopped it."""

_log = logging.getLogger(__name__)


class JobFailed(Exception):
    """Stands in for what an actor raised: its type and its traceback, without a text that may quote somebody."""


class TableBroker(Broker):
    """Hands the table's jobs to one Dramatiq worker, never more at a time than it has threads.

    Nothing is fetched ahead: a claim counts as an attempt, and a job that only waited in memory beside one that kills
    the process would be charged for it. Make it on the event loop; add further middleware by ``add_middleware``.
    """

    def __init__(
        self, context: JobContext, *, actors: Iterable[ActorSpec], threads: int, poll: timedelta = POLL
    ) -> None:
        super().__init__([CurrentMessage(), TimeLimit(), ShutdownNotifications()])
        self.context = context
        self._poll = poll.total_seconds()
        self.loop = SharedLoop()
        self.free_threads = threading.BoundedSemaphore(threads)
        self.draining = threading.Event()
        self.queues: dict[str, threading.Event] = {}
        for spec in actors:
            self._bind(spec)
        context.database.on_job(self.wake)

    @property
    def patience(self) -> float:
        """Seconds until the next look, if nothing happens before."""
        heard = self.context.database.hears_of_jobs
        return self._poll if heard else min(self._poll, _UNHEARD.total_seconds())

    def wake(self) -> None:
        """Have every consumer look for work now."""
        for hint in self.queues.values():
            hint.set()

    def drain(self) -> None:
        """Claim nothing more; what was claimed goes on."""
        self.draining.set()
        self.wake()

    def ask(self, step: Coroutine[Any, Any, T]) -> T:
        """Take one step on the queue, from a thread. Raises Dramatiq's ConnectionClosed for what is worth repeating."""
        try:
            return self.loop.call(step)
        except job_queue.UNAVAILABLE:
            raise ConnectionClosed("The database does not answer.") from None  # type: ignore[no-untyped-call]  # Dramatiq's errors have no types

    def declare_queue(self, queue_name: str) -> None:
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues[queue_name] = threading.Event()
            self.emit_after("declare_queue", queue_name)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 30_000) -> "TableConsumer":
        """Consume one queue. Neither figure is used: nothing is fetched ahead, and the patience is the broker's."""
        del prefetch, timeout
        return TableConsumer(self, queue_name)

    def enqueue(self, message: "Message[Any]", *, delay: int | None = None) -> Never:
        """Refuse: a message beside the transaction is lost, or sent in vain, when the process dies in between."""
        del message, delay
        raise NotImplementedError("A job is a row of the operation's own transaction: use models.outbox.enqueue.")

    def _bind(self, spec: ActorSpec) -> None:
        if spec.time_limit > job_queue.LEASE / 2:
            raise ValueError(f"{spec.name} may run for {spec.time_limit}: its lease could end before it does.")

        def run(**ids: str) -> None:
            message: Any = CurrentMessage.get_current_message()
            context = replace(self.context, claim=message.claim)
            self.loop.run_actor(lambda: _carry_out(spec, context, message.claim, ids))

        options = {
            "time_limit": spec.time_limit / timedelta(milliseconds=1),
            "notify_shutdown": spec.notify_shutdown,
        }
        Actor(run, broker=self, actor_name=spec.name, queue_name=spec.queue, priority=0, options=options)


async def _carry_out(spec: ActorSpec, context: JobContext, claim: Claim, ids: dict[str, str]) -> None:
    try:
        with structlog.contextvars.bound_contextvars(job_id=claim.id), context.around(claim):
            await spec.run(context, **ids)
    except Postponed:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, only its type goes on
        raise JobFailed(type(error).__name__).with_traceback(error.__traceback__) from None


class ClaimedMessage(MessageProxy):
    """A job on its way through Dramatiq, with the claim that its acknowledgement needs."""

    def __init__(self, claim: Claim) -> None:
        super().__init__(
            Message(
                queue_name=claim.queue,
                actor_name=claim.actor,
                args=(),
                kwargs=dict(claim.args),
                options={},
                message_id=claim.id,
                message_timestamp=int(claim.created_at.timestamp() * 1000),
            )
        )
        self.claim = claim
        self._began = time.perf_counter()

    @property
    def seconds(self) -> float:
        """How long ago it was claimed."""
        return time.perf_counter() - self._began

    @property
    def failure(self) -> BaseException | None:
        return self._exception

    @property
    def error(self) -> str:
        """The type of the failure, never its text."""
        return str(self._exception) if isinstance(self._exception, JobFailed) else type(self._exception).__name__


class TableConsumer(Consumer):
    """Takes one queue's due jobs and settles them. Every step is fenced by the claim's token."""

    def __init__(self, broker: TableBroker, queue: str) -> None:
        self._broker = broker
        self._queue = queue
        self._hint = broker.queues[queue]
        self._database = broker.context.database
        self._clock = broker.context.clock

    def __next__(self) -> ClaimedMessage | None:
        if self._broker.draining.is_set():
            self._rest(_UNTIL_STOPPED)
        elif self._broker.free_threads.acquire(timeout=_UNTIL_FREE):
            claim, wait = self._claim()
            if claim:
                return ClaimedMessage(claim)
            self._rest(wait)
        return None

    def ack(self, message: MessageProxy) -> None:
        """End a run. One that failed is never done: Dramatiq acknowledges it too, unless its middleware objects."""
        if message.failure is None:
            self._settle(job_queue.acknowledge(self._database, message.claim, at=self._clock.now()))
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

    def _claim(self) -> tuple[Claim | None, float]:
        """Look first, without a write transaction; the thread stays taken only if a job was got for it.

        Returns also for how many seconds there is nothing to do, as far as is known.
        """
        at, claim = self._clock.now(), None
        try:
            moment = self._broker.ask(job_queue.next_moment(self._database, queue=self._queue))
            if moment is not None and moment <= at and not self._broker.draining.is_set():
                claim = self._broker.ask(job_queue.claim(self._database, queue=self._queue, at=at))
        finally:
            if claim is None:
                self._broker.free_threads.release()
            else:
                self._broker.context.pulse.beat(at)
        return claim, self._wait_for(moment, at)

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
