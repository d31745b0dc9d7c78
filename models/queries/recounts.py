"""Reads what runs by another calendar than its organisation's present one, and what that one would make of it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, or_, select

from models.queries.agreements import load_current_terms, load_terms
from models.queries.reading import Source
from models.rules.business_days import BusinessCalendar
from models.rules.lifecycle import OPEN
from models.rules.recounting import Recounted, Running, recount
from models.tables import Deadline, ExtraSessionsRequest

R = ExtraSessionsRequest

_COUNTED = (Deadline.met_at.is_(None), Deadline.cancelled_at.is_(None), Deadline.counted_from.is_not(None))
_REQUESTS = (
    select(R.id, R.reference, R.organisation_id, R.agreement_id, R.calendar_agreement_id, R.status)
    .where(or_(R.status.in_(OPEN), exists(select(1).where(Deadline.request_id == R.id, *_COUNTED))))
    .order_by(R.reference)
)
_DEADLINES = (
    select(
        Deadline.request_id,
        Deadline.kind,
        Deadline.due_at,
        Deadline.counted_from,
        Deadline.counted_days,
        Deadline.paused_at.is_not(None).label("is_paused"),
        Deadline.calendar_version,
        Deadline.time_zone,
    )
    .where(*_COUNTED)
    .order_by(Deadline.due_at, Deadline.kind)
)


@dataclass(frozen=True, slots=True)
class Recount:
    """What the present calendar makes of one request; ``deadlines`` are those that are counted anew, moved or not."""

    request_id: str
    reference: str
    calendar: BusinessCalendar
    agreement_id: str | None
    """The revision whose calendar it is, where that counts otherwise than the one that the request goes by so far."""
    deadlines: list[Recounted]


async def recounts(source: Source, *, now: datetime, request_id: str | None = None) -> list[Recount]:
    """Return what is open, or runs still, by another calendar than its organisation's present one; or of one request.

    A closed request keeps the calendar that it goes by, whatever runs still: what its organisation is answered must not
    depend on whether its outcome was relayed. In the order of the references, which are random.
    """
    only = request_id is not None
    requests = (await source.execute(_REQUESTS.where(R.id == request_id) if only else _REQUESTS)).all()
    deadlines = _DEADLINES.where(Deadline.request_id == request_id) if only else _DEADLINES
    running: dict[str, list[Any]] = defaultdict(list)
    for row in (await source.execute(deadlines)).all():
        running[row.request_id].append(row)
    present = await load_current_terms(source, {request.organisation_id for request in requests})
    own = await load_terms(source, {_revision(request) for request in requests})
    found = []
    for request in requests:
        terms = present[request.organisation_id]
        same = request.status not in OPEN or own[_revision(request)].calendar == terms.calendar
        rows = running[request.id]
        if not same or any(_is_stale(row, terms.calendar) for row in rows):
            recounted = recount(map(_running, rows), terms.calendar, now=now)
            revision = None if same else terms.agreement_id
            found.append(Recount(request.id, request.reference, terms.calendar, revision, recounted))
    return found


def _revision(request: Any) -> str:
    revision: str = request.calendar_agreement_id or request.agreement_id
    return revision


def _is_stale(row: Any, calendar: BusinessCalendar) -> bool:
    return (row.calendar_version, row.time_zone) != (calendar.version, calendar.time_zone)


def _running(row: Any) -> Running:
    return Running(row.kind, row.due_at, row.counted_from, row.counted_days, row.is_paused)
