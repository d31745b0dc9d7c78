"""A look for matches: what it keeps, whom it tells, how often it is owed, and what happens meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from models import tables
from models.database import Database
from models.operations import match_accounts
from models.rules.vocabulary import EventType, RequestStatus, Role
from tests.builders import World, a_world, confirmed, released
from tests.clock import FixedClock
from tests.jobs.workshop import until
from tests.operations.ledger import events, rows, somebody_waits, the_request
from tests.rows import building

ANA = {"email": "ana@home.example"}


async def hire(world: World) -> None:
    """Give the organisation an account that is the client's own."""
    async with building(world.database, world.clock) as build:
        await build.account(Role.ORG_REVIEWER, organisation_id=world.organisation_id, email=ANA["email"])


async def look(world: World) -> None:
    command = match_accounts.MatchAccounts(organisation_id=world.organisation_id)
    await match_accounts.match_accounts(command, database=world.database, clock=world.clock)


@pytest.mark.parametrize(("reach", "told"), [(released, [EventType.MATCH_FOUND]), (confirmed, [])])
async def test_a_match_is_kept_and_told_of_only_after_the_release(
    database: Database, clock: FixedClock, reach: Callable[[World], Awaitable[str]], told: list[EventType]
) -> None:
    world = await a_world(database, clock, client=ANA)
    request_id = await reach(world)
    before = await events(world)
    await hire(world)

    await look(world)

    assert (await the_request(world, request_id)).account_matches_client
    assert await events(world) == [*before, *told]


async def test_a_transaction_owes_each_organisation_one_look_however_often_it_asks(
    database: Database, clock: FixedClock
) -> None:
    async with database.transaction() as session:
        match_accounts.owe_matching(session, ["org_b", "org_a", "org_b"], at=clock.now())
        match_accounts.owe_matching(session, ["org_a", "org_c"], at=clock.now())
    owed = [job.args["organisation_id"] for job in await rows(database, tables.Job)]
    assert sorted(owed) == ["org_a", "org_b", "org_c"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_request_that_is_decided_while_the_look_waits_for_it_keeps_its_flag(
    database: Database, clock: FixedClock
) -> None:
    """On SQLite nobody can come between: the look holds the write lock from its start."""
    world = await a_world(database, clock, client=ANA)
    request_id = await released(world)
    await hire(world)

    async with database.transaction() as deciding:
        request = await deciding.get_one(tables.ExtraSessionsRequest, request_id, with_for_update=True)
        looking = asyncio.create_task(look(world))
        await until(lambda: somebody_waits(database))
        request.status, request.closed_at = RequestStatus.DECLINED, clock.now()
    await looking

    row = await the_request(world, request_id)
    assert (row.status, row.account_matches_client) == (RequestStatus.DECLINED, False)
    assert EventType.MATCH_FOUND not in await events(world)
