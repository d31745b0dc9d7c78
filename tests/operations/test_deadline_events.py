"""A deadline that comes near, and one that passes, is told in the log once for each time that it runs."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from models import tables
from models.actor import Actor
from models.database import Database
from models.operations.recompute_deadlines import RecomputeDeadlines, recompute_deadlines
from models.queries.events import EVERYTHING, read_events
from models.rules.vocabulary import DeadlineKind, DeadlineState, EventType, ReleaseRule
from models.views.want import Page, asking
from tests.builders import World, a_world, confirmed, new_terms, released, submitted
from tests.clock import FixedClock
from tests.operations.acting import approve
from tests.operations.clinical import BEYOND, in_review
from tests.operations.ledger import deadlines, log
from tests.operations.questioning import ask, draft, hand_over
from tests.operations.timing import local, look, run_due, run_until
from tests.queries.asked import read

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
APRIL = local(date(2026, 4, 1), 11, 30)
DUE = local(date(2026, 4, 14), 17)
RISK = local(date(2026, 4, 10), 9)
LAST = local(date(2026, 4, 13), 9)
RELAY_DUE = local(date(2026, 4, 15), 17)
K = DeadlineKind
AT_RISK, OVERDUE = EventType.DEADLINE_AT_RISK, EventType.DEADLINE_OVERDUE


@pytest.fixture
def clock() -> FixedClock:
    clock = FixedClock()
    clock.set(APRIL)
    return clock


async def told(world: World) -> list[tuple[EventType, str, datetime]]:
    """Return what the log says of deadlines: which state, of which, and when."""
    found = [row for row in await log(world) if row.type in {AT_RISK, OVERDUE}]
    return [(row.type, row.detail, row.occurred_at) for row in found]


async def states(world: World) -> list[tuple[EventType, str]]:
    return [(event, kind) for event, kind, _ in await told(world)]


async def told_to(world: World, by: Actor) -> list[tuple[EventType, DeadlineKind | None, date]]:
    want = asking("page_info", nodes=asking("type", "deadline", "occurred_on"))
    page = await read(world.database, world.clock, by, read_events, filtered=EVERYTHING, page=Page(100), want=want)
    found = [event for event in page.nodes if event.type in {AT_RISK, OVERDUE}]
    return [(event.type, event.deadline, event.occurred_on) for event in found]


async def recompute(world: World) -> None:
    await recompute_deadlines(RecomputeDeadlines(apply=True), database=world.database, clock=world.clock)


async def test_a_decision_comes_to_be_at_risk_and_overdue_at_its_own_moments_once(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    await released(world)
    await run_until(world, RISK - SECOND)
    assert await told(world) == []
    await run_until(world, DUE)
    assert (await deadlines(world))[K.DECISION].at_risk_from == RISK
    assert await told(world) == [(AT_RISK, K.DECISION, RISK)]
    await run_until(world, DUE + 10 * DAY)
    passed = [(OVERDUE, K.DECISION, DUE + SECOND), (OVERDUE, K.RELAY, RELAY_DUE + SECOND)]
    assert (await told(world))[1:] == passed, "the relay's too, though nothing is stuck before there is an outcome"
    moves = [row.type for row in await log(world)]
    assert moves.index(OVERDUE) < moves.index(EventType.ESCALATED)


async def test_the_organisation_is_told_of_its_own_decision_alone_by_its_own_day(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    await released(world)
    await run_until(world, RELAY_DUE + DAY)
    own = [(AT_RISK, K.DECISION, RISK.date()), (OVERDUE, K.DECISION, DUE.date())]
    assert own[0][2] == date(2026, 4, 9), "in UTC it is another day"
    own = [(AT_RISK, K.DECISION, date(2026, 4, 10)), (OVERDUE, K.DECISION, date(2026, 4, 14))]
    for who in (world.reviewer, world.organisation_integrator):
        assert await told_to(world, who) == own
    for who in (world.staff, world.consultant, world.practice_integrator):
        assert [each[:2] for each in await told_to(world, who)] == [*(each[:2] for each in own), (OVERDUE, K.RELAY)]


async def test_what_was_never_released_to_it_is_at_risk_and_overdue_without_its_knowledge(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock, headcount=3)
    await confirmed(world)
    await run_until(world, DUE + SECOND)
    assert await told_to(world, world.reviewer) == []
    assert [each[:2] for each in await told_to(world, world.staff)] == [(AT_RISK, K.DECISION), (OVERDUE, K.DECISION)]


async def test_on_the_morning_of_the_release_the_release_itself_tells_the_organisation(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock, due_days=3, release_rule=ReleaseRule.BATCH)
    await confirmed(world)
    await run_until(world, DUE)
    (row,) = [row for row in await log(world) if row.type is AT_RISK]
    assert (row.occurred_at, row.organisation_sees) == (local(date(2026, 4, 2), 9), False)
    assert [each[:2] for each in await told_to(world, world.reviewer)] == [(OVERDUE, K.DECISION)]


@pytest.mark.parametrize("due_days", [1, 2])
async def test_what_is_due_so_soon_is_at_risk_from_the_start(
    database: Database, clock: FixedClock, due_days: int
) -> None:
    world = await a_world(database, clock, due_days=due_days)
    await released(world)
    assert await told(world) == [(AT_RISK, K.DECISION, APRIL)]
    assert [row.type for row in await log(world)][1:3] == [EventType.CONFIRMED, AT_RISK]
    assert await told_to(world, world.reviewer) == [], "it reads so from the release on"
    await run_until(world, DUE)
    assert await states(world) == [(AT_RISK, K.DECISION), (OVERDUE, K.DECISION), (OVERDUE, K.RELAY)]


async def test_a_rule_that_approves_at_once_leaves_nothing_at_risk(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock, due_days=1, automatic_approval=4)
    await confirmed(world)
    assert await told(world) == []


async def test_what_is_over_with_its_deadline_is_told_by_its_move_alone(database: Database, clock: FixedClock) -> None:
    waiting = await a_world(database, clock)
    await submitted(waiting)
    asked = await a_world(database, clock, appointments=BEYOND)
    await confirmed(asked)
    await run_until(asked, APRIL + 14 * DAY)
    assert {EventType.EXPIRED, EventType.LAPSED} <= {row.type for row in await log(asked)}
    assert await told(asked) == []


async def test_a_clinical_review_that_is_late_is_overdue_and_never_at_risk(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock, appointments=BEYOND)
    await in_review(world)
    due = (await deadlines(world))[K.CLINICAL_REVIEW].due_at
    await run_until(world, due + 10 * DAY)
    assert await told(world) == [(OVERDUE, K.CLINICAL_REVIEW, due + SECOND)]


async def test_a_decision_in_time_is_never_overdue_nor_is_a_relay_that_is_done(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    await run_until(world, DUE)
    await approve(world, request_id)
    await run_until(world, DUE + 10 * DAY)
    assert await states(world) == [(AT_RISK, K.DECISION)]


# A worker that was away, and jobs that run twice


async def test_a_worker_that_was_away_tells_what_has_come_meanwhile_once_and_when_it_does(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    await released(world)
    clock.set(LAST + timedelta(hours=3))
    await run_due(world)
    assert await told(world) == [(AT_RISK, K.DECISION, clock.now())]
    await run_until(world, DUE)
    assert await states(world) == [(AT_RISK, K.DECISION)]


async def test_a_worker_that_was_away_until_it_was_late_tells_that_alone(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await released(world)
    clock.set(DUE + 5 * DAY)
    await run_due(world)
    await run_until(world, clock.now() + 5 * DAY)
    assert await states(world) == [(OVERDUE, K.DECISION), (OVERDUE, K.RELAY)]


@pytest.mark.parametrize(
    ("moment", "kind"), [(RISK, K.DECISION), (DUE + SECOND, K.DECISION), (RELAY_DUE + SECOND, K.RELAY)]
)
async def test_looks_at_one_moment_and_looks_again_tell_once(
    database: Database, clock: FixedClock, moment: datetime, kind: DeadlineKind
) -> None:
    world = await a_world(database, clock)
    await released(world)
    due = (await deadlines(world))[kind]
    clock.set(moment)
    await asyncio.gather(*(look(world, due.id) for _ in range(4)))
    clock.advance(-timedelta(minutes=5))
    await look(world, due.id)
    clock.advance(timedelta(hours=1))
    await look(world, due.id)
    assert len(await told(world)) == 1


# A clock that stops and goes on, and one that is set anew


async def test_a_review_that_goes_on_comes_to_be_at_risk_anew_at_its_new_moment(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    await run_until(world, RISK - DAY)
    await ask(world, request_id)  # three business days are left
    await run_until(world, local(date(2026, 4, 15), 12))
    assert await told(world) == [], "what stands still comes near to nothing"
    await draft(world, request_id)
    await hand_over(world, request_id)
    await run_until(world, DUE + 10 * DAY)
    due = (await deadlines(world))[K.DECISION]
    assert (await told(world))[:2] == [
        (AT_RISK, K.DECISION, due.at_risk_from),
        (OVERDUE, K.DECISION, due.due_at + SECOND),
    ]
    assert due.due_at == local(date(2026, 4, 20), 17)


async def test_a_review_that_goes_on_at_risk_is_told_so_again_after_the_answer(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    await run_until(world, RISK + timedelta(hours=1))
    await ask(world, request_id)
    await run_until(world, LAST)
    await draft(world, request_id)
    await hand_over(world, request_id)
    assert await told(world) == [(AT_RISK, K.DECISION, RISK), (AT_RISK, K.DECISION, LAST)]
    assert [row.type for row in await log(world)][-2:] == [EventType.QUESTION_ANSWERED, AT_RISK]
    assert len(await told_to(world, world.reviewer)) == 2
    await run_until(world, DUE + SECOND)
    assert await states(world) == [(AT_RISK, K.DECISION)] * 2, "and not a third time by its schedule"


async def test_one_that_is_moved_is_told_of_where_its_state_changes(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await released(world)
    await run_until(world, RISK - timedelta(hours=18))
    assert await told(world) == []
    await new_terms(world, removed_dates=["2026-04-06"])  # Easter Monday is worked
    await recompute(world)
    moved_at = clock.now()
    assert await told(world) == [(AT_RISK, K.DECISION, moved_at)]
    assert [row.type for row in await log(world)][-2:] == [EventType.DUE_DATE_MOVED, AT_RISK]
    await new_terms(world, removed_dates=[])
    await recompute(world)
    await run_until(world, DUE)
    assert await told(world) == [(AT_RISK, K.DECISION, moved_at), (AT_RISK, K.DECISION, RISK)]


async def test_one_that_is_moved_and_stays_at_risk_is_not_told_of_again(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await released(world)
    await run_until(world, LAST + timedelta(hours=1))
    await new_terms(world, added_dates=["2026-04-14"])
    await recompute(world)
    assert (await deadlines(world))[K.DECISION].due_at == DUE + DAY
    await run_until(world, DUE + DAY)
    assert await told(world) == [(AT_RISK, K.DECISION, RISK)]


async def test_one_that_is_late_and_moved_to_be_at_risk_is_told_of_both(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await released(world)
    await run_until(world, DUE + SECOND)
    await new_terms(world, added_dates=["2026-04-14"])
    await recompute(world)
    assert await states(world) == [(AT_RISK, K.DECISION), (OVERDUE, K.DECISION), (AT_RISK, K.DECISION)]
    await run_until(world, DUE + DAY + SECOND)
    assert (await states(world))[3:] == [(OVERDUE, K.DECISION)]


async def test_what_stands_still_is_not_told_of_while_it_is_counted_anew(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    await run_until(world, RISK - timedelta(hours=18))
    await ask(world, request_id)
    await new_terms(world, removed_dates=["2026-04-06"])
    await recompute(world)
    assert await told(world) == []


async def test_every_state_that_is_told_is_the_one_that_is_read(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await released(world)
    read_as: dict[EventType, Any] = {AT_RISK: DeadlineState.AT_RISK, OVERDUE: DeadlineState.OVERDUE}
    want = asking("page_info", nodes=asking("type", "deadline", request=asking(deadlines=asking("kind", "state"))))
    for moment in (RISK, DUE + SECOND, RELAY_DUE + SECOND):
        await run_until(world, moment)
        page = await read(
            world.database, clock, world.staff, read_events, filtered=EVERYTHING, page=Page(100), want=want
        )
        event = [each for each in page.nodes if each.deadline][-1]
        assert event.request is not None
        assert event.deadline is not None
        assert {each.kind: each.state for each in event.request.deadlines}[event.deadline] is read_as[event.type]


async def test_a_deadline_from_before_it_was_noted_what_is_done_is_told_of_too(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    await released(world)
    await run_until(world, RISK - timedelta(hours=18))
    async with database.transaction() as session:
        await session.execute(update(tables.Deadline).values(acted_until=None))
    await new_terms(world, removed_dates=["2026-04-06"])
    await recompute(world)
    assert await states(world) == [(AT_RISK, K.DECISION)]
