"""A confirm that comes too late, twice, from somebody else or for a case that has changed leaves all as it was."""

from datetime import timedelta

from sqlalchemy import update

from models import tables
from models.actor import Actor
from models.database import Database
from models.rules.refusals import (
    AlreadyConfirmed,
    CaseClosed,
    NotAllowed,
    NotFound,
    NotOpen,
    StaleVersion,
    TooManySessions,
)
from models.rules.vocabulary import (
    CaseStatus,
    RequestStatus,
    Role,
)
from tests.builders import a_world, confirmed, submitted
from tests.clock import FixedClock
from tests.operations.acting import confirm, decline, release, revise, withdraw
from tests.operations.ledger import refused
from tests.rows import building


async def test_exactly_48_hours_are_in_time_and_a_moment_more_is_not(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await submitted(world)
    due = clock.advance(timedelta(hours=48))
    clock.set(due + timedelta(microseconds=1))
    async with refused(world, NotOpen) as raised:
        await confirm(world, request_id)
    assert "EXPIRED" in raised.value.message
    clock.set(due)
    assert (await confirm(world, request_id)).status is RequestStatus.ORGANISATION_REVIEW


async def test_a_case_that_closed_meanwhile_is_not_asked_for(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await submitted(world)
    await change(database, tables.AssistCase, status=CaseStatus.CLOSED)
    async with refused(world, CaseClosed):
        await confirm(world, request_id)


async def test_the_sessions_are_checked_again(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await submitted(world, sessions_requested=4)
    await change(database, tables.Agreement, maximum_sessions=3)
    async with refused(world, TooManySessions) as raised:
        await confirm(world, request_id)
    assert raised.value.path == ("requestId",)


async def test_a_second_confirm_is_told_so_and_changes_nothing(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await confirmed(world)
    async with refused(world, AlreadyConfirmed):
        await confirm(world, request_id)
    clinical = await a_world(database, clock, clinical_review_threshold=0)
    waiting = await confirmed(clinical)
    async with refused(clinical, AlreadyConfirmed):
        await confirm(clinical, waiting)


async def test_a_request_that_came_to_its_end_is_not_confirmed(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    withdrawn = await submitted(world)
    await withdraw(world, withdrawn)
    async with refused(world, NotOpen):
        await confirm(world, withdrawn)
    declined = await confirmed(world)
    await release(world, declined)
    await decline(world, declined)
    async with refused(world, NotOpen):
        await confirm(world, declined)


async def test_a_confirm_of_another_version_than_the_consultant_read_is_refused(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    request_id = await submitted(world)
    await revise(world, request_id, sessions_requested=2)
    async with refused(world, StaleVersion) as raised:
        await confirm(world, request_id, expected_version=1)
    assert "version 2" in raised.value.message
    assert (await confirm(world, request_id, expected_version=2)).version == 3


async def test_only_a_consultant_of_the_case_confirms(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await submitted(world)
    async with building(database, clock) as build:
        elsewhere = await build.consultant(await build.practice())
        colleague = await build.consultant(world.practice_id)
    for actor in world.everybody:
        if actor.role is not Role.CONSULTANT:
            async with refused(world, NotAllowed):
                await confirm(world, request_id, by=actor)
    for stranger in (elsewhere, colleague, Actor("acc_x", "A consultant of nothing", Role.CONSULTANT)):
        async with refused(world, NotFound) as raised:
            await confirm(world, request_id, by=stranger)
        assert raised.value.path == ("requestId",)
    for malformed in ("", "req_AAAAAAAAAAAAAAAAAAAAAA", "req\x00"):
        async with refused(world, NotFound):
            await confirm(world, malformed)


async def change(database: Database, table: type[tables.Base], **values: object) -> None:
    """Change rows behind the product's back, as an import would."""
    async with database.transaction() as session:
        await session.execute(update(table).values(**values))
