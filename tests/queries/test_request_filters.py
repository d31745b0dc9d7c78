"""Lists narrowed by when a decision is due and by what is late: as each viewer may know it, and not a moment more."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from models.actor import Actor
from models.database import Database
from models.deadlines import pause_deadlines
from models.queries.request_lists import RequestFilter, RequestOrder, read_requests
from models.queries.requests import request_of
from models.rules.refusals import Malformed
from models.rules.vocabulary import DeadlineKind, DeadlineState, DecidedBy, RequestStatus
from models.views.want import Page, asking
from tests.builders import World, a_world, confirmed, released, submitted
from tests.clock import FixedClock
from tests.operations.acting import approve, decline
from tests.queries.asked import a_list_of, listening, read
from tests.queries.columns import all_forbidden
from tests.rows import building

REVIEW = RequestStatus.ORGANISATION_REVIEW


async def test_due_days_are_whole_and_both_included(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    due = {day: await due_at(world, datetime(2026, 12, day, 6, tzinfo=UTC)) for day in (1, 2, 3)}
    none = await due_at(world, None)
    for by in (world.reviewer, world.organisation_integrator, world.staff, world.manager):
        assert await found(world, by) == {*due.values(), none}
        assert await found(world, by, due_from=day(2)) == {due[2], due[3]}
        assert await found(world, by, due_to=day(2)) == {due[1], due[2]}
        assert await found(world, by, due_from=day(2), due_to=day(2)) == {due[2]}
        assert await found(world, by, due_from=day(4)) == set()


async def test_an_organisations_days_are_its_own_and_everybody_elses_theirs(
    database: Database, clock: FixedClock
) -> None:
    """Half past four in the afternoon in Perth is already half past seven in Melbourne; ten at night is tomorrow."""
    world = await a_world(database, clock, time_zone="Australia/Perth", region="AU-WA")
    late = await due_at(world, datetime(2026, 12, 1, 14, tzinfo=UTC))  # 22:00 in Perth, 01:00 on the 2nd in Melbourne
    assert world.reviewer.time_zone == "Australia/Melbourne"
    for by in (world.reviewer, world.organisation_integrator):
        assert await found(world, by, due_from=day(1), due_to=day(1)) == {late}
        assert await found(world, by, due_from=day(2)) == set()
    for by in (world.staff, world.integrator, world.manager):
        assert await found(world, by, due_to=day(1)) == set()
        assert await found(world, by, due_from=day(2), due_to=day(2)) == {late}


@pytest.mark.parametrize(
    ("narrowed", "path"),
    [
        ({"due_from": date(2026, 12, 2), "due_to": date(2026, 12, 1)}, ("filter", "dueTo")),
        ({"due_from": date.min}, ("filter", "dueFrom")),
        ({"due_to": date.max}, ("filter", "dueTo")),
    ],
)
async def test_days_that_mean_nothing_are_refused(
    database: Database, clock: FixedClock, narrowed: dict[str, Any], path: tuple[str, ...]
) -> None:
    world = await a_world(database, clock)
    for by in (world.reviewer, world.staff):
        with pytest.raises(Malformed) as raised:
            await found(world, by, **narrowed)
        assert raised.value.path == path


async def test_what_is_late_agrees_with_the_state_that_is_shown(database: Database, clock: FixedClock) -> None:
    """At each moment of a decision's life the filters find the request just where its deadlines say so."""
    world = await a_world(database, clock)
    request_id = await released(world)
    due = next(iter((await shown(world, world.reviewer, request_id)).values()))
    for moment in (
        clock.now(),
        due - timedelta(days=2, hours=8, microseconds=1),
        due - timedelta(days=2, hours=8),
        due,
        due + timedelta(microseconds=1),
        due + timedelta(days=30),
    ):
        clock.set(moment)
        for by in (world.reviewer, world.organisation_integrator, world.consultant, world.staff):
            states = set(await states_of(world, by, request_id))
            for asked, state in (("overdue", DeadlineState.OVERDUE), ("at_risk", DeadlineState.AT_RISK)):
                expected = {request_id} if state in states else set()
                assert await found(world, by, **{asked: True}) == expected, (moment, by.role, state)
                assert await found(world, by, **{asked: False}) == {request_id} - expected


