"""Withdraw takes an open request back: the consultant, or provider staff."""

from datetime import UTC, datetime

import pytest

from models import tables
from models.database import Database
from models.rules.refusals import NotAllowed, NotFound, NotOpen, StaleVersion
from models.rules.vocabulary import DeadlineKind, EventType, MailKind, ReleaseRule, RequestStatus, Role
from tests.builders import a_world, confirmed, released, submitted
from tests.clock import FixedClock
from tests.operations.acting import approve, release, withdraw
from tests.operations.ledger import deadlines, events, jobs, refused, rows, state_of, the_request
from tests.rows import building

OPEN = (
    RequestStatus.SUBMITTED,
    RequestStatus.AWAITING_DETAILS,
    RequestStatus.CLINICAL_REVIEW,
    RequestStatus.ORGANISATION_REVIEW,
    RequestStatus.INFORMATION_REQUESTED,
)


async def test_a_withdrawn_request_ends_with_its_deadlines_and_promises_no_outcome(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    request_id = await confirmed(world)
    before = await jobs(world)
    view = await withdraw(world, request_id, expected_version=2)
    assert (view.status, view.version) == (RequestStatus.WITHDRAWN, 3)
    row = await the_request(world, request_id)
    assert (row.closed_at, row.decided_at, row.sessions_granted) == (clock.now(), None, None)
    assert await events(world) == [EventType.SUBMITTED, EventType.CONFIRMED, EventType.WITHDRAWN]
    assert await jobs(world) == before
    assert await rows(database, tables.SessionGrant) == []
    due = await deadlines(world)
    assert state_of(due[DeadlineKind.CONFIRMATION]) == (clock.now(), None), "what was met stays met"
    assert state_of(due[DeadlineKind.DECISION]) == (None, clock.now())
    assert state_of(due[DeadlineKind.RELAY]) == (None, clock.now())


async def test_a_request_withdrawn_before_its_release_is_never_released(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await confirmed(world)
    await withdraw(world, request_id)
    await release(world, request_id)
    row = await the_request(world, request_id)
    assert (row.status, row.released_at, row.organisation_version) == (RequestStatus.WITHDRAWN, None, 0)
    async with refused(world, NotFound):
        await approve(world, request_id)


async def test_a_request_withdrawn_after_its_release_shows_as_withdrawn(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    await withdraw(world, request_id)
    assert (await the_request(world, request_id)).organisation_version == 2
    async with refused(world, NotOpen) as raised:
        await approve(world, request_id)
    assert "WITHDRAWN" in raised.value.message


async def test_every_open_state_can_be_withdrawn_from_by_consultant_and_staff(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    for status in OPEN:
        for actor in (world.consultant, world.staff):
            async with building(database, clock) as build:
                request = await build.request(world.case, world.consultant, status=status)
            view = await withdraw(world, request.id, by=actor)
            assert view.status is RequestStatus.WITHDRAWN, (status, actor.role)


async def test_what_is_over_is_not_withdrawn(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    for status in set(RequestStatus) - set(OPEN):
        async with building(database, clock) as build:
            request = await build.request(world.case, world.consultant, status=status)
        for actor in (world.consultant, world.staff):
            async with refused(world, NotOpen) as raised:
                await withdraw(world, request.id, by=actor)
            assert status.value in raised.value.message


async def test_nobody_else_withdraws(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    async with building(database, clock) as build:
        elsewhere = await build.consultant(await build.practice())
    for actor in world.everybody:
        if actor.role not in {Role.CONSULTANT, Role.PROVIDER_STAFF}:
            async with refused(world, NotAllowed):
                await withdraw(world, request_id, by=actor)
    async with refused(world, NotFound):
        await withdraw(world, request_id, by=elsewhere)
    async with refused(world, NotFound):
        await withdraw(world, "req_AAAAAAAAAAAAAAAAAAAAAA", by=world.staff)


async def test_a_withdrawal_of_another_version_is_refused(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await submitted(world)
    async with refused(world, StaleVersion):
        await withdraw(world, request_id, expected_version=2)


@pytest.mark.parametrize(
    ("rule", "told_at"),
    [
        (ReleaseRule.AT_ONCE, datetime(2026, 11, 24, 4, 17, tzinfo=UTC)),
        (ReleaseRule.BATCH, datetime(2026, 11, 24, 22, tzinfo=UTC)),
    ],
)
async def test_reviewers_hear_of_a_withdrawal_when_they_would_have_heard_of_a_request(
    database: Database, clock: FixedClock, rule: ReleaseRule, told_at: datetime
) -> None:
    world = await a_world(database, clock, release_rule=rule)
    request_id = await released(world)
    clock.set(datetime(2026, 11, 24, 4, 17, tzinfo=UTC))
    await withdraw(world, request_id)
    told = {row.id: row.created_at for row in await rows(database, tables.Mail) if row.kind is MailKind.REVIEW_ENDED}
    assert list(told.values()) == [told_at] * 2, "one for each reviewer, and no other moment shows"
    sending = [row for row in await rows(database, tables.Job) if row.args.get("mail_id") in told]
    assert [row.run_at for row in sending] == [told_at] * 2
