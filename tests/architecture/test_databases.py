"""The ground that the other tests stand on: real databases of both kinds, empty at the start of each test."""

import socket

import pytest
from sqlalchemy import func, select

from models.database import Database
from models.tables import Base, EventHead, Organisation
from tests.clock import FixedClock

WRITTEN_BY_MIGRATIONS = {"access_head": 1, "deployment": 1, "event_head": 1}


@pytest.mark.parametrize("turn", ["first", "second"])
async def test_no_test_finds_what_another_wrote(database: Database, turn: str) -> None:
    async with database.transaction() as session:
        counts = {
            table.name: await session.scalar(select(func.count()).select_from(table))
            for table in Base.metadata.sorted_tables
        }
        assert {name: count for name, count in counts.items() if count} == WRITTEN_BY_MIGRATIONS
        head = await session.get_one(EventHead, 1)
        assert head.seq == 0
        head.seq = 7
        session.add(Organisation(id="org_1", external_id="1", name=f"Left by the {turn}", headcount=50))


async def test_each_engine_is_the_one_it_is_called(database: Database, request: pytest.FixtureRequest) -> None:
    assert request.node.callspec.id == database.dialect


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_test_may_ask_for_one_engine_alone(database: Database) -> None:
    assert database.dialect == "postgresql"


def test_no_test_reaches_another_machine() -> None:
    with pytest.raises((RuntimeError, UserWarning), match=r"192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


def test_the_clock_moves_only_when_told(clock: FixedClock) -> None:
    assert clock.now() == clock.now()
