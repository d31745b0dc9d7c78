"""Recompute: after a calendar has changed, count what runs anew. A changed calendar alone never moves anything."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from models.actor import SYSTEM
from models.clock import Clock
from models.database import Database
from models.deadlines import move_deadline
from models.events import record
from models.locks import lock_request
from models.operations.performing import changed
from models.queries.recounts import Recount, recounts
from models.rules.vocabulary import DeadlineKind, EventType
from models.tables import ExtraSessionsRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class RecomputeDeadlines:
    apply: bool
    """False lists what would move, and changes nothing."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One deadline's move; the moments are UTC, ``time_zone`` is its organisation's."""

    reference: str
    kind: DeadlineKind
    was: datetime
    due_at: datetime
    time_zone: str


async def recompute_deadlines(
    command: RecomputeDeadlines,
    *,
    database: Database,
    clock: Clock,
    advanced: Callable[[int, int], None] = lambda done, of: None,  # noqa: ARG005 - there is nobody to tell
) -> list[Moved]:
    """Count every running deadline by the present calendar of its organisation, and return what moves.

    Each request is locked and committed by itself, so it may be cut off and run again. ``advanced`` is told how many of
    how many requests are done.
    """
    async with database.snapshot() as source:
        found = await recounts(source, now=clock.now())
    moved = []
    for done, recount in enumerate(found, start=1):
        moved += _moves(await _apply(recount.request_id, database, clock) if command.apply else [recount])
        advanced(done, len(found))
    return moved


async def _apply(request_id: str, database: Database, clock: Clock) -> list[Recount]:
    """Count again under the request's lock: it may have moved on meanwhile."""
    now = clock.now()
    async with database.transaction() as session:
        request = await lock_request(session, request_id, SYSTEM, now=now)
        found = await recounts(session, now=now, request_id=request_id)
        for recount in found:
            await _recount(session, request, recount, now=now)
        return found


async def _recount(session: AsyncSession, request: ExtraSessionsRequest, recount: Recount, *, now: datetime) -> None:
    """Later counting goes by the same calendar. The organisation knows of the decision's due date alone."""
    request.calendar_agreement_id = recount.agreement_id or request.calendar_agreement_id
    at_risk = [
        each.kind
        for each in recount.deadlines
        if await move_deadline(session, request.id, each.kind, each.due, recount.calendar, at=now, resumes=False)
    ]
    today = recount.calendar.local_day(now)
    if moved := {each.kind: each.due.at for each in recount.deadlines if each.moves}:
        _note_moves(session, request, moved, now=now, today=today)
    for kind in at_risk:
        record(session, EventType.DEADLINE_AT_RISK, request, by=SYSTEM, at=now, on=today, detail=kind)


def _note_moves(
    session: AsyncSession,
    request: ExtraSessionsRequest,
    moved: dict[DeadlineKind, datetime],
    *,
    now: datetime,
    today: date,
) -> None:
    told = DeadlineKind.DECISION in moved
    if told:
        request.decision_due_at = moved[DeadlineKind.DECISION]
        changed(request)
    else:
        request.version = ExtraSessionsRequest.version + 1
    record(session, EventType.DUE_DATE_MOVED, request, by=SYSTEM, at=now, on=today, hidden=not told)


def _moves(found: list[Recount]) -> list[Moved]:
    return [
        Moved(recount.reference, each.kind, each.was, each.due.at, recount.calendar.time_zone)
        for recount in found
        for each in recount.deadlines
        if each.moves
    ]
