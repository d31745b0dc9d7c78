"""Many at once, in one process and in several: one effect, a clear refusal for everybody else, one set of promises."""

import asyncio
import dataclasses
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Iterable
from itertools import cycle, islice
from typing import Any

import pytest

from models import tables
from models.database import Database
from models.keyring import Keyring
from models.rules.refusals import AlreadyConfirmed, AlreadyDecided, IdempotencyKeyReused, NotOpen, OpenRequestExists
from models.rules.vocabulary import EventType, MailKind, RequestStatus
from models.views.request import RequestView
from tests.builders import World, a_world, confirmed, released, submitted
from tests.clock import FixedClock
from tests.operations.acting import approve, confirm, decline, record_mail, release, submit, withdraw
from tests.operations.ledger import events, jobs, rows, the_mail, the_request
from tests.rows import building

MANY = 50


@pytest.fixture(params=[1, 4], ids=["one-process", "four-processes"])
async def processes(
    request: pytest.FixtureRequest, database: Database, database_url: str, keyring: Keyring
) -> AsyncIterator[list[Database]]:
    """Give as many connections to the one database as there are processes: nothing is shared but the tables."""
    others = [Database.open(database_url, keyring) for _ in range(request.param - 1)]
    yield [database, *others]
    for other in others:
        await other.close()


async def test_of_50_confirms_at_once_one_has_an_effect(processes: list[Database], clock: FixedClock) -> None:
    world = await a_world(processes[0], clock)
    request_id = await submitted(world)
    answers = await at_once(confirm(each, request_id) for each in in_turn(world, processes, MANY))
    assert answers == {RequestStatus.ORGANISATION_REVIEW: 1, AlreadyConfirmed: MANY - 1}
    assert (await the_request(world, request_id)).version == 2
    assert await events(world) == [EventType.SUBMITTED, EventType.CONFIRMED]
    assert await jobs(world) == ["received_email", "release_request"]
    assert len(await rows(world.database, tables.Deadline)) == 3


async def test_of_50_decisions_at_once_the_first_one_stands(processes: list[Database], clock: FixedClock) -> None:
    world = await a_world(processes[0], clock)
    request_id = await released(world)
    before = await jobs(world)
    decisions = [
        decide(each, request_id, by=reviewer)
        for each, decide, reviewer in zip(
            in_turn(world, processes, MANY),
            cycle((approve, decline)),
            cycle((world.reviewer, world.reviewer, world.second_reviewer, world.second_reviewer)),
            strict=False,
        )
    ]
    answers = await at_once(decisions)
    row = await the_request(world, request_id)
    assert row.status in {RequestStatus.APPROVED, RequestStatus.DECLINED}
    assert answers == {row.status: 1, AlreadyDecided: MANY - 1}
    assert (row.version, row.organisation_version) == (4, 2)
    grants = [grant.sessions for grant in await rows(world.database, tables.SessionGrant)]
    assert grants == ([3] if row.status is RequestStatus.APPROVED else [])
    assert (await events(world))[3:] == [EventType(row.status.value)]
    assert await jobs(world) == sorted([*before, "outcome_client_email", "outcome_consultant_email"])


async def test_of_two_submissions_on_a_case_one_opens_a_request(processes: list[Database], clock: FixedClock) -> None:
    world = await a_world(processes[0], clock)
    async with building(world.database, clock) as build:
        colleague = await build.consultant(world.practice_id)
        appointment = await build.appointment(world.case.id, colleague)
    first, second = in_turn(world, processes, 2)
    answers = await at_once([submit(first), submit(second, by=colleague, appointment_id=appointment)])
    assert answers == {RequestStatus.SUBMITTED: 1, OpenRequestExists: 1}
    assert len(await rows(world.database, tables.ExtraSessionsRequest)) == 1
    assert await events(world) == [EventType.SUBMITTED]


