"""What every operation gets beside its command: who acts, where, and by which clock."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.actor import Actor
from models.database import Database
from models.deadlines import due_moment
from models.queries.reading import Reading
from models.queries.requests import request_of
from models.rules import business_days
from models.rules.access import check_may_answer
from models.rules.confidentiality import sees_projection
from models.rules.refusals import NotFound, NotOpen, StaleVersion
from models.rules.vocabulary import DeadlineKind, RequestStatus
from models.tables import Consultant, ExtraSessionsRequest
from models.views.request import RequestView
from models.views.want import Want


def reading_in(session: AsyncSession, *, by: Actor, database: Database, at: datetime) -> Reading:
    """Return how this transaction reads what it has done; whose sealed data it opens commits with it."""
    info = session.info
    accesses = info.setdefault("accesses", set())
    return Reading(session, database.vault, database.keys, by, at, unlogged=info.get("events", ()), accesses=accesses)


async def view_of(  # noqa: PLR0913 - a view is of something, for somebody, at a moment
    session: AsyncSession, request_id: str, want: Want, *, by: Actor, database: Database, at: datetime
) -> RequestView:
    """Return what the actor may see of the request as this transaction leaves it. Raises NotFound."""
    view = await request_of(reading_in(session, by=by, database=database, at=at), request_id, want)
    if view is None:
        raise NotFound("requestId")
    return view


def check_version(request: ExtraSessionsRequest, expected: int | None, by: Actor) -> None:
    """Raise StaleVersion where the actor acts on another version than they have seen, in their own counting."""
    version = request.organisation_version if sees_projection(by) else request.version
    if expected is not None and expected != version:
        raise StaleVersion(version)


_LEFT_BY_CLOCK = {
    DeadlineKind.CONFIRMATION: RequestStatus.EXPIRED,
    DeadlineKind.DETAILS: RequestStatus.LAPSED,
    DeadlineKind.ANSWER: RequestStatus.ORGANISATION_REVIEW,
}


async def check_unexpired(
    session: AsyncSession, request_id: str, kind: DeadlineKind = DeadlineKind.CONFIRMATION, *, now: datetime
) -> None:
    """Raise NotOpen for a request that waited in vain, whether or not the clock has said so yet.

    That is a SUBMITTED one whose 48 hours are over, or one whose further ``DETAILS`` or ``ANSWER`` was due.
    """
    due = await due_moment(session, request_id, kind)
    assert due is not None  # noqa: S101 - a request that waits has its deadline
    if not business_days.in_time(now, due):
        raise NotOpen(_LEFT_BY_CLOCK[kind])


async def check_answerer(session: AsyncSession, request: ExtraSessionsRequest, by: Actor) -> None:
    """Raise NotAllowed where the answer is the consultant's own to give: a manager's only once they have left."""
    left = select(Consultant.left_on).where(Consultant.id == request.consultant_id)
    check_may_answer(by.role, consultant_has_left=(await session.execute(left)).scalar_one() is not None)


def changed(request: ExtraSessionsRequest) -> None:
    """Count a change: always in the full version, and in the organisation's where it has been released."""
    changed_unseen(request)
    if request.is_released:
        request.organisation_version += 1


def changed_unseen(request: ExtraSessionsRequest) -> None:
    """Count a change of which the organisation sees nothing: its own version stays."""
    request.version = ExtraSessionsRequest.version + 1  # counted in SQL: a reviewer's statements don't read it
