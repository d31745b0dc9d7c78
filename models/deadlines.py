"""Sets, moves, pauses, meets and cancels the deadlines of a request, inside the caller's transaction.

A job looks at each at the next moment of its schedule (``watch_deadline``): what has moved, is met or paused by then
is left alone.
"""

from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import Update, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.ids import new_id
from models.outbox import Job, enqueue, is_promised
from models.rules import business_days
from models.rules.business_days import BusinessCalendar, Due
from models.rules.vocabulary import DeadlineKind
from models.rules.watching import Scheduled, at_risk_from, begins_at_risk, next_after, schedule
from models.tables import Deadline

_RUNNING: Final = (
    Deadline.request_id == bindparam("of_request"),
    Deadline.kind == bindparam("of_kind"),
    Deadline.met_at.is_(None),
    Deadline.cancelled_at.is_(None),
)
_DUE: Final = select(Deadline.due_at).where(*_RUNNING)
_TO_MOVE: Final = select(
    Deadline.id, Deadline.due_at, Deadline.at_risk_from, Deadline.acted_until, Deadline.paused_at
).where(*_RUNNING)

CONFIRM_WITHIN = timedelta(hours=48)
"""After the last submit or revise."""
PAUSABLE = (DeadlineKind.DECISION, DeadlineKind.RELAY)
"""What stands still while the organisation waits for an answer."""


def add_deadline(  # noqa: PLR0913 - a deadline is all of these
    session: AsyncSession,
    request_id: str,
    kind: DeadlineKind,
    due: Due | datetime,
    calendar: BusinessCalendar,
    *,
    at: datetime,
    watched: bool = True,
) -> None:
    """Add a deadline with the calendar that it was computed by, and have it watched.

    ``due`` is a bare moment where hours count. What its schedule held before ``at`` is not acted on. One that has ended
    already needs no watching.
    """
    values = _counted(kind, due, calendar)
    deadline_id = new_id("due")
    session.add(Deadline(id=deadline_id, request_id=request_id, kind=kind, acted_until=at, **values))
    if watched:
        _watch(session, deadline_id, next_after(_schedule(kind, values, calendar), at), at=at)


def add_decision_deadlines(  # noqa: PLR0913 - from which day, by which calendar
    session: AsyncSession,
    request_id: str,
    *,
    day0: date,
    due_days: int,
    calendar: BusinessCalendar,
    at: datetime,
    watched: bool = True,
) -> datetime:
    """Add the decision's and the relay's deadline of a request that the organisation now reviews; return the first."""
    due = business_days.due_after(calendar, day0, due_days)
    add_deadline(session, request_id, DeadlineKind.DECISION, due, calendar, at=at, watched=watched)
    relay = business_days.relay_due(calendar, due.at)
    add_deadline(session, request_id, DeadlineKind.RELAY, relay, calendar, at=at, watched=watched)
    return due.at


async def move_deadline(  # noqa: PLR0913 - which one, to when, by which calendar
    session: AsyncSession,
    request_id: str,
    kind: DeadlineKind,
    due: Due | datetime,
    calendar: BusinessCalendar,
    *,
    at: datetime,
    resumes: bool = True,
) -> bool:
    """Set a deadline anew that is still running, and start its clock again where that was paused, unless told not to.

    Where that moves it, what its new schedule held before ``at`` is not acted on, nor what was acted on already,
    whatever ``at`` is; where it does not, what is owed by now is still owed. Returns whether that alone has made it be
    at risk, which is for the caller to record: it runs again, or was not at risk before.
    """
    values = _counted(kind, due, calendar)
    made_at_risk = False
    for row in (await session.execute(_TO_MOVE, _which(request_id, kind))).all():
        paused_at = None if resumes else row.paused_at
        acted_until = row.acted_until or at
        is_new = resumes or row.due_at != values["due_at"]
        if is_new:
            acted_until = max(acted_until, at)
        moved = update(Deadline).where(Deadline.id == row.id)
        await session.execute(moved.values(acted_until=acted_until, paused_at=paused_at, **values))
        if paused_at is None:
            _watch(session, row.id, next_after(_schedule(kind, values, calendar), acted_until), at=at)
            begins = begins_at_risk(values["due_at"], values["at_risk_from"], acted_until=acted_until)
            made_at_risk = is_new and begins and not _is_told_of_risk(row)
    return made_at_risk


