"""A dashboard's counts: those of the lists that the same viewer could page through, in two statements at most."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from models.actor import Actor
from models.database import Database
from models.queries.request_lists import RequestFilter, RequestOrder, read_requests, read_review_queue
from models.queries.request_summaries import read_request_summary
from models.rules.vocabulary import Delegation, RequestStatus
from models.tables import Organisation
from models.views.want import Page, asking
from tests.builders import World, a_world, confirmed, released, submitted
from tests.clock import FixedClock
from tests.operations.acting import approve, close, decline, withdraw
from tests.queries.asked import a_list_of, listening, read
from tests.queries.columns import all_forbidden
from tests.rows import building


async def a_full_world(database: Database, clock: FixedClock, **terms: Any) -> World:
    """Build a world with a request in each status, some released, some overdue and some at risk."""
    world = await a_world(database, clock, **terms)
    await withdraw(world, await released(world))
    if not terms:
        await decline(world, await released(world))
        await approve(world, await released(world))
    await released(world)
    async with building(database, clock) as build:
        for status in RequestStatus:
            case = await build.case(await build.client(), world.organisation_id, world.practice_id)
            await build.appointment(case.id, world.consultant)
            clinical = status in {RequestStatus.AWAITING_DETAILS, RequestStatus.CLINICAL_REVIEW}
            known = status in {RequestStatus.CANCELLED, RequestStatus.INFORMATION_REQUESTED}
            columns = {"needs_clinical_review": clinical, "released_at": build.at if known else None}
            await build.request(case, world.consultant, status=status, **columns)
    return world


@pytest.mark.parametrize("days", [0, 8, 60])
async def test_the_counts_are_those_of_the_lists(database: Database, clock: FixedClock, days: int) -> None:
    world = await a_full_world(database, clock)
    await a_full_world(database, clock, delegation=Delegation.STAFF_AS_WELL)
    clock.advance(timedelta(days=days))
    for by in world.everybody:
        summary = await read(database, clock, by, read_request_summary)
        assert summary is not None
        listed = await statuses(world, by)
        assert {each.status: each.count for each in summary.by_status} == {
            status: listed.count(status) for status in set(listed)
        }
        assert summary.overdue == len(await statuses(world, by, overdue=True))
        assert summary.at_risk == len(await statuses(world, by, at_risk=True))
        want = a_list_of(asking("id"))
        queue = await read(database, clock, by, read_review_queue, page=Page(100), want=want)
        assert summary.awaiting_you == len(queue.nodes)
        order = list(RequestStatus)
        assert [each.status for each in summary.by_status] == sorted({*listed}, key=order.index)


async def test_an_organisations_counts_speak_of_its_projection(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await withdraw(world, await released(world))
    await released(world)
    await close(world)
    for by, told in (
        (world.reviewer, {RequestStatus.WITHDRAWN: 2}),
        (world.staff, {RequestStatus.WITHDRAWN: 1, RequestStatus.CANCELLED: 1}),
    ):
        summary = await read(database, clock, by, read_request_summary)
        assert summary is not None
        assert {each.status: each.count for each in summary.by_status} == told


async def test_what_is_not_released_counts_for_nobody_at_the_organisation(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    await confirmed(world)
    clock.advance(timedelta(days=60))
    summary = await read(database, clock, world.reviewer, read_request_summary)
    assert summary is not None
    assert (summary.by_status, summary.overdue, summary.at_risk, summary.awaiting_you) == ([], 0, 0, 0)


async def test_an_organisation_below_its_smallest_headcount_is_told_nothing(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    await released(world)
    for headcount, told in ((30, True), (29, False), (None, False)):
        async with database.transaction() as session:
            await session.execute(update(Organisation).values(headcount=headcount))
        for by in (world.reviewer, world.organisation_integrator):
            assert (await read(database, clock, by, read_request_summary) is not None) is told
        assert await read(database, clock, world.staff, read_request_summary) is not None


async def test_it_takes_two_statements_at_most_however_many_there_are(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await submitted(world)
    few = {by.account_id: await statements(world, by) for by in world.everybody}
    for _ in range(5):
        async with building(database, clock) as build:
            for status in RequestStatus:
                case = await build.case(await build.client(), world.organisation_id, world.practice_id)
                await build.request(case, world.consultant, status=status, released_at=build.at)
    for by in world.everybody:
        heard = await statements(world, by)
        assert len(heard) == len(few[by.account_id]) == (2 if by.organisation_id else 1)


async def test_an_organisations_statements_name_what_they_may(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await released(world)
    for by in (world.reviewer, world.organisation_integrator):
        assert all_forbidden(await statements(world, by)) == []


async def statements(world: World, by: Actor) -> list[str]:
    with listening() as heard:
        await read(world.database, world.clock, by, read_request_summary)
    return [each for each in heard if each.lstrip().upper().startswith(("SELECT", "WITH"))]


async def statuses(world: World, by: Actor, **narrowed: Any) -> list[RequestStatus]:
    want = asking(nodes=asking("status"))
    page = await read(
        world.database,
        world.clock,
        by,
        read_requests,
        filtered=RequestFilter(**narrowed),
        order=RequestOrder(),
        page=Page(100),
        want=want,
    )
    return [view.status for view in page.nodes]
