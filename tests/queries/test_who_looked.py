"""Who looked is on record before the answer is given; where it can not be, there is no answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from models import tables
from models.access_log import AccessUnrecorded
from models.actor import SYSTEM, Actor
from models.database import Database
from models.hash_chain import GENESIS, chained
from models.keyring import Keyring
from models.operations.revise_request import RevisedGoal
from models.queries.appointments import read_calendar
from models.queries.cases import case_by_id
from models.queries.mails import owed_mail
from models.queries.reading import Reading
from models.queries.requests import request_of
from models.rules.confidentiality import Sensitivity
from models.rules.refusals import AlreadyConfirmed
from models.rules.vocabulary import GoalCategory, MailKind
from models.views.want import Page, Want, asking
from tests.builders import World, a_world, released, submitted
from tests.clock import FixedClock
from tests.operations.acting import approve, confirm, revise
from tests.operations.ledger import changes_nothing, everything, refused, rows, the_mail
from tests.queries.asked import APPOINTMENT, CASE, REQUEST, a_list_of, listening, read
from tests.queries.test_statements import FULL_DAY, MANY, fill
from tests.rows import building

IDENTIFYING, CLINICAL = Sensitivity.IDENTIFYING, Sensitivity.CLINICAL
HOUR = datetime(2026, 11, 23, 0, tzinfo=UTC)
NAME = asking("id", client=asking("display_name"))
WRITES = ("INSERT", "UPDATE", "DELETE")


async def looked(database: Database) -> list[tuple[str, str, Sensitivity, datetime]]:
    """Return who looked at what, in order, and check that the hash chain over it holds from its start to its head."""
    there = await everything(database)  # in one snapshot: a read that was left may still be put on record
    last, found, (head,) = GENESIS, there["access_event"], there["access_head"]
    for number, row in enumerate(found, start=1):
        last = chained(last, number, row.entry)
        assert (row.seq, row.hash) == (number, last)
    assert (head.seq, head.hash) == (len(found), last)
    return [(row.account_id, row.case_id, row.kind, row.hour) for row in found]


async def test_a_name_that_is_shown_leaves_one_row_of_ids_kind_and_hour(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    for _ in range(3):
        await read(database, clock, world.staff, case_by_id, world.case.id, NAME)
    assert await looked(database) == [(world.staff.account_id, world.case.id, IDENTIFYING, HOUR)]
    (row,) = await rows(database, tables.AccessEvent)
    assert row.entry == (
        f'{{"account_id":"{world.staff.account_id}","case_id":"{world.case.id}",'
        '"hour":"2026-11-23T00:00:00.000000+00:00","kind":"IDENTIFYING"}'
    )


@pytest.mark.parametrize(
    ("role", "kinds"),
    [
        ("consultant", {IDENTIFYING, CLINICAL}),
        ("manager", {IDENTIFYING}),
        ("reviewer", set()),
        ("clinical_reviewer", {CLINICAL}),
        ("staff", {IDENTIFYING}),
        ("integrator", set()),
        ("organisation_integrator", set()),
    ],
)
async def test_each_role_leaves_rows_for_what_it_is_shown_and_for_nothing_that_is_masked(
    database: Database, clock: FixedClock, role: str, kinds: set[Sensitivity]
) -> None:
    world = await a_world(database, clock, clinical_review_threshold=0 if role == "clinical_reviewer" else 12)
    request_id = await released(world)
    assert await looked(database) == []
    by: Actor = getattr(world, role)
    assert await read(database, clock, by, request_of, request_id, REQUEST) is not None
    assert {(who, case, kind) for who, case, kind, _ in await looked(database)} == {
        (by.account_id, world.case.id, kind) for kind in kinds
    }


@pytest.mark.parametrize(
    "want",
    [
        asking("id", "number", "status", "sessions", "booking_hold", client=asking("masked_fields")),
        asking("id", open_request=asking("id", "reference", goal=asking("category"))),
        asking("id", open_request=asking("id", referral_pathway=asking("planned"))),
    ],
    ids=["masked-fields", "goal-category", "pathway-planned"],
)
async def test_a_read_of_nothing_sensitive_leaves_no_row_and_costs_no_statement(
    database: Database, clock: FixedClock, want: Want
) -> None:
    world = await a_world(database, clock)
    await released(world)
    with listening() as heard:
        await read(database, clock, world.consultant, case_by_id, world.case.id, want)
    assert not [statement for statement in heard if "access_" in statement]
    assert await looked(database) == []


async def test_a_clients_other_cases_tell_who_those_are_about(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    async with building(database, clock) as build:
        other = await build.case(world.case.client_id, world.organisation_id, world.practice_id)
    cases = asking("id", client=asking(cases=asking("id", "number")))
    await read(database, clock, world.manager, case_by_id, world.case.id, cases)
    assert {(case, kind) for _, case, kind, _ in await looked(database)} == {
        (world.case.id, IDENTIFYING),
        (other.id, IDENTIFYING),
    }


async def test_an_hour_that_is_recorded_costs_no_statement_and_the_next_one_its_row(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    await fill(world, FULL_DAY, MANY)
    cold, warm, next_hour = await full_calendar(world), await full_calendar(world), None
    clock.advance(timedelta(minutes=29))
    assert len(await full_calendar(world)) == len(warm)
    assert {kind for _, _, kind, _ in await looked(database)} == {IDENTIFYING, CLINICAL}
    number = len(await looked(database))
    clock.advance(timedelta(minutes=1))
    database.keys.forget()  # as cold as at first
    next_hour = await full_calendar(world)
    assert len(await looked(database)) == 2 * number
    assert not [statement for statement in warm if "access_" in statement or statement.startswith(WRITES)]
    assert len(cold) == len(next_hour) > len(warm)


async def full_calendar(world: World) -> list[str]:
    """Return the statements that a whole calendar takes."""
    with listening() as heard:
        found = await read(
            world.database,
            world.clock,
            world.consultant,
            read_calendar,
            days=(FULL_DAY, FULL_DAY),
            consultant_id=None,
            page=Page(100),
            want=a_list_of(APPOINTMENT),
        )
    assert len(found.nodes) == MANY
    return heard


async def test_what_a_mutation_shows_is_on_record_with_its_change(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await submitted(world)
    view = await confirm(world, request_id, want=REQUEST)
    assert view.client.display_name
    assert {kind for _, _, kind, _ in await looked(database)} == {IDENTIFYING, CLINICAL}
    with listening() as heard:
        await read(database, clock, world.consultant, request_of, request_id, REQUEST)
    assert not [statement for statement in heard if "access_" in statement]


async def test_answers_opened_to_be_revised_are_on_record(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await submitted(world)
    await revise(world, request_id, goal=RevisedGoal(category=GoalCategory.OTHER, statement="Rest"))
    assert await looked(database) == [(world.consultant.account_id, world.case.id, CLINICAL, HOUR)]


async def test_a_mutation_that_rolls_back_leaves_no_row_and_counts_for_nothing(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    request_id = await submitted(world)
    with pytest.raises(SQLAlchemyError):
        async with breaking(database, "event"):
            await confirm(world, request_id, want=REQUEST)
    assert await looked(database) == []
    await confirm(world, request_id, want=REQUEST)
    assert len(await looked(database)) == 2
    async with refused(world, AlreadyConfirmed):
        await confirm(world, request_id, want=REQUEST)


async def test_a_read_that_can_not_be_recorded_is_refused_until_it_can(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    async with breaking(database, "access_event"):
        for _ in range(2):
            with pytest.raises(AccessUnrecorded):
                await read(database, clock, world.staff, case_by_id, world.case.id, NAME)
        assert await read(database, clock, world.staff, case_by_id, world.case.id, asking("id")) is not None
        assert await looked(database) == []
    assert await read(database, clock, world.staff, case_by_id, world.case.id, NAME) is not None
    assert len(await looked(database)) == 1


async def test_a_mutation_whose_access_can_not_be_recorded_changes_nothing(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    request_id = await submitted(world)
    async with breaking(database, "access_event"), changes_nothing(database):
        with pytest.raises(SQLAlchemyError):
            await confirm(world, request_id, want=REQUEST)


async def test_200_readers_at_once_share_a_few_commits(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    async with building(database, clock) as build:
        people = [await build.consultant(world.practice_id) for _ in range(200)]
        for person in people:
            await build.appointment(world.case.id, person)
    with listening() as heard:
        await asyncio.gather(*(read(database, clock, by, case_by_id, world.case.id, NAME) for by in people))
    assert {who for who, *_ in await looked(database)} == {by.account_id for by in people}
    commits = len([statement for statement in heard if statement.startswith("UPDATE access_head")])
    assert 1 <= commits <= 40


async def test_two_processes_that_record_the_same_hour_make_one_row(
    database: Database, database_url: str, keyring: Keyring, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    processes = [database, *(Database.open(database_url, keyring) for _ in range(3))]
    await asyncio.gather(
        *(read(each, clock, world.staff, case_by_id, world.case.id, NAME) for each in processes for _ in range(5))
    )
    for other in processes[1:]:
        await other.close()
    assert await looked(database) == [(world.staff.account_id, world.case.id, IDENTIFYING, HOUR)]


async def test_reads_and_mutations_at_once_in_several_processes_keep_one_chain(
    database: Database, database_url: str, keyring: Keyring, clock: FixedClock
) -> None:
    processes = [database, *(Database.open(database_url, keyring) for _ in range(2))]
    worlds = [await a_world(each, clock) for each in processes]
    open_requests = [await submitted(world) for world in worlds]
    reads = [
        read(each, clock, worlds[0].staff, case_by_id, world.case.id, CASE) for each in processes for world in worlds
    ]
    confirms = [confirm(world, each, want=REQUEST) for world, each in zip(worlds, open_requests, strict=True)]
    await asyncio.gather(*reads, *confirms)
    for other in processes[1:]:
        await other.close()
    found = await looked(database)
    assert len(found) == len(set(found)) == 3 + 2 * 3


async def test_a_reader_who_leaves_takes_nobody_along(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    for milliseconds in range(12):
        at = clock.advance(timedelta(hours=1))
        leaving = asyncio.ensure_future(read(database, clock, world.manager, case_by_id, world.case.id, NAME))
        staying = asyncio.ensure_future(read(database, clock, world.staff, case_by_id, world.case.id, NAME))
        await asyncio.sleep(milliseconds / 1000)
        leaving.cancel()
        assert (await staying) is not None
        await asyncio.wait([leaving])
        hour = at.replace(minute=0)
        assert (world.staff.account_id, world.case.id, IDENTIFYING, hour) in await looked(database)


async def test_the_product_itself_is_on_record_where_it_looks_up_a_clients_address(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    await approve(world, await released(world))
    mail = await the_mail(world, MailKind.OUTCOME_CLIENT)
    owed: Any = await read(database, clock, SYSTEM, owed_mail, mail.id)
    assert owed.recipient is not None
    assert await looked(database) == [("system", world.case.id, IDENTIFYING, HOUR)]


async def test_a_read_without_a_record_opens_nothing(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    async with database.snapshot() as source:
        reading = Reading(source, database.vault, database.keys, world.staff, clock.now())
        assert await case_by_id(reading, world.case.id, asking("id", "number")) is not None
        with pytest.raises(RuntimeError, match="not on record"):
            await case_by_id(reading, world.case.id, NAME)


@asynccontextmanager
async def breaking(database: Database, table: str) -> AsyncIterator[None]:
    """Let every insert into ``table`` fail in the database itself."""
    sqlite = database.dialect == "sqlite"
    make = (
        f"CREATE TRIGGER broken BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        if sqlite
        else f"ALTER TABLE {table} ADD CONSTRAINT broken CHECK (false) NOT VALID"
    )
    mend = "DROP TRIGGER broken" if sqlite else f"ALTER TABLE {table} DROP CONSTRAINT broken"
    async with database.transaction() as session:
        await session.execute(text(make))
    try:
        yield
    finally:
        async with database.transaction() as session:
            await session.execute(text(mend))
