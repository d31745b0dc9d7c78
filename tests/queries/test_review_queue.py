"""What awaits each viewer's own decision, soonest due first."""

from datetime import timedelta
from typing import Any

from models.actor import Actor
from models.database import Database
from models.queries.request_lists import read_review_queue
from models.rules.vocabulary import Delegation, RequestStatus, Role, Withheld
from models.views.want import Page, asking
from tests.builders import World, a_world
from tests.clock import FixedClock
from tests.operations.acting import approve
from tests.queries.asked import a_list_of, read
from tests.rows import building

REVIEW = RequestStatus.ORGANISATION_REVIEW


async def test_reviewers_find_what_their_organisation_was_released_and_has_not_decided(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    now = clock.now()
    late = await add(world, status=REVIEW, released_at=now, decision_due_at=now + timedelta(days=9))
    soon = await add(world, status=REVIEW, released_at=now, decision_due_at=now + timedelta(days=2))
    await add(world, status=REVIEW)
    await add(world, status=REVIEW, released_at=now + timedelta(seconds=1))
    for status in set(RequestStatus) - {REVIEW}:
        await add(world, status=status, released_at=now)
    assert await queue(world, world.reviewer) == await queue(world, world.second_reviewer) == [soon, late]
    async with building(database, clock) as build:
        stranger = await build.account(Role.ORG_REVIEWER, organisation_id=await build.organisation())
    assert await queue(world, stranger) == []
    await approve(world, soon)
    assert await queue(world, world.reviewer) == [late]


async def test_staff_find_what_is_withheld_or_delegated_and_nothing_that_others_decide(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    await add(world, status=REVIEW, released_at=clock.now())
    withheld = [await add(world, status=REVIEW, withheld=reason) for reason in Withheld]
    await add(world, status=RequestStatus.DECLINED, withheld=Withheld.BELOW_HEADCOUNT)
    delegated = [
        await add(await a_world(database, clock, delegation=delegation), status=REVIEW)
        for delegation in (Delegation.STAFF_INSTEAD, Delegation.STAFF_AS_WELL)
    ]
    assert set(await queue(world, world.staff)) == {*withheld, *delegated}


async def test_clinical_reviewers_find_what_awaits_their_review(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    waiting = await add(world, status=RequestStatus.CLINICAL_REVIEW, needs_clinical_review=True)
    for status in (RequestStatus.AWAITING_DETAILS, REVIEW):
        await add(world, status=status, needs_clinical_review=True)
    assert await queue(world, world.clinical_reviewer) == [waiting]


async def test_roles_that_decide_nothing_have_an_empty_queue(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await add(world, status=REVIEW, released_at=clock.now())
    for by in (world.consultant, world.manager, world.integrator, world.organisation_integrator):
        assert await queue(world, by) == []


async def add(world: World, **columns: Any) -> str:
    """Add a request on a case of its own."""
    async with building(world.database, world.clock) as build:
        case = await build.case(await build.client(), world.organisation_id, world.practice_id)
        request = await build.request(case, world.consultant, **columns)
    return request.id


async def queue(world: World, by: Actor) -> list[str]:
    want = a_list_of(asking("id"))
    found = await read(world.database, world.clock, by, read_review_queue, page=Page(100), want=want)
    assert found.total_count == len(found.nodes)
    return [view.id for view in found.nodes]