async def test_an_organisation_knows_of_its_own_deadline_alone(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    await approve(world, request_id)
    clock.advance(timedelta(days=60))
    relay = (await shown(world, world.staff, request_id))[DeadlineKind.RELAY]
    assert relay < clock.now()
    assert await found(world, world.staff, overdue=True) == {request_id}
    assert await found(world, world.reviewer, overdue=True) == set()
    assert await found(world, world.reviewer, overdue=False) == {request_id}


async def test_a_confirm_that_is_overdue_is_known_to_those_who_may(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await submitted(world)
    clock.advance(timedelta(hours=48))
    assert await found(world, world.consultant, at_risk=True) == {request_id}
    clock.advance(timedelta(microseconds=1))
    assert await found(world, world.consultant, overdue=True) == {request_id}
    assert await found(world, world.consultant, at_risk=True) == set()


async def test_what_is_paused_is_neither_late_nor_at_risk(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    async with database.transaction() as session:
        await pause_deadlines(session, request_id, clock.now())
    for later in (timedelta(days=10), timedelta(days=30)):
        clock.advance(later)
        for by in (world.reviewer, world.staff):
            assert await found(world, by, overdue=True) == await found(world, by, at_risk=True) == set()


async def test_filters_narrow_together(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await confirmed(world)
    other = await due_at(world, datetime(2026, 12, 1, 6, tzinfo=UTC))
    clock.advance(timedelta(days=60))
    assert await found(world, world.staff, overdue=True, statuses=(REVIEW,)) == {request_id}
    assert await found(world, world.staff, overdue=True, statuses=(RequestStatus.DECLINED,)) == set()
    assert await found(world, world.staff, overdue=False, statuses=(REVIEW,), due_to=day(1)) == {other}


async def test_no_statement_of_an_organisations_filters_names_what_it_may_not_read(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    await released(world)
    for by in (world.reviewer, world.organisation_integrator):
        for late in (True, False):
            with listening() as heard:
                await found(world, by, due_from=day(1), due_to=day(31), overdue=late, at_risk=late)
            assert "deadline" in "".join(heard)
            assert all_forbidden(heard) == []


async def test_who_decided_is_told_to_those_who_may_link(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await decline(world, mine := await released(world))
    small = await a_world(database, clock, headcount=3)
    await approve(small, theirs := await released(small), by=small.staff)
    ruled = await a_world(database, clock, automatic_approval=4)
    by_rule = await confirmed(ruled)
    for request_id, by, decided_by in (
        (mine, world.staff, DecidedBy.ORGANISATION),
        (mine, world.consultant, DecidedBy.ORGANISATION),
        (theirs, small.manager, DecidedBy.PROVIDER),
        (by_rule, ruled.consultant, DecidedBy.AGREEMENT_RULE),
        (mine, world.reviewer, None),
        (mine, world.organisation_integrator, None),
    ):
        view = await read(database, clock, by, request_of, request_id, asking("decision", "masked_fields"))
        assert view is not None
        assert view.decision is not None
        assert view.decision.decided_by is decided_by
        assert ("decision.decidedBy" in view.masked_fields) is (decided_by is None)


def day(number: int) -> date:
    return date(2026, 12, number)


async def due_at(world: World, moment: datetime | None) -> str:
    """Add a released request, on a case of its own, whose decision is due then."""
    async with building(world.database, world.clock) as build:
        case = await build.case(await build.client(), world.organisation_id, world.practice_id)
        known = {"released_at": build.at, "decision_due_at": moment}
        return (await build.request(case, world.consultant, status=REVIEW, **known)).id


async def found(world: World, by: Actor, **narrowed: Any) -> set[str]:
    listed = await read(
        world.database,
        world.clock,
        by,
        read_requests,
        filtered=RequestFilter(**narrowed),
        order=RequestOrder(),
        page=Page(100),
        want=a_list_of(asking("id")),
    )
    assert listed.total_count == len(listed.nodes)
    return {view.id for view in listed.nodes}


async def shown(world: World, by: Actor, request_id: str) -> dict[DeadlineKind, datetime]:
    view = await read(world.database, world.clock, by, request_of, request_id, asking("deadlines"))
    assert view is not None
    return {each.kind: each.due_at for each in view.deadlines}


async def states_of(world: World, by: Actor, request_id: str) -> list[DeadlineState]:
    view = await read(world.database, world.clock, by, request_of, request_id, asking("deadlines"))
    assert view is not None
    return [each.state for each in view.deadlines]