async def pause_deadlines(session: AsyncSession, request_id: str, at: datetime) -> None:
    """Stop the clocks of the decision and the relay; ``move_deadline`` starts them again."""
    for kind in PAUSABLE:
        await _note(session, request_id, kind, paused_at=at)


async def meet_deadline(
    session: AsyncSession, request_id: str, kind: DeadlineKind, at: datetime, *, on: date | None = None
) -> None:
    """Meet a deadline that is still running. ``on`` is the organisation's own day, where it is told of the deadline."""
    await _note(session, request_id, kind, met_at=at, met_on=on)


async def cancel_deadline(session: AsyncSession, request_id: str, kind: DeadlineKind, at: datetime) -> None:
    """Cancel one deadline that is still running: what was due has been given up."""
    await _note(session, request_id, kind, cancelled_at=at)


async def cancel_deadlines(session: AsyncSession, request_id: str, at: datetime) -> None:
    """Cancel whatever is still running: the request has come to its end another way."""
    running = update(Deadline).where(
        Deadline.request_id == request_id, Deadline.met_at.is_(None), Deadline.cancelled_at.is_(None)
    )
    await session.execute(running.values(cancelled_at=at))


async def due_moment(session: AsyncSession, request_id: str, kind: DeadlineKind) -> datetime | None:
    """Return when a deadline that is still running is due; None where there is none."""
    return (await session.execute(_DUE, _which(request_id, kind))).scalar_one_or_none()


async def keep_watched(
    session: AsyncSession, deadline_id: str, moment: Scheduled | None, *, but: str | None, now: datetime
) -> None:
    """Have the deadline looked at by that moment, if there is one, unless another job than ``but`` will look by then.

    So jobs of one deadline become one again, however many there came to be, and never none.
    """
    if moment is not None and not await is_promised(session, _look_at(deadline_id, moment), but=but):
        _watch(session, deadline_id, moment, at=now)


def _is_told_of_risk(row: Any) -> bool:
    """Whether a deadline runs, and what was last told of it is that it is at risk."""
    acted_until = row.acted_until
    if row.paused_at is not None or acted_until is None or acted_until > row.due_at:
        return False
    return begins_at_risk(row.due_at, row.at_risk_from, acted_until=acted_until)


def _counted(kind: DeadlineKind, due: Due | datetime, calendar: BusinessCalendar) -> dict[str, Any]:
    due_at = due.at if isinstance(due, Due) else due
    return {
        "due_at": due_at,
        "counted_from": due.counted_from if isinstance(due, Due) else None,
        "counted_days": due.counted_days if isinstance(due, Due) else None,
        "at_risk_from": at_risk_from(kind, due_at, calendar),
        "calendar_version": calendar.version,
        "region": calendar.region,
        "time_zone": calendar.time_zone,
    }


def _schedule(kind: DeadlineKind, values: dict[str, Any], calendar: BusinessCalendar) -> list[Scheduled]:
    return schedule(kind, values["due_at"], values["counted_from"], calendar)


def _watch(session: AsyncSession, deadline_id: str, moment: Scheduled | None, *, at: datetime) -> None:
    if moment is not None:
        enqueue(session, _look_at(deadline_id, moment), at=at)


def _look_at(deadline_id: str, moment: Scheduled) -> Job:
    return Job("watch_deadline", {"deadline_id": deadline_id}, priority=1, run_at=moment.at)


def _which(request_id: str, kind: DeadlineKind) -> dict[str, Any]:
    return {"of_request": request_id, "of_kind": kind}


async def _note(session: AsyncSession, request_id: str, kind: DeadlineKind, **moments: Any) -> None:
    new = {f"new_{name}": value for name, value in moments.items()}
    await session.execute(_noting(*moments), _which(request_id, kind) | new)


@cache
def _noting(*names: str) -> Update:
    """Build it once for each thing that happens to a deadline: every request's life is full of these."""
    new: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    return update(Deadline).where(*_RUNNING).values(new).execution_options(synchronize_session=False)
