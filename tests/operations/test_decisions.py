"""Approve and decline: who may, what follows, and that the first decision stands."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from models import tables
from models.database import Database
from models.queries.tallies import load_tallies
from models.rules.refusals import (
    AlreadyDecided,
    NoSessions,
    NotAllowed,
    NotFound,
    NotOpen,
    StaleVersion,
    TooManySessions,
)
from models.rules.vocabulary import (
    DeadlineKind,
    DeclineReason,
    Delegation,
    EventType,
    MailKind,
    Outcome,
    ReleaseRule,
    RequestStatus,
    Role,
    Withheld,
)
from models.views.request import RequestView
from models.views.want import asking
from tests.builders import a_world, confirmed, released
from tests.clock import FixedClock
from tests.operations.acting import approve, decline, release, withdraw
from tests.operations.ledger import deadlines, events, jobs, refused, rows, state_of, the_request
from tests.rows import building

Decide = Callable[..., Awaitable[RequestView]]
DECISIONS: tuple[Decide, ...] = (approve, decline)
DECISION = asking(
    "status", "version", "outcome", "sessions_granted", decision=asking("outcome", "sessions_granted", "reason")
)


@pytest.mark.parametrize(("asked", "granted"), [(None, 3), (3, 3), (1, 1)])
async def test_an_approval_grants_all_that_was_released_or_fewer(
    database: Database, clock: FixedClock, asked: int | None, granted: int
) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    view = await approve(world, request_id, sessions_granted=asked, expected_version=1, want=DECISION)
    assert (view.status, view.outcome, view.version) == (RequestStatus.APPROVED, Outcome.APPROVED, 2)
    assert view.decision is not None
    assert (view.sessions_granted, view.decision.sessions_granted, view.decision.reason) == (granted, granted, None)
    (grant,) = await rows(database, tables.SessionGrant)
    assert (grant.request_id, grant.sessions, grant.granted_at) == (request_id, granted, clock.now())
    async with database.snapshot() as source:
        tally = (await load_tallies(source, {world.case.id: 6}))[world.case.id]
    assert (tally.granted, tally.allocation) == (granted, 6 + granted)


async def test_a_decline_keeps_its_reason_and_grants_nothing(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    view = await decline(world, request_id, reason=DeclineReason.PREFERS_NEW_CASE, want=DECISION)
    assert (view.status, view.outcome, view.sessions_granted) == (RequestStatus.DECLINED, Outcome.DECLINED, None)
    assert view.decision is not None
    assert view.decision.reason is DeclineReason.PREFERS_NEW_CASE
    assert await rows(database, tables.SessionGrant) == []


@pytest.mark.parametrize(("decide", "event"), [(approve, EventType.APPROVED), (decline, EventType.DECLINED)])
async def test_a_decision_closes_meets_its_deadline_and_owes_both_outcome_mails(
    database: Database, clock: FixedClock, decide: Decide, event: EventType
) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    before = await jobs(world)
    clock.set(datetime(2026, 11, 24, 14, tzinfo=UTC))
    await decide(world, request_id)
    row = await the_request(world, request_id)
    assert (row.decided_at, row.closed_at, row.decided_by) == (clock.now(), clock.now(), world.reviewer.account_id)
    assert (row.decided_on, row.version, row.organisation_version) == (date(2026, 11, 25), 4, 2)
    assert (await events(world))[-1] is event
    assert await jobs(world) == sorted([*before, "outcome_client_email", "outcome_consultant_email"])
    kinds = [mail.kind for mail in await rows(database, tables.Mail)]
    assert kinds.count(MailKind.OUTCOME_CLIENT) == kinds.count(MailKind.OUTCOME_CONSULTANT) == 1
    due = await deadlines(world)
    assert state_of(due[DeadlineKind.DECISION]) == (clock.now(), None)
    assert state_of(due[DeadlineKind.RELAY]) == (None, None), "it is met when both mails were accepted"


async def test_an_outcome_goes_before_everything_else_that_waits(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await approve(world, await released(world))
    promised = {row.actor: row.priority for row in await rows(database, tables.Job)}
    assert promised["outcome_client_email"] == promised["outcome_consultant_email"] < promised["received_email"]


@pytest.mark.parametrize(
    ("granted", "refusal"), [(0, NoSessions), (-1, NoSessions), (4, TooManySessions), (2**31, TooManySessions)]
)
async def test_no_fewer_than_one_and_no_more_than_was_released_can_be_granted(
    database: Database, clock: FixedClock, granted: int, refusal: Any
) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    async with refused(world, refusal) as raised:
        await approve(world, request_id, sessions_granted=granted, idempotency_key="key")
    assert raised.value.path == ("sessionsGranted",)


@pytest.mark.parametrize("second", DECISIONS)
async def test_the_first_decision_stands_and_the_second_hears_of_it(
    database: Database, clock: FixedClock, second: Decide
) -> None:
    for first, told in ((approve, "approved for 3 sessions"), (decline, "declined")):
        world = await a_world(database, clock)
        request_id = await released(world)
        await first(world, request_id)
        clock.advance(timedelta(minutes=1))
        for late in (world.second_reviewer, world.reviewer):
            async with refused(world, AlreadyDecided) as raised:
                await second(world, request_id, by=late)
            assert told in raised.value.message


@pytest.mark.parametrize("decide", DECISIONS)
async def test_only_a_request_in_the_organisations_review_is_decided(
    database: Database, clock: FixedClock, decide: Decide
) -> None:
    world = await a_world(database, clock, delegation=Delegation.STAFF_AS_WELL)
    decided = {RequestStatus.APPROVED, RequestStatus.DECLINED}
    for status in set(RequestStatus) - decided - {RequestStatus.ORGANISATION_REVIEW}:
        async with building(database, clock) as build:
            case = await build.case(await build.client(), world.organisation_id, world.practice_id)
            request = await build.request(case, world.consultant, status=status, released_at=clock.now())
        shown = RequestStatus.WITHDRAWN if status is RequestStatus.CANCELLED else status
        for actor, word in ((world.staff, status), (world.reviewer, shown)):
            async with refused(world, NotOpen) as raised:
                await decide(world, request.id, by=actor)
            assert word.value in raised.value.message


@pytest.mark.parametrize("decide", DECISIONS)
async def test_only_the_organisations_own_reviewers_decide(
    database: Database, clock: FixedClock, decide: Decide
) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    async with building(database, clock) as build:
        stranger = await build.account(Role.ORG_REVIEWER, organisation_id=await build.organisation())
        of_nobody = await build.account(Role.ORG_REVIEWER)
    for actor in (stranger, of_nobody):
        async with refused(world, NotFound) as raised:
            await decide(world, request_id, by=actor)
        assert raised.value.path == ("requestId",)
    for actor in world.everybody:
        if actor.role is not Role.ORG_REVIEWER:
            async with refused(world, NotAllowed):
                await decide(world, request_id, by=actor)
    for malformed in ("", "req_AAAAAAAAAAAAAAAAAAAAAA", "req\x00"):
        async with refused(world, NotFound):
            await decide(world, malformed)


@pytest.mark.parametrize("decide", DECISIONS)
async def test_staff_decide_what_is_withheld_and_the_organisation_never_hears(
    database: Database, clock: FixedClock, decide: Decide
) -> None:
    world = await a_world(database, clock, headcount=5)
    request_id = await released(world)
    await decide(world, request_id, by=world.staff)
    row = await the_request(world, request_id)
    assert (row.withheld, row.released_at, row.organisation_version) == (Withheld.BELOW_HEADCOUNT, None, 0)
    assert row.decided_by == world.staff.account_id
    assert not [each for each in await rows(database, tables.Event) if each.organisation_sees]
    async with refused(world, NotFound):
        await decide(world, request_id)


@pytest.mark.parametrize("decide", DECISIONS)
async def test_staff_decide_what_is_delegated_and_nothing_else(
    database: Database, clock: FixedClock, decide: Decide
) -> None:
    kept = await a_world(database, clock, delegation=Delegation.NONE)
    request_id = await released(kept)
    async with refused(kept, NotAllowed):
        await decide(kept, request_id, by=kept.staff)
    shared = await a_world(database, clock, delegation=Delegation.STAFF_AS_WELL)
    assert (await decide(shared, await released(shared), by=shared.staff)).version == 4
    both = await a_world(database, clock, delegation=Delegation.STAFF_AS_WELL)
    assert (await decide(both, await released(both))).version == 2
    instead = await a_world(database, clock, delegation=Delegation.STAFF_INSTEAD)
    assert (await decide(instead, await released(instead), by=instead.staff)).version == 4


async def test_a_request_that_staff_decided_before_its_release_is_never_released(
    database: Database, clock: FixedClock
) -> None:
    terms: dict[str, Any] = {"delegation": Delegation.STAFF_AS_WELL, "release_rule": ReleaseRule.BATCH}
    world = await a_world(database, clock, **terms)
    request_id = await confirmed(world)
    await approve(world, request_id, by=world.staff)
    await release(world, request_id)
    assert (await the_request(world, request_id)).released_at is None
    assert "review_invitation_email" not in await jobs(world)


async def test_an_organisation_counts_versions_by_what_it_can_see(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock, delegation=Delegation.STAFF_AS_WELL)
    request_id = await released(world)
    for actor, theirs, others in ((world.reviewer, 1, 3), (world.staff, 3, 1)):
        async with refused(world, StaleVersion) as raised:
            await approve(world, request_id, by=actor, expected_version=others)
        assert f"version {theirs}." in raised.value.message
        async with refused(world, StaleVersion):
            await decline(world, request_id, by=actor, expected_version=0)
    assert (await approve(world, request_id, expected_version=1)).version == 2
    assert (await the_request(world, request_id)).version == 4


async def test_a_withdrawn_request_is_not_decided(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    await withdraw(world, request_id)
    for decide in DECISIONS:
        async with refused(world, NotOpen):
            await decide(world, request_id)


async def test_an_approval_lets_the_case_ask_again_with_a_larger_allocation(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    await approve(world, await released(world), sessions_granted=2)
    row = await the_request(world, await confirmed(world))
    assert row.clinical_review_total == 6 + 2 + 3
