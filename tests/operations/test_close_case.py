"""Closing a case: it takes no more requests, what is open on it is cancelled, and who closed it is on record."""

from collections import Counter
from datetime import UTC, date, datetime

import pytest

from models import tables
from models.database import Database
from models.queries.cases import case_by_id
from models.queries.requests import request_of
from models.rules.refusals import CaseClosed, IdempotencyKeyReused, NotAllowed, NotFound, NotOpen
from models.rules.vocabulary import CaseStatus, EventType, MailKind, RequestStatus, Role
from models.views.case import CaseAction, CaseActionName
from models.views.want import asking
from tests.builders import World, a_world, released, submitted
from tests.clock import FixedClock
from tests.operations.acting import CASE, approve, close, submit
from tests.operations.ledger import changes_nothing, events, log, refused, rows, the_request
from tests.queries.asked import read
from tests.rows import building


async def test_a_closed_case_takes_no_more_requests(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    view = await close(world)
    assert (view.id, view.number, view.status) == (world.case.id, world.case.number, CaseStatus.CLOSED)
    assert await the_case(world) == (CaseStatus.CLOSED, date(2026, 11, 23))
    assert [row.type for row in await log(world)] == [EventType.CASE_CLOSED]
    async with refused(world, CaseClosed):
        await submit(world)


async def test_it_closes_on_its_organisations_own_day(database: Database, clock: FixedClock) -> None:
    clock.set(datetime(2026, 11, 23, 13, 30, tzinfo=UTC))  # half past midnight in Melbourne
    world = await a_world(database, clock)
    await close(world)
    assert await the_case(world) == (CaseStatus.CLOSED, date(2026, 11, 24))


async def test_an_open_request_is_cancelled_and_its_event_says_by_whom(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    view = await close(world, want=asking("status", open_request=asking("id")))
    assert (view.status, view.open_request) == (CaseStatus.CLOSED, None)
    row = await the_request(world, request_id)
    assert (row.status, row.closed_at) == (RequestStatus.CANCELLED, clock.now())
    assert (await events(world))[-1] is EventType.CANCELLED
    *_, cancelled, closed = await log(world)
    assert (cancelled.request_id, closed.type, closed.case_id) == (request_id, EventType.CASE_CLOSED, world.case.id)
    assert str(world.staff.account_id) in cancelled.entry
    assert str(world.staff.account_id) in closed.entry
    mails = Counter(mail.kind for mail in await rows(database, tables.Mail))
    assert mails[MailKind.CANCELLED] == 1
    seen = await read(database, clock, world.reviewer, request_of, request_id, asking("status", "timeline"))
    assert seen is not None
    assert (seen.status, seen.timeline[-1].type) == (RequestStatus.WITHDRAWN, EventType.WITHDRAWN)
    async with refused(world, NotOpen):
        await approve(world, request_id)


async def test_a_case_is_closed_once(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await close(world)
    async with refused(world, CaseClosed) as raised:
        await close(world)
    assert raised.value.message == "This case is closed already."


async def test_no_other_role_closes_a_case_and_staff_none_that_is_not_there(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    await submitted(world)
    for actor in world.everybody:
        if actor.role is not Role.PROVIDER_STAFF:
            async with refused(world, NotAllowed):
                await close(world, by=actor)
    for nobodys in ("", "case_AAAAAAAAAAAAAAAAAAAAAA", "case\x00", "' OR ''='"):
        async with refused(world, NotFound) as raised:
            await close(world, case_id=nobodys)
        assert raised.value.path == ("caseId",)


async def test_a_repeat_shows_the_case_as_it_was_closed(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    first = await close(world, idempotency_key="once")
    async with changes_nothing(database):
        again = await close(world, idempotency_key="once")
    assert (again.id, again.status) == (first.id, CaseStatus.CLOSED)
    async with building(database, clock) as build:
        other = await build.case(await build.client(), world.organisation_id, world.practice_id)
    async with refused(world, IdempotencyKeyReused):
        await close(world, case_id=other.id, idempotency_key="once")


@pytest.mark.parametrize("who", ["manager", "clinical_reviewer", "integrator", "practice_integrator"])
async def test_whoever_may_not_close_a_case_is_not_offered_to(database: Database, clock: FixedClock, who: str) -> None:
    world = await a_world(database, clock, clinical_review_threshold=0)
    await released_or_not(world)
    view = await read(database, clock, getattr(world, who), case_by_id, world.case.id, CASE)
    assert view is not None
    assert view.available_actions == []


async def released_or_not(world: World) -> None:
    """Have the case seen by the clinical reviewer too."""
    async with building(world.database, world.clock) as build:
        await build.request(
            world.case, world.consultant, status=RequestStatus.CLINICAL_REVIEW, needs_clinical_review=True
        )


async def test_staff_are_offered_to_close_a_case_until_it_is(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    name = CaseActionName.CLOSE_CASE
    before = await read(database, clock, world.staff, case_by_id, world.case.id, CASE)
    assert before is not None
    assert before.available_actions == [CaseAction(name, enabled=True, reason=None)]
    after = await close(world)
    assert after.available_actions == [CaseAction(name, enabled=False, reason="This case is closed already.")]
    told = await read(database, clock, world.consultant, case_by_id, world.case.id, CASE)
    assert told is not None
    assert [each.action for each in told.available_actions] == [CaseActionName.REQUEST_EXTRA_SESSIONS]


async def the_case(world: World) -> tuple[CaseStatus, date | None]:
    (row,) = [row for row in await rows(world.database, tables.AssistCase) if row.id == world.case.id]
    return row.status, row.closed_on
