"""A new master key wraps everything, while servers run; an old one goes once nothing needs it."""

from datetime import timedelta
from pathlib import Path

import pytest

from models.database import Database
from models.keyring import Keyring
from models.operations.key_backups import back_up_keys
from models.operations.rotate_keys import MasterInUse, Wrapped, how_wrapped, retire_master, rewrap_keys
from models.queries.cases import case_by_id
from models.sealing import Place, SealBroken, Vault
from models.views.want import asking
from tests.builders import a_world
from tests.clock import FixedClock
from tests.keys.strongroom import client_of, stored_keys
from tests.queries.asked import read
from tests.rows import building

NAME = asking("id", client=asking("display_name"))
PLACE = Place("table", "CLINICAL", "row")


@pytest.fixture
def key_file(tmp_path: Path, keyring: Keyring) -> Keyring:
    """The deployment's keys as they were loaded from their file."""
    keyring.save(tmp_path / "keys.json")
    return Keyring.load(tmp_path / "keys.json")


@pytest.fixture
async def server(database_url: str, key_file: Keyring) -> Database:
    """A server that goes on running with the key file as it was when it started."""
    return Database.open(database_url, key_file)


async def clients(database: Database, clock: FixedClock, number: int) -> None:
    async with building(database, clock) as build:
        for _ in range(number):
            await build.client()


async def test_a_running_server_goes_on_reading_through_a_rotation(
    server: Database, clock: FixedClock, key_file: Keyring
) -> None:
    world = await a_world(server, clock)
    rotated = key_file.with_new_master()
    rotated.replace()
    assert await rewrap_keys(server.keys, Vault(rotated)) == 1
    assert (await stored_keys(server))[await client_of(world)].master_version == 2
    server.keys.forget()
    case = await read(server, clock, world.consultant, case_by_id, world.case.id, NAME)
    assert case is not None
    assert case.client.display_name.startswith("Client")
    await server.close()


async def test_a_server_whose_key_file_lacks_the_new_master_key_opens_nothing(
    server: Database, clock: FixedClock, key_file: Keyring
) -> None:
    world = await a_world(server, clock)
    await rewrap_keys(server.keys, Vault(key_file.with_new_master()))  # and the file stays as it was
    with pytest.raises(SealBroken, match="this deployment's master keys"):
        await read(server, clock, world.consultant, case_by_id, world.case.id, NAME)
    await server.close()


async def test_a_rotation_that_was_cut_off_goes_on(database: Database, clock: FixedClock, keyring: Keyring) -> None:
    await clients(database, clock, 7)
    vault = Vault(keyring.with_new_master())

    def cut_off(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await rewrap_keys(database.keys, vault, batch=3, advanced=cut_off)
    assert await how_wrapped(database.keys) == [Wrapped(1, 4), Wrapped(2, 3)]
    told: list[int] = []
    assert await rewrap_keys(database.keys, vault, batch=3, advanced=told.append) == 4
    assert (told, await how_wrapped(database.keys)) == ([3, 1], [Wrapped(2, 7)])
    assert await rewrap_keys(database.keys, vault) == 0


async def test_the_data_key_itself_stays_the_same(database: Database, clock: FixedClock, keyring: Keyring) -> None:
    await clients(database, clock, 1)
    (before,) = (await stored_keys(database)).values()
    vault = Vault(keyring.with_new_master())
    await rewrap_keys(database.keys, vault)
    (after,) = (await stored_keys(database)).values()
    assert after.wrapped != before.wrapped
    assert vault.rewrapped(before).wrapped != after.wrapped, "each wrapping has a nonce of its own"
    sealed = vault.seal(vault.open_key(before), PLACE, {"a": 1})
    assert vault.unseal(vault.open_key(after), PLACE, sealed) == {"a": 1}


async def test_a_master_key_that_something_needs_is_not_retired(
    database: Database, clock: FixedClock, key_file: Keyring, tmp_path: Path
) -> None:
    async def retire(version: int, keyring: Keyring) -> Keyring:
        return await retire_master(version, keyring, keys=database.keys, clock=clock)

    await clients(database, clock, 2)
    with pytest.raises(MasterInUse, match="is the newest"):
        await retire(1, key_file)
    rotated = key_file.with_new_master()
    with pytest.raises(MasterInUse, match="still wraps clients' keys"):
        await retire(1, rotated)
    await back_up_keys(tmp_path / "backup", keep=timedelta(days=30), keys=database.keys, clock=clock)
    await rewrap_keys(database.keys, Vault(rotated))
    with pytest.raises(MasterInUse, match="the last of which expires on 2026-12-23"):
        await retire(1, rotated)
    clock.advance(timedelta(days=31))
    await back_up_keys(tmp_path / "later", keep=timedelta(days=30), keys=database.keys, clock=clock)
    assert set((await retire(1, rotated)).masters) == {2}, "the later backup needs the second key alone"
    with pytest.raises(MasterInUse, match="no master key 9; there are 1, 2"):
        await retire(9, rotated)


def test_a_key_file_is_replaced_as_a_whole_and_stays_private(key_file: Keyring) -> None:
    assert key_file.path is not None
    rotated = key_file.with_new_master()
    rotated.replace()
    loaded = Keyring.load(key_file.path)
    assert loaded.masters == rotated.masters
    assert set(loaded.masters) == {1, 2}
    assert (loaded.root, loaded.signing_key) == (key_file.root, key_file.signing_key)
    assert key_file.path.stat().st_mode & 0o077 == 0
    assert [path.name for path in key_file.path.parent.iterdir() if path.is_file()] == ["keys.json"]


def test_a_key_file_that_is_gone_leaves_the_keys_that_were_read(key_file: Keyring) -> None:
    assert key_file.path is not None
    key_file.path.unlink()
    assert key_file.reread() is key_file
    assert Keyring.generate().reread().path is None
