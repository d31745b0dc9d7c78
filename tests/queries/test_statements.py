"""How the database is asked: as often for many as for one, and for an organisation never where links stand."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from models.actor import Actor
from models.database import Database
from models.queries.appointments import read_calendar
from models.queries.request_lists import (
    RequestFilter,
    RequestOrder,
    read_requests,
    read_review_queue,
)
from models.queries.requests import request_of
from models.rules.vocabulary import RequestStatus
from models.tables import SessionGrant
from models.views.want import Page, asking
from tests.builders import World, a_world, released
from tests.clock import FixedClock
from tests.operations.acting import withdraw
from tests.queries.asked import APPOINTMENT, REQUEST, a_list_of, listening, read
from tests.rows import building

FULL_DAY, QUIET_DAY = date(2026, 11, 25), date(2026, 11, 26)
MANY = 50


async def test_a_calendar_of_50_appointments_takes_no_more_statements_than_one_of_1(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    await fill(world, FULL_DAY, MANY)
    await fill(world, QUIET_DAY, 1)
    for by in (world.consultant, world.manager, world.staff, world.integrator):
        full, found = await calendar(world, by, FULL_DAY)
        quiet, _ = await calendar(world, by, QUIET_DAY)
        assert found == MANY
        assert full == quiet, by.role


async def test_a_review_queue_of_50_takes_no_more_statements_than_one_of_1(
    database: Database, clock: FixedClock
) -> None:
    full = await a_world(database, clock)
    quiet = await a_world(database, clock)
    await fill(full, FULL_DAY, MANY)
    await fill(quiet, FULL_DAY, 1)
    for query in (read_review_queue, read_requests):
        named = {} if query is read_review_queue else {"filtered": RequestFilter(), "order": RequestOrder()}
        with listening() as many:
            page = await read(database, clock, full.reviewer, query, page=Page(100), want=a_list_of(REQUEST), **named)
        with listening() as one:
            await read(database, clock, quiet.reviewer, query, page=Page(100), want=a_list_of(REQUEST), **named)
        assert len(page.nodes) >= MANY
        assert len(many) == len(one)


async def test_what_was_not_asked_for_is_not_selected(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    with listening() as heard:
        await read(database, clock, world.consultant, request_of, request_id, asking("id", "reference"))
    assert len(selects(heard)) == 1
    columns = selects(heard)[0].partition("FROM")[0]
    assert sorted(re.findall(r"extra_sessions_request\.(\w+)", columns)) == ["id", "reference"]


async def test_no_statement_of_a_manager_or_staff_opens_a_clinical_answer(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    for by in (world.manager, world.staff, world.integrator, world.practice_integrator):
        with listening() as heard:
            await read(database, clock, by, request_of, request_id, REQUEST)
        assert not [text for text in heard if "clinical_sealed" in text], by.role


async def test_staff_who_withdraw_a_request_read_no_clinical_answer(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    with listening() as heard:
        await withdraw(world, request_id, by=world.staff, want=REQUEST)
    assert selects(heard)
    assert not [text for text in heard if "clinical_sealed" in text]


async def test_no_statement_of_a_role_that_may_not_identify_opens_an_identity(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock, clinical_review_threshold=0)
    await fill(world, FULL_DAY, 1)
    request_id = await released(world)
    for by in (world.clinical_reviewer, world.integrator, world.practice_integrator):
        with listening() as heard:
            assert await read(database, clock, by, request_of, request_id, REQUEST) is not None
        assert not [text for text in heard if "client_identity" in text], by.role


async def calendar(world: World, by: Actor, day: date) -> tuple[int, int]:
    """Return how many statements a day's calendar takes with everything on it, and how many appointments it shows."""
    with listening() as heard:
        page = await read(
            world.database,
            world.clock,
            by,
            read_calendar,
            days=(day, day),
            consultant_id=None,
            page=Page(100),
            want=a_list_of(APPOINTMENT),
        )
    return len(heard), len(page.nodes)


async def fill(world: World, day: date, number: int) -> None:
    """Add cases that each have a client of their own, an appointment that day, a past request and an open one."""
    morning = datetime(day.year, day.month, day.day, tzinfo=world.clock.now().tzinfo)
    async with building(world.database, world.clock) as build:
        for minutes in range(number):
            case = await build.case(await build.client(), world.organisation_id, world.practice_id)
            starts_at = morning + timedelta(minutes=minutes)
            await build.appointment(case.id, world.consultant, starts_at=starts_at)
            past = {"sessions_granted": 2, "released_at": build.at, "decided_at": build.at, "decided_on": day}
            old = await build.request(case, world.consultant, status=RequestStatus.APPROVED, **past)
            await build.add(SessionGrant(request_id=old.id, sessions=2, granted_at=build.at))
            await build.request(
                case,
                world.consultant,
                status=RequestStatus.ORGANISATION_REVIEW,
                released_at=build.at,
                reconsideration_of=old.id,
            )


def selects(heard: Sequence[str]) -> list[str]:
    return [text for text in heard if text.lstrip().upper().startswith(("SELECT", "WITH"))]
