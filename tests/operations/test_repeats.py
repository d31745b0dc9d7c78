"""A call may be repeated safely: the same key and input have one effect, for one account and one mutation."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from models import tables
from models.database import Database
from models.rules.refusals import (
    AlreadyConfirmed,
    AlreadyDecided,
    IdempotencyKeyReused,
    NotAllowed,
    NotFound,
    NotOpen,
    Refusal,
    TextMissing,
)
from models.rules.vocabulary import DeclineReason, Delegation, RequestStatus
from models.views.request import RequestView
from models.views.want import asking
from tests.builders import World, a_world, confirmed, released, submitted
from tests.clock import FixedClock
from tests.operations.acting import approve, confirm, decline, revise, submit, withdraw
from tests.operations.ledger import changes_nothing, refused, rows
from tests.rows import building

Act = Callable[..., Awaitable[RequestView]]
Begin = Callable[[World], Awaitable[str]]
CHANGES: list[tuple[Begin, Act, dict[str, Any], dict[str, Any], type[Refusal]]] = [
    (submitted, confirm, {}, {"expected_version": 1}, AlreadyConfirmed),
    (confirmed, withdraw, {}, {"expected_version": 2}, NotOpen),
    (released, approve, {"sessions_granted": 2}, {"sessions_granted": 1}, AlreadyDecided),
    (released, decline, {"reason": DeclineReason.OTHER}, {"reason": DeclineReason.BUDGET}, AlreadyDecided),
]


@pytest.mark.parametrize(("begin", "act", "named", "otherwise", "second"), CHANGES)
async def test_a_repeated_change_has_one_effect_and_one_result(  # noqa: PLR0917 - the table's columns
    database: Database,
    clock: FixedClock,
    begin: Begin,
    act: Act,
    named: dict[str, Any],
    otherwise: dict[str, Any],
    second: type[Refusal],
) -> None:
    world = await a_world(database, clock)
    request_id = await begin(world)
    first = await act(world, request_id, idempotency_key="once", **named)
    clock.advance(timedelta(hours=3))
    async with changes_nothing(database):
        again = await act(world, request_id, idempotency_key="once", **named)
    assert (again.id, again.status, again.version) == (first.id, first.status, first.version)
    async with refused(world, IdempotencyKeyReused) as raised:
        await act(world, request_id, idempotency_key="once", **{**named, **otherwise})
    assert raised.value.path == ("idempotencyKey",)
    for keyless in ({}, {"idempotency_key": "another"}):
        async with refused(world, second):
            await act(world, request_id, **named, **keyless)


async def test_a_repeated_submission_gives_the_request_that_it_made(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    first = await submit(world, idempotency_key="once")
    async with changes_nothing(database):
        again = await submit(world, idempotency_key="once")
    assert (again.id, again.version, again.status) == (first.id, 1, RequestStatus.SUBMITTED)
    for change in ({"sessions_requested": 2}, {"goal_statement": "Another"}, {"pathway_detail": None}):
        async with refused(world, IdempotencyKeyReused):
            await submit(world, idempotency_key="once", **change)


async def test_a_repeat_shows_the_request_as_it_is_by_now(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    first = await submit(world, idempotency_key="once")
    await confirm(world, first.id)
    again = await submit(world, idempotency_key="once")
    assert (again.id, again.status, again.version) == (first.id, RequestStatus.ORGANISATION_REVIEW, 2)


async def test_a_repeat_is_masked_afresh_for_the_account_as_it_is_by_now(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    want = asking("case", "consultant", "requestor", "masked_fields", goal=asking("statement"))
    await approve(world, request_id, idempotency_key="once")
    again = await approve(world, request_id, idempotency_key="once", want=want)
    assert (again.case, again.consultant, again.requestor, again.goal.statement) == (None, None, None, None)
    assert "case" in again.masked_fields


async def test_a_key_belongs_to_one_account(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    await approve(world, request_id, idempotency_key="once")
    async with refused(world, AlreadyDecided):
        await approve(world, request_id, by=world.second_reviewer, idempotency_key="once")


async def test_a_key_belongs_to_one_mutation(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    view = await submit(world, idempotency_key="once")
    await revise(world, view.id, sessions_requested=2, idempotency_key="once")
    await confirm(world, view.id, idempotency_key="once")
    await withdraw(world, view.id, idempotency_key="once")
    assert len(await rows(database, tables.IdempotencyRecord)) == 4


async def test_a_key_of_another_request_is_refused(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    first = await released(world)
    async with building(database, clock) as build:
        case = await build.case(await build.client(), world.organisation_id, world.practice_id)
        appointment = await build.appointment(case.id, world.consultant)
    second = await released(world, appointment_id=appointment)
    await approve(world, first, idempotency_key="once")
    async with refused(world, IdempotencyKeyReused):
        await approve(world, second, idempotency_key="once")


async def test_a_refused_call_does_not_use_its_key_up(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    async with refused(world, TextMissing):
        await submit(world, idempotency_key="once", goal_statement=" ")
    assert (await submit(world, idempotency_key="once")).status is RequestStatus.SUBMITTED


async def test_a_repeat_needs_the_right_to_the_call(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock, delegation=Delegation.STAFF_AS_WELL)
    request_id = await released(world)
    await approve(world, request_id, idempotency_key="once")
    async with building(database, clock) as build:
        stranger = await build.account(world.reviewer.role, organisation_id=await build.organisation())
    async with refused(world, NotFound):
        await approve(world, request_id, by=stranger, idempotency_key="once")
    async with refused(world, NotAllowed):
        await approve(world, request_id, by=world.consultant, idempotency_key="once")


async def test_a_repeat_finds_nothing_once_its_request_is_out_of_sight(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await submit(world, idempotency_key="once")
    async with building(database, clock) as build:
        other = await build.case(await build.client(), world.organisation_id, world.practice_id)
        await build.settle()
        await build.session.execute(update(tables.Appointment).values(case_id=other.id))
    async with refused(world, NotFound):
        await submit(world, idempotency_key="once")


async def test_a_key_and_its_input_are_kept_as_hashes_alone(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await submit(world, idempotency_key="Zebra", goal_statement="Quokka")
    kept = repr(await rows(database, tables.IdempotencyRecord))
    assert "Zebra" not in kept
    assert "Quokka" not in kept
