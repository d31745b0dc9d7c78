"""What a request and its case show of where they stand, and what may be done with them now."""

from datetime import date, timedelta

from sqlalchemy import update

from models.actor import Actor
from models.database import Database
from models.queries.cases import case_by_id
from models.queries.requests import request_of
from models.rules.vocabulary import (
    DeadlineKind,
    DeadlineState,
    RequestStatus,
)
from models.tables import Deadline
from models.views.request import RequestActionName, RequestView
from tests.builders import World, a_world, confirmed, released, submitted
from tests.clock import FixedClock
from tests.operations.acting import approve, confirm, release, withdraw
from tests.queries.asked import CASE, REQUEST, read


async def test_a_deadline_shows_where_it_stands(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    due_at = {each.kind: each for each in (await shown(world, request_id, world.staff)).deadlines}
    decision = due_at[DeadlineKind.DECISION].due_at
    for moment, state in (
        (decision - timedelta(days=2, hours=8, microseconds=1), DeadlineState.ON_TRACK),
        (decision - timedelta(days=2, hours=8), DeadlineState.AT_RISK),
        (decision, DeadlineState.AT_RISK),
        (decision + timedelta(microseconds=1), DeadlineState.OVERDUE),
    ):
        clock.set(moment)
        (shown_to_reviewer,) = (await shown(world, request_id, world.reviewer)).deadlines
        assert shown_to_reviewer.state is state
    async with database.transaction() as session:
        await session.execute(update(Deadline).values(paused_at=clock.now()))
    (paused,) = (await shown(world, request_id, world.reviewer)).deadlines
    assert paused.state is DeadlineState.PAUSED
    await withdraw(world, request_id)
    (cancelled,) = (await shown(world, request_id, world.reviewer)).deadlines
    assert cancelled.state is DeadlineState.CANCELLED


async def test_each_role_is_offered_its_own_actions_with_the_reason_where_one_is_not_possible(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    request_id = await submitted(world)
    name = RequestActionName
    assert await offered(world, request_id, world.consultant) == {
        name.REVISE: True,
        name.CONFIRM: True,
        name.WITHDRAW: True,
    }
    await confirm(world, request_id)
    await release(world, request_id)
    assert await offered(world, request_id, world.consultant) == {
        name.REVISE: False,
        name.CONFIRM: False,
        name.WITHDRAW: True,
    }
    assert await offered(world, request_id, world.reviewer) == {name.APPROVE: True, name.DECLINE: True}
    assert await offered(world, request_id, world.staff) == {
        name.APPROVE: False,
        name.DECLINE: False,
        name.WITHDRAW: True,
    }
    for by in (world.manager, world.integrator, world.organisation_integrator):
        assert await offered(world, request_id, by) == {}
    await approve(world, request_id, sessions_granted=1)
    for by in (world.reviewer, world.staff):
        reasons = [each.reason or "" for each in (await shown(world, request_id, by)).available_actions]
        assert "This request was already approved; that decision stands." in reasons


async def test_what_is_offered_is_what_is_then_accepted(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock, headcount=3)
    request_id = await confirmed(world)
    assert (await offered(world, request_id, world.staff))[RequestActionName.APPROVE] is False
    await release(world, request_id)
    assert (await offered(world, request_id, world.staff))[RequestActionName.APPROVE] is True
    assert (await approve(world, request_id, by=world.staff)).status is RequestStatus.APPROVED


async def test_a_case_shows_its_hold_its_actions_and_its_form(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock, maximum_sessions=2)
    case = await read(database, clock, world.consultant, case_by_id, world.case.id, CASE)
    assert case is not None
    assert (case.sessions.used, case.sessions.scheduled, case.sessions.remaining) == (3, 1, 2)
    assert (case.form.maximum_sessions, case.form.date_of_request) == (2, date(2026, 11, 23))
    assert [case.form.would_need_clinical_review(sessions) for sessions in (None, 6, 7)] == [None, False, True]
    assert [(action.enabled, action.reason) for action in case.available_actions] == [(True, None)]
    assert (case.booking_hold.active, case.booking_hold.bookable_sessions, case.open_request) == (False, 2, None)
    request_id = await submitted(world, sessions_requested=2)
    case = await read(database, clock, world.consultant, case_by_id, world.case.id, CASE)
    assert case is not None
    assert case.open_request is not None
    assert (case.booking_hold.active, case.available_actions[0].enabled) == (False, False)
    await confirm(world, request_id)
    case = await read(database, clock, world.consultant, case_by_id, world.case.id, CASE)
    assert case is not None
    due = {each.kind: each.due_at for each in (await shown(world, request_id, world.staff)).deadlines}
    assert (case.booking_hold.active, case.booking_hold.bookable_sessions) == (True, 2)
    assert case.booking_hold.enquiry_allowed_after == due[DeadlineKind.DECISION]


async def offered(world: World, request_id: str, by: Actor) -> dict[RequestActionName, bool]:
    actions = (await shown(world, request_id, by)).available_actions
    assert all(action.enabled is (action.reason is None) for action in actions)
    return {action.action: action.enabled for action in actions}


async def shown(world: World, request_id: str, by: Actor) -> RequestView:
    view = await read(world.database, world.clock, by, request_of, request_id, REQUEST)
    assert view is not None
    return view
