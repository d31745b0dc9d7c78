"""A mutation that PostgreSQL gives up to end a deadlock is done again, and its caller learns nothing of it."""

import asyncio

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from models.conflicts import through_conflicts
from models.database import Database
from models.tables import AssistCase, Event, ExtraSessionsRequest
from tests.builders import World, submitted
from tests.jobs.workshop import until
from tests.schema.house import House

POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
CONFIRM = """
mutation Confirm($id: ID!) {
  answer: confirmExtraSessionsRequest(input: { requestId: $id }) { request { status } userErrors { code } }
}"""


@POSTGRESQL
async def test_a_mutation_that_loses_a_deadlock_is_done_again(
    world: World, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="models.conflicts")
    request_id = await submitted(world)
    events = await count_events(world.database)
    async with world.database.transaction() as session:
        await session.execute(text("SET LOCAL deadlock_timeout = '60s'"))  # so that the other one loses
        case_id = await lock_request(session, request_id)
        confirm = asyncio.create_task(house.ask(world.consultant, CONFIRM, id=request_id))
        await until(lambda: somebody_waits(world.database))
        await session.execute(select(AssistCase).where(AssistCase.id == case_id).with_for_update())

    answer = await confirm
    assert answer == {"request": {"status": answer["request"]["status"]}, "userErrors": []}
    assert "SQLSTATE 40P01" in caplog.text, "it did lose"
    assert await count_events(world.database) == events + 1


async def lock_request(session: AsyncSession, request_id: str) -> str:
    statement = select(ExtraSessionsRequest.case_id).where(ExtraSessionsRequest.id == request_id).with_for_update()
    return (await session.execute(statement)).scalar_one()


async def somebody_waits(database: Database) -> bool:
    async with database.snapshot() as source:
        return bool(await source.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


async def count_events(database: Database) -> int:
    async with database.snapshot() as source:
        return len((await source.execute(select(Event.seq))).all())


class GivenUp(Exception):
    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate


async def tries_of(sqlstate: str, *, failing: int) -> tuple[int, bool]:
    """Return how often an operation was tried that fails so often, and whether it worked in the end."""
    tries = 0

    async def operation() -> None:
        nonlocal tries
        tries += 1
        if tries <= failing:
            raise OperationalError("UPDATE", {}, GivenUp(sqlstate))

    try:
        await through_conflicts(operation)
    except DBAPIError:
        return tries, False
    return tries, True


@pytest.mark.parametrize(
    ("sqlstate", "failing", "outcome"),
    [
        ("40P01", 0, (1, True)),
        ("40P01", 1, (2, True)),
        ("40001", 3, (4, True)),
        ("40001", 4, (4, False)),
        ("55P03", 1, (1, False)),
        ("23505", 1, (1, False)),
    ],
)
async def test_three_more_tries_and_only_for_what_was_given_up(
    sqlstate: str, failing: int, outcome: tuple[int, bool]
) -> None:
    assert await tries_of(sqlstate, failing=failing) == outcome
