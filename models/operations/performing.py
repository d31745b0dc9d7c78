"""What every operation gets beside its command: who acts, where, and by which clock."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.actor import Actor
from models.database import Database
from models.queries.reading import Reading
from models.queries.requests import request_of
from models.rules import business_days
from models.rules.confidentiality import sees_projection
from models.rules.refusals import NotFound, NotOpen, StaleVersion
from models.rules.vocabulary import DeadlineKind, RequestStatus
from models.tables import Deadline, ExtraSessionsRequest
from models.views.request import RequestView
from models.views.want import Want


def reading_in(session: AsyncSession, *, by: Actor, database: Database, at: datetime) -> Reading:
    """Return how this transaction reads what it has done; whose sealed data it opens commits with it."""
    info = session.info
    accesses = info.setdefault("accesses", set())
    return Reading(session, database.vault, by, at, unlogged=info.get("events", ()), accesses=accesses)


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


async def check_unexpired(session: AsyncSession, request_id: str, *, now: datetime) -> None:
    """Raise NotOpen for a SUBMITTED request whose 48 hours are over, whether or not a clock has said so yet."""
    due = select(Deadline.due_at).where(
        Deadline.request_id == request_id, Deadline.kind == DeadlineKind.CONFIRMATION, Deadline.met_at.is_(None)
    )
    if not business_days.in_time(now, (await session.execute(due)).scalar_one()):
        raise NotOpen(RequestStatus.EXPIRED)


def changed(request: ExtraSessionsRequest) -> None:
    """Count a change: always in the full version, and in the organisation's where it has been released."""
    request.version += 1
    if request.released_at is not None:
        request.organisation_version += 1
