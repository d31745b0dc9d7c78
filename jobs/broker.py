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
from collections.abc import Coroutine, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Never, TypeVar

import structlog
from dramatiq import Actor, Broker, Message
from dramatiq.errors import ConnectionClosed
from dramatiq.middleware import CurrentMessage, ShutdownNotifications, TimeLimit

from jobs.actor import ActorSpec, JobContext, Postponed
from jobs.claimed_message import JobFailed
from jobs.consumer import TableConsumer
from jobs.loop import SharedLoop
from jobs.turnover import Turnover
from models import job_queue
from models.job_queue import Claim

T = TypeVar("T")

POLL = timedelta(seconds=5)
"""How often an idle worker looks without a reason: each commit wakes it at once, and so does the next job's moment."""

_UNHEARD = timedelta(milliseconds=250)
"""The same while other processes' commits are not heard of."""

_log = logging.getLogger(__name__)


class TableBroker(Broker):
    """Hands the table's jobs to one Dramatiq worker, never more at a time than it has threads.

    Nothing is fetched ahead of a free thread: a claim counts as an attempt, and a job that only waited in memory beside
    one that kills the process would be charged for it. Make it on the event loop; add middleware by ``add_middleware``.
    """

    def __init__(
        self, context: JobContext, *, actors: Iterable[ActorSpec], threads: int, poll: timedelta = POLL
    ) -> None:
        super().__init__([CurrentMessage(), TimeLimit(), ShutdownNotifications()])
        self.context = context
        self._poll = poll.total_seconds()
        self.loop = SharedLoop()
        self.turnover = Turnover(context.database)
        self.threads = threads
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

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 30_000) -> TableConsumer:
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
