"""What the clock does: looks at one deadline when its moment comes, and reminds, escalates or ends what is due."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from models import job_queue
from models.actor import SYSTEM
from models.clock import Clock
from models.database import Database
from models.deadlines import keep_watched
from models.events import record
from models.job_queue import Claim
from models.locks import lock_request
from models.mail_owed import owe_backup, owe_mail, owe_provider, owe_reviewers
from models.operations.ending import end_request
from models.operations.resuming import give_up_answer
from models.queries.agreements import Terms, terms_of
from models.rules.lifecycle import OPEN, Move
from models.rules.vocabulary import DeadlineKind, EventType, MailKind, Role, StaffTaskKind
from models.rules.watching import (
    Act,
    Scheduled,
    look_tomorrow,
    next_after,
    owed_now,
    schedule,
    state_reached,
)
from models.staff_tasks import open_task
from models.tables import Deadline, ExtraSessionsRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchDeadline:
    deadline_id: str


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at a locked request's deadline."""

    session: AsyncSession
    request: ExtraSessionsRequest
    terms: Terms
    now: datetime
    moment: datetime
    """When what is done now was due: reminders and what says that it is overdue bear it, however late they are."""


async def watch_deadline(
    command: WatchDeadline, *, database: Database, clock: Clock, claim: Claim | None = None
) -> None:
    """Act on the latest moment of the deadline's schedule that has come, once, and have the next one watched.

    A deadline that is met, cancelled or paused by then is left alone. Where nothing is owed yet (it has moved, the
    clock was put back, another calendar counts otherwise), it is looked at again in time. Locks the request.
    """
    now = clock.now()
    async with database.transaction() as session:
        request_id = (await session.execute(_RUNNING, {"deadline_id": command.deadline_id})).scalar_one_or_none()
        if request_id is not None:
            await _look_at(session, command.deadline_id, request_id, claim=claim, now=now)
        await job_queue.finish(session, claim, at=now)


_RUNS = (Deadline.met_at.is_(None), Deadline.cancelled_at.is_(None), Deadline.paused_at.is_(None))
"""Most deadlines are met before their next look: those cost no lock."""
_RUNNING = select(Deadline.request_id).where(Deadline.id == bindparam("deadline_id"), *_RUNS)


async def _look_at(
    session: AsyncSession, deadline_id: str, request_id: str, *, claim: Claim | None, now: datetime
) -> None:
    request = await lock_request(session, request_id, SYSTEM, now=now)
    found = await session.execute(select(Deadline).where(Deadline.id == deadline_id, *_RUNS))
    deadline = found.scalar_one_or_none()
    if deadline is not None:  # it may have been met while the lock was waited for
        next_look = await _look(session, request, deadline, now=now)
        await keep_watched(session, deadline.id, next_look, but=claim.id if claim else None, now=now)


async def _look(
    session: AsyncSession, request: ExtraSessionsRequest, deadline: Deadline, *, now: datetime
) -> Scheduled | None:
    """Do what is owed; return when to look next."""
    terms = await terms_of(session, request)
    moments = schedule(deadline.kind, deadline.due_at, deadline.counted_from, terms.calendar)
    acted_until = deadline.acted_until or request.submitted_at
    owed = owed_now(moments, acted_until=acted_until, now=now)
    if owed is None:
        return next_after(moments, max(acted_until, now))
    look = _Look(session, request, terms, now, owed.at)
    _tell_of_its_state(look, deadline, owed, acted_until)
    if deadline.kind is DeadlineKind.RELAY and request.status in OPEN:
        # The decision is late, which staff know: there is no outcome yet that could be stuck.
        deadline.acted_until = deadline.due_at
        return look_tomorrow(terms.calendar, now)
    deadline.acted_until = owed.at
    await session.flush()
    acts = _REMINDERS if owed.act is Act.REMIND else _BREACHES
    await acts[deadline.kind](look)
    return next_after(moments, now)


def _tell_of_its_state(look: _Look, deadline: Deadline, owed: Scheduled, acted_until: datetime) -> None:
    """Record that the deadline has come to be at risk, or overdue.

    An organisation that was released the request this very morning reads there that it is at risk, whichever of the
    two jobs ran first.
    """
    kind, due_at, at_risk_from = deadline.kind, deadline.due_at, deadline.at_risk_from
    event = state_reached(kind, owed, due_at=due_at, at_risk_from=at_risk_from, acted_until=acted_until)
    if event is None:
        return
    hidden = event is EventType.DEADLINE_AT_RISK and not _was_released_before_that_day(look)
    today = look.terms.calendar.local_day(look.now)
    record(look.session, event, look.request, by=SYSTEM, at=look.now, on=today, hidden=hidden, detail=kind)


def _was_released_before_that_day(look: _Look) -> bool:
    released_on = look.request.released_on
    return released_on is not None and released_on < look.terms.calendar.local_day(look.moment)


async def _remind_reviewers(look: _Look) -> None:
    """Nobody is reminded of what they were told this very morning, or were never told at all."""
    if _was_released_before_that_day(look):
        await owe_reviewers(look.session, MailKind.REVIEW_REMINDER, look.request, at=look.now, bears=look.moment)


async def _remind_consultant(look: _Look) -> None:
    owe_mail(look.session, MailKind.DETAILS_REMINDER, look.request.id, at=look.now, bears=look.moment)


async def _expire(look: _Look) -> None:
    await end_request(look.session, look.request, Move.EXPIRE, terms=look.terms, by=SYSTEM, at=look.now)


async def _lapse(look: _Look) -> None:
    await end_request(look.session, look.request, Move.LAPSE, terms=look.terms, by=SYSTEM, at=look.now)


async def _give_up(look: _Look) -> None:
    await give_up_answer(look.session, look.request, look.terms, now=look.now)


async def _escalate_decision(look: _Look) -> None:
    """The backup reviewer hears only of what the organisation was released; of the rest once it is."""
    if look.request.is_released:
        await owe_backup(look.session, look.request, at=look.now, bears=look.moment)
    await _tell_staff(look)


async def _tell_staff(look: _Look) -> None:
    record(look.session, EventType.ESCALATED, look.request, by=SYSTEM, at=look.now)
    staff, kind = Role.PROVIDER_STAFF, MailKind.OVERDUE_STAFF
    await owe_provider(look.session, kind, look.request.id, staff, at=look.now, bears=look.moment)


async def _relay_is_stuck(look: _Look) -> None:
    if await open_task(look.session, StaffTaskKind.RELAY, look.request.id, at=look.now):
        record(look.session, EventType.RELAY_STUCK, look.request, by=SYSTEM, at=look.now)


_REMINDERS: dict[DeadlineKind, Callable[[_Look], Awaitable[None]]] = {
    DeadlineKind.DECISION: _remind_reviewers,
    DeadlineKind.DETAILS: _remind_consultant,
}
_BREACHES: dict[DeadlineKind, Callable[[_Look], Awaitable[None]]] = {
    DeadlineKind.CONFIRMATION: _expire,
    DeadlineKind.DETAILS: _lapse,
    DeadlineKind.CLINICAL_REVIEW: _tell_staff,
    DeadlineKind.DECISION: _escalate_decision,
    DeadlineKind.ANSWER: _give_up,
    DeadlineKind.RELAY: _relay_is_stuck,
}
