"""What each role is shown of one request and its case: masked by type and role alone, projected for an organisation."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from models.actor import Actor
from models.database import Database
from models.queries.requests import request_of
from models.rules.vocabulary import (
    DeadlineKind,
    DeadlineState,
    DeclineReason,
    EventType,
    GoalCategory,
    ReferralPathwayKind,
    Requestor,
    RequestStatus,
)
from models.views.request import RequestView
from models.views.want import asking
from tests.builders import World, a_world, confirmed, released, submitted
from tests.clock import FixedClock
from tests.operations.acting import approve, confirm, decline, release, revise
from tests.queries.asked import REQUEST, read
from tests.rows import DETAIL, STATEMENT, building

ANA = {"name": "Ana Silva", "email": "ana@home.example", "phone": "+61491570156", "employee_number": "E-77"}
MELBOURNE_MIDNIGHT = datetime(2026, 11, 23, 13, tzinfo=UTC)


async def test_a_consultant_is_shown_everything(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock, client=ANA)
    view = await shown(world, await released(world), world.consultant)
    assert (view.client.display_name, view.client.email) == ("Ana Silva", "ana@home.example")
    assert (view.client.date_of_birth, view.client.employee_number) == (date(1990, 4, 1), "E-77")
    assert [case.number for case in view.client.cases or []] == [world.case.number]
    assert (view.goal.statement, view.referral_pathway.detail) == (STATEMENT, DETAIL)
    assert view.case is not None
    assert view.consultant is not None
    assert view.practice is not None
    assert (view.case.number, view.consultant.id, view.practice.id) == (
        world.case.number,
        world.consultant.consultant_id,
        world.practice_id,
    )
    assert (view.requestor, view.masked_fields) == (Requestor.CONSULTANT, ())


async def test_a_manager_and_staff_are_shown_the_client_and_no_clinical_answer(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock, client=ANA)
    request_id = await released(world)
    for by in (world.manager, world.staff):
        view = await shown(world, request_id, by)
        assert view.client.display_name == "Ana Silva"
        assert view.case is not None
        assert answers(view) == (None, None, None)


async def test_a_clinical_reviewer_is_shown_the_answers_and_not_the_client(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock, client=ANA, clinical_review_threshold=0)
    view = await shown(world, await confirmed(world), world.clinical_reviewer)
    assert answers(view) == (STATEMENT, ReferralPathwayKind.SPECIALIST, DETAIL)
    assert view.clinical_review is not None
    assert (view.clinical_review.total, view.clinical_review.threshold) == (9, 0)
    assert view.case is not None
    assert_confidential(view)


async def test_an_integrator_is_shown_links_and_nobody(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock, client=ANA)
    request_id = await released(world)
    for by in (world.integrator, world.practice_integrator):
        view = await shown(world, request_id, by)
        assert view.case is not None
        assert answers(view) == (None, None, None)
        assert_confidential(view)


async def test_an_organisation_is_shown_its_projection_alone(database: Database, clock: FixedClock) -> None:
    clock.set(MELBOURNE_MIDNIGHT - timedelta(minutes=90))
    world = await a_world(database, clock, client=ANA)
    request_id = await confirmed(world)
    clock.set(MELBOURNE_MIDNIGHT + timedelta(minutes=1))
    await release(world, request_id)
    for by in (world.reviewer, world.organisation_integrator):
        view = await shown(world, request_id, by)
        linking = (view.case, view.practice, view.consultant, view.requestor, view.reconsideration_of)
        assert (*linking, view.clinical_review) == (None,) * 6
        assert answers(view) == (None, None, None)
        assert_confidential(view)
        assert (view.goal.category, view.referral_pathway.planned) == (GoalCategory.RESTORE_FUNCTION, True)
        assert (view.version, view.sessions_requested, view.entitled_sessions) == (1, 3, 6)
        assert view.date_of_request == date(2026, 11, 24), "the day of its release, not of its submission"
        (due,) = view.deadlines
        assert (due.kind, due.state, due.met_at) == (DeadlineKind.DECISION, DeadlineState.ON_TRACK, None)
        (entry,) = view.timeline
        assert (entry.type, entry.occurred_on, entry.occurred_at) == (EventType.RELEASED, date(2026, 11, 24), None)


async def test_an_organisation_is_shown_the_number_that_was_released(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    async with building(database, clock) as build:
        endorsed = {"sessions_requested": 4, "sessions_released": 2, "released_at": clock.now()}
        request = await build.request(
            world.case,
            world.consultant,
            status=RequestStatus.ORGANISATION_REVIEW,
            needs_clinical_review=True,
            **endorsed,
        )
    assert (await shown(world, request.id, world.reviewer)).sessions_requested == 2
    assert (await shown(world, request.id, world.consultant)).sessions_requested == 4


async def test_a_case_that_closed_looks_withdrawn_to_an_organisation(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    async with building(database, clock) as build:
        request = await build.request(
            world.case, world.consultant, status=RequestStatus.CANCELLED, released_at=clock.now()
        )
    view = await shown(world, request.id, world.reviewer)
    assert view.status is RequestStatus.WITHDRAWN
    assert all("WITHDRAWN" in (action.reason or "") for action in view.available_actions)
    assert (await shown(world, request.id, world.consultant)).status is RequestStatus.CANCELLED


@pytest.mark.parametrize(("decide", "reason"), [(approve, None), (decline, DeclineReason.BUDGET)])
async def test_a_decision_is_shown_by_its_day_and_its_moment_to_those_who_may_link(
    database: Database, clock: FixedClock, decide: Any, reason: DeclineReason | None
) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    clock.set(MELBOURNE_MIDNIGHT)
    await decide(world, request_id)
    granted = None if reason else 3
    for by, moment in ((world.reviewer, None), (world.staff, clock.now()), (world.consultant, clock.now())):
        view = await shown(world, request_id, by)
        assert view.decision is not None
        assert (view.decision.decided_on, view.decision.decided_at) == (date(2026, 11, 24), moment)
        assert (view.decision.outcome, view.decision.outcome, view.decision.reason) == (
            view.outcome,
            view.outcome,
            reason,
        )
        assert view.sessions_granted == view.decision.sessions_granted == granted
        due = {deadline.kind: deadline for deadline in view.deadlines}[DeadlineKind.DECISION]
        assert (due.state, due.met_on, due.met_at) == (DeadlineState.MET, date(2026, 11, 24), moment)


async def test_the_timeline_of_an_answer_already_holds_what_was_just_done(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    want = asking("timeline")
    request_id = await submitted(world)
    kinds = [EventType.SUBMITTED, EventType.REVISED, EventType.CONFIRMED]
    assert types(await revise(world, request_id, sessions_requested=2, want=want)) == kinds[:2]
    assert types(await confirm(world, request_id, want=want)) == kinds
    await release(world, request_id)
    assert types(await approve(world, request_id, want=want)) == [EventType.RELEASED, EventType.APPROVED]
    full = await shown(world, request_id, world.consultant)
    assert types(full) == [*kinds, EventType.RELEASED, EventType.APPROVED]
    assert [entry.occurred_at for entry in full.timeline] == [clock.now()] * 5


async def test_staffs_decision_on_a_withheld_request_reaches_the_full_timeline_alone(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock, headcount=3)
    request_id = await released(world)
    view = await approve(world, request_id, by=world.staff, want=asking("timeline"))
    assert types(view)[2:] == [EventType.WITHHELD, EventType.APPROVED]
    assert types(await shown(world, request_id, world.consultant))[2:] == [EventType.APPROVED]
    assert await read(database, clock, world.reviewer, request_of, request_id, REQUEST) is None


def answers(view: RequestView) -> tuple[object, object, object]:
    return view.goal.statement, view.referral_pathway.kind, view.referral_pathway.detail


def types(view: RequestView) -> list[EventType]:
    return [entry.type for entry in view.timeline]


def assert_confidential(view: RequestView) -> None:
    client = view.client
    assert client.display_name == "Confidential"
    known = (client.email, client.phone, client.date_of_birth, client.employee_number, client.cases)
    assert known == (None,) * 5


async def shown(world: World, request_id: str, by: Actor) -> RequestView:
    view = await read(world.database, world.clock, by, request_of, request_id, REQUEST)
    assert view is not None
    return view
