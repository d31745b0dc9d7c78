"""A worker in one line: carries out what is due at the clock's moment, or moves the clock from job to job."""

from collections.abc import Collection
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from models import job_queue, tables
from models.job_queue import Claim
from models.operations.match_accounts import MatchAccounts, match_accounts
from models.operations.record_mail import MailOutcome, RecordMail, record_mail
from models.operations.release_request import ReleaseRequest, release_request
from models.operations.watch_deadline import WatchDeadline, watch_deadline
from models.rules.vocabulary import MailKind
from models.tables.job import JobState
from tests.builders import World
from tests.operations.ledger import rows

MELBOURNE = "Australia/Melbourne"
_DO: dict[str, tuple[Any, Any]] = {
    "watch_deadline": (WatchDeadline, watch_deadline),
    "release_request": (ReleaseRequest, release_request),
    "match_accounts": (MatchAccounts, match_accounts),
}


def local(day: date, hour: int, minute: int = 0, second: int = 0, *, zone: str = MELBOURNE) -> datetime:
    """Return the moment, in UTC, when clocks in Melbourne, or in another zone, show that time."""
    return datetime.combine(day, time(hour, minute, second), tzinfo=ZoneInfo(zone)).astimezone(UTC)


async def run_due(world: World, *, failing: Collection[MailKind] = ()) -> int:
    """Carry out all that is due now, as a worker that was away until now does, and return how many jobs that were.

    The mail server takes every mail but the kinds that are ``failing``: those are tried again.
    """
    done = 0
    while claim := await job_queue.claim(world.database, queue="default", at=world.clock.now()):
        await _carry_out(world, claim, failing)
        done += 1
    return done


async def run_until(world: World, moment: datetime, *, failing: Collection[MailKind] = ()) -> None:
    """Let the clock go on to a moment, with a worker that does everything the moment it is due."""
    while due := [at for at in await promised(world) if at <= moment]:
        world.clock.set(max(due[0], world.clock.now()))
        await run_due(world, failing=failing)
    world.clock.set(moment)


async def promised(world: World, *, deadline: str | None = None) -> list[datetime]:
    """Return when jobs wait to be run, soonest first; or the looks at one deadline."""
    return sorted(
        job.run_at
        for job in await rows(world.database, tables.Job)
        if job.state is JobState.READY and deadline in {None, job.args.get("deadline_id")}
    )


async def look(world: World, deadline_id: str) -> None:
    """Look at a deadline now, as a job does that came late, early or twice."""
    await watch_deadline(WatchDeadline(deadline_id=deadline_id), database=world.database, clock=world.clock)


async def mails(world: World, kind: MailKind) -> list[Row[Any]]:
    """Return the mails of one kind, in the order that they bear."""
    return [row for row in await rows(world.database, tables.Mail, "created_at", "id") if row.kind is kind]


async def _carry_out(world: World, claim: Claim, failing: Collection[MailKind]) -> None:
    if "mail_id" not in claim.args:
        command, operation = _DO[claim.actor]
        await operation(command(**claim.args), database=world.database, clock=world.clock, claim=claim)
    elif MailKind(claim.actor.removesuffix("_email").upper()) in failing:
        await job_queue.retry(world.database, claim, error="MailServerAway", at=world.clock.now())
    else:
        taken = RecordMail(mail_id=claim.args["mail_id"], outcome=MailOutcome.ACCEPTED)
        await record_mail(taken, database=world.database, clock=world.clock, claim=claim)
