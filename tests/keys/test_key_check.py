"""A check of the keys finds each kind of sealed value that no longer opens, and what is fine it counts."""

from typing import Any

import pytest
from sqlalchemy import delete, update

from models import tables
from models.database import Database
from models.keyring import Keyring
from models.operations.key_backups import back_up_keys, newest_backup
from models.queries.key_check import check_keys
from models.tables.key_store import ClientKey
from tests.builders import World
from tests.clock import FixedClock
from tests.keys.strongroom import a_world_of_seals, client_of
from tests.keys.test_key_backups import DAYS


@pytest.fixture
async def world(database: Database, clock: FixedClock) -> World:
    return await a_world_of_seals(database, clock)


async def test_every_key_and_value_opens(world: World) -> None:
    checked = await check_keys(world.database, page=1)

    assert checked.broken == 0
    assert checked.client_keys.opened == {1: 2}
    assert {table: dict(tried.opened) for table, tried in checked.sealed.items()} == {
        "client_identity": {1: 2},
        "extra_sessions_request": {1: 1},
        "further_details": {1: 1},
        "organisation_question": {1: 1},
    }


async def test_a_lost_key_breaks_all_that_was_sealed_under_it(world: World) -> None:
    client_id = await client_of(world)
    async with world.database.keys.writing() as connection:
        await connection.execute(delete(ClientKey).where(ClientKey.client_id == client_id))

    checked = await check_keys(world.database)

    assert (checked.client_keys.opened, checked.broken) == ({1: 1}, 4)
    assert all(tried.broken == {1: 1} for tried in checked.sealed.values())


async def test_a_value_that_was_altered_is_counted_alone(world: World) -> None:
    async with world.database.transaction() as session:
        await session.execute(update(tables.ExtraSessionsRequest).values(clinical_sealed=b"x" * 40))

    checked = await check_keys(world.database)

    assert (checked.sealed["extra_sessions_request"].broken, checked.broken) == ({1: 1}, 1)


@pytest.mark.usefixtures("world")
async def test_another_key_file_opens_no_key(database_url: str) -> None:
    stranger = Database.open(database_url, Keyring.generate())

    checked = await check_keys(stranger)
    await stranger.close()

    assert (checked.client_keys.broken, checked.broken) == ({1: 2}, 7)


async def test_the_newest_backup_is_known(database: Database, clock: FixedClock, tmp_path: Any) -> None:
    assert await newest_backup(database.keys) is None
    await back_up_keys(tmp_path / "first", keep=DAYS, keys=database.keys, clock=clock)
    clock.advance(DAYS * 2)
    made = await back_up_keys(tmp_path / "second", keep=DAYS, keys=database.keys, clock=clock)
    clock.advance(DAYS * 2)
    found = await newest_backup(database.keys)
    assert found is not None
    assert found.made_at == made.made_at
