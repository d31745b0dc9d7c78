"""What an actor is here: an async function of a context and some ids, declared by value and bound to a broker later."""

from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Concatenate

from dramatiq import RateLimitExceeded

from jobs.mailer import Mailer
from jobs.pulse import Pulse
from jobs.room import Room
from jobs.webhook_line import Lines
from jobs.writing import Writer
from models.clock import Clock
from models.database import Database
from models.job_queue import Claim
from models.operations.clean_up import CleanUp


def _plainly(_: Claim) -> AbstractContextManager[None]:
    return nullcontext()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobContext:
    """What every actor gets: the process's own parts, and the claim that it runs under."""

    database: Database
    clock: Clock
    mailer: Mailer
    writer: Writer
    provider: str
    """The provider's name, which e-mails are signed with."""
    sender: str
    """The address that e-mails come from."""
    public_url: str
    """Where people sign in: the start of each link in an e-mail."""
    webhooks: Lines = field(default_factory=Lines)
    """How webhooks' endpoints are reached."""
    sending: Room = field(default_factory=lambda: Room(1))
    """How many webhooks are sent to at the same time, in this process."""
    give_up_webhooks: timedelta = timedelta(hours=72)
    """After failing for so long a webhook is switched off."""
    keep: CleanUp = field(default_factory=CleanUp)
    """For how long what has served its time stays in the tables."""
    pulse: Pulse = field(default_factory=Pulse)
    """Where the process's worker notes that it is alive."""
    around: Callable[[Claim], AbstractContextManager[None]] = _plainly
    """Entered on the loop around each run, by whoever traces them."""
    claim: Claim | None = None
    """Hand it to the operation, which gives it to ``job_queue.finish`` in its transaction. None outside a worker."""


class Postponed(RateLimitExceeded):
    """An actor's word that its job shall run later, through no failure of its own: the attempt is not counted."""

    def __init__(self, until: datetime) -> None:
        super().__init__("postponed")  # type: ignore[no-untyped-call]  # Dramatiq's errors have no types
        self.until = until


JobFunction = Callable[Concatenate[JobContext, ...], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorSpec:
    """One actor: what runs for the jobs of this name."""

    name: str
    run: JobFunction
    queue: str
    time_limit: timedelta
    """After this the actor is cancelled, rolls back and is tried again later; at most half a lease."""
    notify_shutdown: bool
    """Whether a stopping worker cancels it at once instead of letting it finish: for work that repeats cheaply."""


def actor(
    *, queue: str = "default", time_limit: timedelta = timedelta(minutes=1), notify_shutdown: bool = False
) -> Callable[[JobFunction], ActorSpec]:
    """Declare an actor under its function's name. It does nothing until it is listed in ``jobs.actors``."""

    def declare(run: JobFunction) -> ActorSpec:
        return ActorSpec(
            name=run.__name__, run=run, queue=queue, time_limit=time_limit, notify_shutdown=notify_shutdown
        )

    return declare
