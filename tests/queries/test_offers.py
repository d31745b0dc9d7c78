"""What a request and its case show of where they stand, and what may be done with them now."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import update

from models.actor import Actor
from models.database import Database
from models.operations.close_case import CloseCase, close_case
from models.queries.cases import case_by_id
from models.queries.requests import request_of
from models.rules.vocabulary import (
    DeadlineKind,
    DeadlineState,
    RequestStatus,
)
from models.tables import Deadline
from models.views.request import RequestActionName, RequestView
from models.views.want import Want
from tests.builders import World, a_world, confirmed, released, submitted
from tests.clock import FixedClock
from tests.operations.acting import approve, confirm, decline, reconsider, release, withdraw
from tests.operations.questioning import tell_by_hand
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
        name.DRAFT_ANSWER: False,
        name.ANSWER_FURTHER_DETAILS: False,
        name.WITHDRAW: True,
        name.RECONSIDER: False,
    }
    await confirm(world, request_id)
    await release(world, request_id)
    assert await offered(world, request_id, world.consultant) == {
        name.REVISE: False,
        name.CONFIRM: False,
        name.DRAFT_ANSWER: False,
        name.ANSWER_FURTHER_DETAILS: False,
        name.WITHDRAW: True,
        name.RECONSIDER: False,
    }
    assert await offered(world, request_id, world.reviewer) == {
        name.APPROVE: True,
        name.DECLINE: True,
        name.ASK_QUESTION: True,
    }
    assert await offered(world, request_id, world.staff) == {
        name.APPROVE: False,
        name.DECLINE: False,
        name.RELEASE_ANSWER: False,
        name.WITHDRAW: True,
        name.CONFIRM_RELAY: False,
    }
    assert await offered(world, request_id, world.manager) == {
        name.ANSWER_FURTHER_DETAILS: False,
        name.DRAFT_ANSWER: False,
    }
    for by in (world.integrator, world.organisation_integrator):
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


async def test_a_reconsideration_is_offered_while_it_would_be_accepted(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    assert "while the request is ORGANISATION_REVIEW" in await reason(world, request_id)
    await decline(world, request_id)
    assert await reason(world, request_id) is None
    again = await reconsider(world, request_id)
    assert "once only" in await reason(world, request_id)
    assert "while the request is SUBMITTED" in await reason(world, again.id)
    await confirm(world, again.id)
    await release(world, again.id)
    await decline(world, again.id)
    assert "not of a reconsideration" in await reason(world, again.id)


async def test_no_reconsideration_is_offered_of_what_was_granted_or_once_its_days_are_over(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    granted = await released(world)
    await approve(world, granted, sessions_granted=3)
    assert "declined, or approved for fewer" in await reason(world, granted)
    fewer = await released(world)
    await approve(world, fewer, sessions_granted=1)
    decided_at = clock.now()
    assert await reason(world, fewer) is None
    another = await submitted(world)
    assert "open request" in await reason(world, fewer)
    await withdraw(world, another)
    clock.set(decided_at + timedelta(days=15))
    assert "2026-12-07" in await reason(world, fewer)
    clock.set(decided_at)
    await close(world)
    assert "closed" in await reason(world, fewer)


async def test_a_relay_is_confirmed_by_hand_until_it_is_done(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id, name = await released(world), RequestActionName.CONFIRM_RELAY
    assert "while the request is ORGANISATION_REVIEW" in await reason(world, request_id, world.staff, name)
    await approve(world, request_id)
    assert await reason(world, request_id, world.staff, name) is None
    await tell_by_hand(world, request_id)
    assert "reached both parties already" in await reason(world, request_id, world.staff, name)


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


async def reason(
    world: World, request_id: str, by: Actor | None = None, name: RequestActionName = RequestActionName.RECONSIDER
) -> Any:
    """Return why an action is not offered, or None where it is."""
    actions = (await shown(world, request_id, by or world.consultant)).available_actions
    (action,) = [each for each in actions if each.action is name]
    return action.reason


async def close(world: World) -> None:
    command = CloseCase(case_id=world.case.id)
    await close_case(command, by=world.staff, database=world.database, clock=world.clock, want=Want())


async def offered(world: World, request_id: str, by: Actor) -> dict[RequestActionName, bool]:
    actions = (await shown(world, request_id, by)).available_actions
    assert all(action.enabled is (action.reason is None) for action in actions)
    return {action.action: action.enabled for action in actions}


async def shown(world: World, request_id: str, by: Actor) -> RequestView:
    view = await read(world.database, world.clock, by, request_of, request_id, REQUEST)
    assert view is not None
    return view
