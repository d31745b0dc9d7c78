"""A client's key is in the store before the client is anywhere else, costs nothing once it is open, and can go."""

import asyncio

import pytest
from sqlalchemy import Connection, Engine, event, make_url, select, text

from models.database import Database
from models.key_store import KeyStore, key_store_beside
from models.keyring import Keyring
from models.migrations.run import WrongKeyStore, upgrade
from models.queries.cases import case_by_id
from models.sealing import SealBroken, Vault
from models.tables import Client
from models.views.want import asking
from tests import engines
from tests.builders import a_world
from tests.clock import FixedClock
from tests.keys.strongroom import Office, client_of, stored_keys, written_by
from tests.queries.asked import listening, read
from tests.rows import building

NAME = asking("id", client=asking("display_name"))


async def test_a_new_clients_key_is_committed_before_the_client_is(database: Database, clock: FixedClock) -> None:
    committed: list[bool] = []

    def hear(connection: Connection) -> None:
        committed.append("keys" in str(connection.engine.url.database))

    event.listen(Engine, "commit", hear)
    try:
        await a_world(database, clock)
    finally:
        event.remove(Engine, "commit", hear)
    assert committed == [True, False]
    assert len(await stored_keys(database)) == 1


async def test_a_client_that_is_rolled_back_leaves_nothing_to_read(database: Database, clock: FixedClock) -> None:
    async def fail_halfway() -> None:
        async with building(database, clock) as build:
            await build.client()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_halfway()
    assert await stored_keys(database) == {}
    async with database.snapshot() as source:
        assert (await source.execute(select(Client.id))).all() == []


async def test_a_transaction_uses_the_key_that_it_has_just_made(database: Database, clock: FixedClock) -> None:
    async with building(database, clock) as build:
        client_id = await build.client()
        assert client_id in await database.keys.opened([client_id], build.session)
        assert client_id not in await database.keys.opened([client_id])
    assert client_id in await database.keys.opened([client_id])


async def test_a_key_that_is_open_costs_no_statement(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await read(database, clock, world.consultant, case_by_id, world.case.id, NAME)
    with listening() as heard:
        await read(database, clock, world.consultant, case_by_id, world.case.id, NAME)
    assert not [statement for statement in heard if "client_key" in statement]


async def test_another_process_forgets_a_destroyed_key_in_time(
    database: Database, database_url: str, keyring: Keyring, clock: FixedClock
) -> None:
    world, seconds = await a_world(database, clock), [0.0]
    client_id = await client_of(world)
    other = KeyStore(key_store_beside(database_url), Vault(keyring), elapsed=lambda: seconds[-1])
    assert client_id in await other.opened([client_id])
    await database.keys.destroy([client_id])
    assert client_id not in await database.keys.opened([client_id])
    assert client_id in await other.opened([client_id]), "it is still in that one's memory"
    seconds.append(15 * 60 + 1)
    assert client_id not in await other.opened([client_id])
    await other.close()


async def test_a_key_that_is_not_there_opens_nothing(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await database.keys.destroy([await client_of(world)])
    with pytest.raises(SealBroken, match="has no such key"):
        await read(database, clock, world.consultant, case_by_id, world.case.id, NAME)


async def test_a_destroyed_key_stands_in_no_file(office: Office, database_url: str) -> None:
    world = await a_world(office.database, office.clock)
    client_id = await client_of(world)
    wrapped = (await stored_keys(office.database))[client_id].wrapped
    is_sqlite = office.database.dialect == "sqlite"
    assert any(wrapped in content for content in written_by(database_url).values())
    await office.database.keys.destroy([client_id])
    found = [path for path, content in written_by(database_url).items() if wrapped in content]
    beside_the_log = [path for path in found if is_sqlite or "pg_wal" not in path.parts]
    assert not beside_the_log, "PostgreSQL keeps its log for a while, and nothing else"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_key_is_gone_for_good_once_a_writer_elsewhere_on_the_server_is_done(
    office: Office, database_url: str
) -> None:
    world = await a_world(office.database, office.clock)
    client_id = await client_of(world)
    wrapped = (await stored_keys(office.database))[client_id].wrapped
    async with office.database.transaction() as session:
        await session.execute(text("SELECT pg_current_xact_id()"))
        destroying = asyncio.create_task(office.database.keys.destroy([client_id]))
        assert not (await asyncio.wait([destroying], timeout=0.5))[0], "it waits for whoever may see the key"
    assert await destroying == 1
    found = [path for path, content in written_by(database_url).items() if wrapped in content]
    assert not [path for path in found if "pg_wal" not in path.parts]


def test_the_store_is_beside_the_database_and_named_after_it() -> None:
    assert make_url(key_store_beside("sqlite+aiosqlite:////data/main.sqlite3")).database == "/data/main-keys.sqlite3"
    assert make_url(key_store_beside("sqlite+aiosqlite:////data.d/main")).database == "/data.d/main-keys"
    assert make_url(key_store_beside("postgresql+psycopg://u:p@h/eap")).database == "eap_keys"
    assert make_url(key_store_beside("postgresql+psycopg://u:p@h/eap.2")).database == "eap.2_keys"


def test_a_database_refuses_a_key_store_that_is_not_its_own(
    empty_database_url: str, request: pytest.FixtureRequest
) -> None:
    upgrade(empty_database_url)
    upgrade(empty_database_url)
    if make_url(empty_database_url).get_backend_name() == "sqlite":
        other = empty_database_url.replace("empty.db", "other.db")
        with pytest.raises(WrongKeyStore, match="EXTRA_SESSIONS_KEY_STORE_URL"):
            upgrade(empty_database_url, key_store_url=other)
        return
    server = request.getfixturevalue("postgres_server")
    with (
        engines.postgres_database(server, f"other_{request.getfixturevalue('worker_id')}") as other,
        pytest.raises(WrongKeyStore),
    ):
        upgrade(empty_database_url, key_store_url=other)


async def test_a_sealed_value_opens_under_no_other_clients_key(
    database: Database, clock: FixedClock, keyring: Keyring
) -> None:
    async with building(database, clock) as build:
        await build.client()
        await build.client()
    one, other = (await stored_keys(database)).values()
    with pytest.raises(SealBroken):
        Vault(keyring).open_key(type(one)(other.client_id, one.version, one.master_version, one.wrapped))
