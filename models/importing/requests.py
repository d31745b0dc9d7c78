"""Loads requests.csv: the old system's requests, as they were left. One that is here already is left alone."""

from sqlalchemy import select

from models.actor import SYSTEM
from models.events import record
from models.importing.batch import Batch, Desk, Fate, Row
from models.importing.repeats import refuse_repeats
from models.importing.request_checks import check_moments, check_place
from models.importing.request_columns import COLUMNS, check_answers
from models.importing.request_deadlines import add_deadlines
from models.importing.request_facts import Facts, gather
from models.importing.request_rows import build, unused_references
from models.importing.sheet import Sheet
from models.outbox import Job, enqueue
from models.rules.business_days import batch_release_at
from models.rules.vocabulary import EventType, ReleaseRule, RequestStatus
from models.tables import ExtraSessionsRequest, SessionGrant


async def load(batch: Batch, desk: Desk) -> None:
    await refuse_repeats(batch, desk, "external_id")
    known = await _known(batch, desk)
    fresh = Batch(batch.file, [row for row in batch.good if row["external_id"] not in known])
    for row in fresh.good:
        check_answers(fresh, row)
    facts = await gather(fresh, desk)
    for row in fresh.good:
        check_moments(fresh, row, facts, now=desk.now)
    for row in fresh.good:
        check_place(fresh, row, facts)
    batch.problems += fresh.problems
    await _store(fresh.good, facts, desk)


async def _known(batch: Batch, desk: Desk) -> set[str | None]:
    """Return the ids that were loaded before: those requests live here now, and the old system no longer moves them."""
    wanted = [row["external_id"] for row in batch.good]
    found = select(ExtraSessionsRequest.external_id).where(ExtraSessionsRequest.external_id.in_(wanted))
    return set((await desk.session.execute(found)).scalars())


async def _store(rows: list[Row], facts: Facts, desk: Desk) -> None:
    session = desk.session
    references = await unused_references(session, len(rows))
    requests = [build(row, facts, desk, reference) for row, reference in zip(rows, references, strict=True)]
    session.add_all(requests)
    await session.flush()  # the requests before what refers to them
    for row, request in zip(rows, requests, strict=True):
        row.met(Fate.ADDED)
        if request.sessions_granted is not None:
            granted_at = request.decided_at or desk.now
            session.add(SessionGrant(request_id=request.id, sessions=request.sessions_granted, granted_at=granted_at))
        await add_deadlines(session, request, facts.terms[request.organisation_id], now=desk.now)
        record(session, EventType.IMPORTED, request, by=SYSTEM, at=desk.now)
        _promise_release(request, facts, desk)
    await session.flush()
    session.expunge_all()  # a long file keeps no request in memory


def _promise_release(request: ExtraSessionsRequest, facts: Facts, desk: Desk) -> None:
    """Leave a request that awaits its organisation to the job that releases every other one."""
    if request.status is not RequestStatus.ORGANISATION_REVIEW:
        return
    terms = facts.terms[request.organisation_id]
    run_at = desk.now
    if terms.release_rule is ReleaseRule.BATCH and request.confirmed_at is not None:
        day0 = terms.calendar.local_day(request.confirmed_at)
        run_at = max(desk.now, batch_release_at(terms.calendar, day0))
    enqueue(desk.session, Job("release_request", {"request_id": request.id}, run_at=run_at), at=desk.now)


SHEET = Sheet(
    "requests",
    "the old system's requests for extra sessions, in any state; one that has been loaded is never changed by a file",
    COLUMNS,
    load,
)