async def test_a_submission_repeated_20_times_at_once_makes_one_request(
    processes: list[Database], clock: FixedClock
) -> None:
    world = await a_world(processes[0], clock)
    views = await asyncio.gather(*(submit(each, idempotency_key="once") for each in in_turn(world, processes, 20)))
    assert len({view.id for view in views}) == 1
    assert await events(world) == [EventType.SUBMITTED]
    assert len(await rows(world.database, tables.IdempotencyRecord)) == 1


async def test_one_key_for_two_cases_at_once_is_a_refusal_and_no_fault(
    processes: list[Database], clock: FixedClock
) -> None:
    world = await a_world(processes[0], clock)
    appointments = [world.appointment_id, *[await another_appointment(world) for _ in range(7)]]
    answers = await at_once(
        submit(each, appointment_id=appointment, idempotency_key="once")
        for each, appointment in zip(in_turn(world, processes, len(appointments)), appointments, strict=True)
    )
    assert answers == {RequestStatus.SUBMITTED: 1, IdempotencyKeyReused: len(appointments) - 1}
    assert len(await rows(world.database, tables.ExtraSessionsRequest)) == 1


async def test_a_release_that_runs_twice_at_once_invites_each_reviewer_once(
    processes: list[Database], clock: FixedClock
) -> None:
    world = await a_world(processes[0], clock)
    request_id = await confirmed(world)
    await asyncio.gather(*(release(each, request_id) for each in in_turn(world, processes, 8)))
    invitations = [row for row in await rows(world.database, tables.Mail) if row.kind is MailKind.REVIEW_INVITATION]
    assert len(invitations) == 2
    assert (await events(world))[2:] == [EventType.RELEASED]


async def test_two_outcome_mails_accepted_at_once_end_the_relay(processes: list[Database], clock: FixedClock) -> None:
    world = await a_world(processes[0], clock)
    await approve(world, await released(world))
    mails = [(await the_mail(world, kind)).id for kind in (MailKind.OUTCOME_CONSULTANT, MailKind.OUTCOME_CLIENT)]
    first, second = in_turn(world, processes, 2)
    await asyncio.gather(*(record_mail(each, mail, accepted=True) for each in (first, second) for mail in mails))
    assert (await events(world)).count(EventType.OUTCOME_RELAYED) == 1


async def test_a_withdrawal_against_a_decision_leaves_one_end(processes: list[Database], clock: FixedClock) -> None:
    world = await a_world(processes[0], clock)
    request_id = await released(world)
    first, second = in_turn(world, processes, 2)
    answers = await at_once([withdraw(first, request_id), approve(second, request_id)])
    row = await the_request(world, request_id)
    assert answers == {row.status: 1, NotOpen: 1}
    assert len(await rows(world.database, tables.SessionGrant)) == (row.status is RequestStatus.APPROVED)


async def test_many_requests_at_once_stand_in_one_unbroken_chain(processes: list[Database], clock: FixedClock) -> None:
    world = await a_world(processes[0], clock)
    appointments = [await another_appointment(world) for _ in range(12)]

    async def submit_and_confirm(each: World, appointment: str) -> None:
        await confirmed(each, appointment_id=appointment)

    worlds = in_turn(world, processes, len(appointments))
    await asyncio.gather(*map(submit_and_confirm, worlds, appointments))
    assert Counter(await events(world)) == {EventType.SUBMITTED: 12, EventType.CONFIRMED: 12}


def in_turn(world: World, processes: list[Database], number: int) -> list[World]:
    """Return the world as each of the processes sees it, one after the other."""
    return [dataclasses.replace(world, database=database) for database in islice(cycle(processes), number)]


async def at_once(calls: Iterable[Awaitable[RequestView]]) -> Counter[Any]:
    """Run all together; count the statuses that were reached and the kinds of refusal."""
    answers = await asyncio.gather(*calls, return_exceptions=True)
    return Counter(type(each) if isinstance(each, BaseException) else each.status for each in answers)


async def another_appointment(world: World) -> str:
    async with building(world.database, world.clock) as build:
        case = await build.case(await build.client(), world.organisation_id, world.practice_id)
        return await build.appointment(case.id, world.consultant)
