"""Confirm sends a request on: it alone notifies anyone and starts the organisation's clock."""

from datetime import UTC, datetime, timedelta

import pytest

from models import tables
from models.database import Database
from models.rules.vocabulary import (
    AppointmentStatus,
    DeadlineKind,
    EventType,
    MailKind,
    ReleaseRule,
    RequestStatus,
)
from tests.builders import World, a_world, confirmed, submitted
from tests.clock import FixedClock
from tests.operations.acting import confirm, release
from tests.operations.ledger import deadlines, events, jobs, rows, state_of, the_mail, the_request
from tests.rows import building

GOOD_FRIDAY_EVE = datetime(2026, 4, 1, 3, tzinfo=UTC)


async def test_a_confirmed_request_goes_to_the_organisation_and_its_consultant_hears(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    request_id = await submitted(world)
    clock.advance(timedelta(hours=1))
    view = await confirm(world, request_id, expected_version=1)
    assert (view.status, view.version) == (RequestStatus.ORGANISATION_REVIEW, 2)
    row = await the_request(world, request_id)
    assert (row.confirmed_at, row.released_at, row.organisation_version) == (clock.now(), None, 0)
    assert (row.clinical_review_total, row.needs_clinical_review) == (9, False)
    assert await events(world) == [EventType.SUBMITTED, EventType.CONFIRMED]
    assert await jobs(world) == ["received_email", "release_request"]
    assert (await the_mail(world, MailKind.RECEIVED)).account_id is None, "the consultant is found through the request"


async def test_a_confirm_meets_its_own_deadline_and_starts_the_decisions_and_the_relays(
    database: Database, clock: FixedClock
) -> None:
    clock.set(GOOD_FRIDAY_EVE)
    world = await a_world(database, clock)
    request_id = await confirmed(world)
    due = await deadlines(world)
    assert set(due) == {DeadlineKind.CONFIRMATION, DeadlineKind.DECISION, DeadlineKind.RELAY}
    assert state_of(due[DeadlineKind.CONFIRMATION]) == (clock.now(), None)
    decision = due[DeadlineKind.DECISION]
    assert decision.due_at == datetime(2026, 4, 14, 7, tzinfo=UTC)
    assert decision.at_risk_from == datetime(2026, 4, 9, 23, tzinfo=UTC), "09:00 two business days before"
    assert due[DeadlineKind.RELAY].due_at == datetime(2026, 4, 15, 7, tzinfo=UTC)
    assert (await the_request(world, request_id)).decision_due_at == decision.due_at
    assert (decision.region, decision.time_zone) == ("AU-VIC", "Australia/Melbourne")
    assert decision.calendar_version.startswith("holidays-")


async def test_the_deadlines_are_the_organisations_own_and_no_one_elses(database: Database, clock: FixedClock) -> None:
    clock.set(datetime(2026, 8, 7, 3, tzinfo=UTC))
    world = await a_world(
        database,
        clock,
        consultant_zone="Pacific/Auckland",
        region="AU-QLD",
        time_zone="Australia/Brisbane",
        added_dates=["2026-08-12"],
    )
    await confirmed(world)
    decision = (await deadlines(world))[DeadlineKind.DECISION]
    assert decision.due_at == datetime(2026, 8, 19, 7, tzinfo=UTC), "Brisbane's Show day is one of its agreement"


async def test_a_request_under_a_batch_rule_is_released_next_business_morning(
    database: Database, clock: FixedClock
) -> None:
    clock.set(GOOD_FRIDAY_EVE + timedelta(days=1))
    world = await a_world(database, clock, release_rule=ReleaseRule.BATCH)
    await confirmed(world)
    assert await release_time(world) == datetime(2026, 4, 6, 23, tzinfo=UTC), "09:00 on the Tuesday after Easter"


async def test_a_request_released_at_once_is_so_by_a_job_too(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await confirmed(world)
    assert await release_time(world) == clock.now()


@pytest.mark.parametrize(("completed", "total"), [(8, 11), (9, 12), (10, 13)])
async def test_only_a_total_over_the_threshold_needs_a_clinical_review(
    database: Database, clock: FixedClock, completed: int, total: int
) -> None:
    world = await a_world(database, clock, appointments=(AppointmentStatus.COMPLETED,) * completed)
    view = await confirm(world, await submitted(world, sessions_requested=3))
    row = await the_request(world, view.id)
    over = total > 12
    assert (row.clinical_review_total, row.needs_clinical_review) == (total, over)
    assert view.status is (RequestStatus.AWAITING_DETAILS if over else RequestStatus.ORGANISATION_REVIEW)


async def test_a_clinical_review_promises_the_organisation_nothing(database: Database, clock: FixedClock) -> None:
    clock.set(GOOD_FRIDAY_EVE)
    overbooked = (AppointmentStatus.COMPLETED,) * 8 + (AppointmentStatus.SCHEDULED,) * 2
    world = await a_world(database, clock, appointments=overbooked, automatic_approval=4)
    request_id = await confirmed(world)
    row = await the_request(world, request_id)
    assert (row.status, row.clinical_review_total) == (RequestStatus.AWAITING_DETAILS, 13)
    assert (row.released_at, row.decision_due_at, row.organisation_version) == (None, None, 0)
    assert await events(world) == [EventType.SUBMITTED, EventType.CONFIRMED, EventType.DETAILS_REQUESTED]
    assert await jobs(world) == ["details_needed_email", "received_email"]
    due = await deadlines(world)
    assert set(due) == {DeadlineKind.CONFIRMATION, DeadlineKind.DETAILS}
    assert due[DeadlineKind.DETAILS].due_at == datetime(2026, 4, 10, 7, tzinfo=UTC)
    await release(world, request_id)
    assert (await the_request(world, request_id)).released_at is None, "even a stray job releases nothing"


@pytest.mark.parametrize(("automatic", "status"), [(2, "ORGANISATION_REVIEW"), (3, "APPROVED"), (4, "APPROVED")])
async def test_the_agreements_rule_approves_what_it_covers(
    database: Database, clock: FixedClock, automatic: int, status: str
) -> None:
    world = await a_world(database, clock, automatic_approval=automatic)
    view = await confirm(world, await submitted(world, sessions_requested=3))
    assert view.status.value == status


async def test_an_automatic_approval_grants_at_once_and_is_never_released(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock, automatic_approval=3)
    request_id = await confirmed(world)
    row = await the_request(world, request_id)
    assert (row.sessions_granted, row.decided_by, row.released_at) == (3, None, None)
    assert await events(world) == [EventType.SUBMITTED, EventType.CONFIRMED, EventType.APPROVED]
    assert await jobs(world) == ["outcome_client_email", "outcome_consultant_email", "received_email"]
    (grant,) = await rows(database, tables.SessionGrant)
    assert (grant.request_id, grant.sessions) == (request_id, 3)
    due = await deadlines(world)
    assert state_of(due[DeadlineKind.DECISION]) == (clock.now(), None)
    assert state_of(due[DeadlineKind.RELAY]) == (None, None), "the outcome mails are still to be accepted"


async def test_sessions_booked_since_the_submit_count_for_the_clinical_review(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    request_id = await submitted(world)
    async with building(database, clock) as build:
        for _ in range(6):
            await build.appointment(world.case.id, world.consultant)
    assert (await confirm(world, request_id)).status is RequestStatus.AWAITING_DETAILS


async def release_time(world: World) -> datetime:
    (promised,) = [row for row in await rows(world.database, tables.Job) if row.actor == "release_request"]
    moment: datetime = promised.run_at
    return moment
