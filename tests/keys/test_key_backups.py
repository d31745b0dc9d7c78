"""A backup of the key store is whole or it is refused, and it brings no erased client back."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url

from models.database import Database
from models.key_backup_file import BackupUnreadable, read_backup
from models.keyring import Keyring
from models.migrations.run import upgrade_key_store
from models.operations.key_backups import back_up_keys, known_backups, restore_keys, take_the_place
from models.sealing import Vault
from tests import engines
from tests.clock import FixedClock
from tests.keys.strongroom import Office, stored_keys
from tests.rows import building

DAYS = timedelta(days=35)


@pytest.fixture
async def clients(database: Database, clock: FixedClock) -> list[str]:
    async with building(database, clock) as build:
        return [await build.client() for _ in range(3)]


@pytest.fixture
async def file(database: Database, clock: FixedClock, clients: list[str], tmp_path: Path) -> Path:
    """A backup of three clients' keys."""
    made = await back_up_keys(tmp_path / "keys.backup", keep=DAYS, keys=database.keys, clock=clock)
    assert len(made.rows) == len(clients)
    return tmp_path / "keys.backup"


async def test_what_was_lost_comes_back_and_what_is_there_stays(office: Office, file: Path, clients: list[str]) -> None:
    keys = office.database.keys
    before = await stored_keys(office.database)
    await keys.destroy(clients[:2])
    assert await restore_keys(read_backup(file), keys=keys, ledger=office.ledger) == 2
    assert await stored_keys(office.database) == before
    assert await restore_keys(read_backup(file), keys=keys, ledger=office.ledger) == 0
    assert file.stat().st_mode & 0o077 == 0


async def test_an_erased_clients_key_never_comes_back(office: Office, file: Path, clients: list[str]) -> None:
    await office.erase(clients[0])
    await office.database.keys.destroy(clients)
    assert await restore_keys(read_backup(file), keys=office.database.keys, ledger=office.ledger) == 2
    assert set(await stored_keys(office.database)) == set(clients[1:])


async def test_a_backup_is_on_record_until_it_expires(
    database: Database, clock: FixedClock, file: Path, tmp_path: Path
) -> None:
    assert file.exists()
    clock.advance(timedelta(days=10))
    await back_up_keys(tmp_path / "short", keep=timedelta(days=1), keys=database.keys, clock=clock)
    first, second = await known_backups(database.keys, at=clock.now())
    assert first.expires_at - second.expires_at == timedelta(days=24)
    clock.advance(timedelta(days=1))
    assert [each.made_at for each in await known_backups(database.keys, at=clock.now())] == [first.made_at]
    clock.advance(timedelta(days=24))
    assert await known_backups(database.keys, at=clock.now()) == []


async def test_no_backup_overwrites_a_file_or_is_on_record_without_one(
    database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("something else")
    with pytest.raises(FileExistsError):
        await back_up_keys(tmp_path / "taken", keep=DAYS, keys=database.keys, clock=clock)
    assert (tmp_path / "taken").read_text() == "something else"
    assert await known_backups(database.keys, at=clock.now()) == []


async def test_a_file_with_any_byte_changed_is_refused(file: Path) -> None:
    content = file.read_bytes()
    for position in range(0, len(content), 7):
        file.write_bytes(content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :])
        with pytest.raises(BackupUnreadable, match="not a whole backup"):
            read_backup(file)
    for length in (0, 1, len(content) // 2, len(content) - 2):
        file.write_bytes(content[:length])
        with pytest.raises(BackupUnreadable):
            read_backup(file)
    file.write_bytes(content)
    assert len(read_backup(file).rows) == 3


async def test_an_empty_key_store_takes_the_place_of_a_lost_one_and_a_used_one_does_not(
    office: Office, file: Path, empty_key_store: Database, clock: FixedClock
) -> None:
    found = read_backup(file)
    await take_the_place(found, office.database.keys)
    await take_the_place(found, empty_key_store.keys)
    assert await restore_keys(found, keys=empty_key_store.keys, ledger=office.ledger) == 3
    await take_the_place(found, empty_key_store.keys)
    again = await back_up_keys(file.with_name("again"), keep=DAYS, keys=empty_key_store.keys, clock=clock)
    assert again.store == found.store


async def test_a_used_key_store_takes_no_others_keys(file: Path, empty_key_store: Database, keyring: Keyring) -> None:
    await empty_key_store.keys.add([Vault(keyring).new_client_key("cli_of_another_database")])
    with pytest.raises(BackupUnreadable, match="another key store"):
        await take_the_place(read_backup(file), empty_key_store.keys)
    assert set(await stored_keys(empty_key_store)) == {"cli_of_another_database"}


@pytest.fixture
async def empty_key_store(
    database_url: str, request: pytest.FixtureRequest, keyring: Keyring, tmp_path: Path
) -> AsyncIterator[Database]:
    """A key store that has just been set up, as after a loss, with a name of its own."""
    if make_url(database_url).get_backend_name() == "sqlite":
        url = engines.sqlite_url(tmp_path / "fresh-keys.db")
        upgrade_key_store(url)
        yield (opened := Database.open(database_url, keyring, url))
        await opened.close()
        return
    name = f"fresh_{request.getfixturevalue('worker_id')}"
    with engines.postgres_database(request.getfixturevalue("postgres_server"), name) as url:
        upgrade_key_store(url)
        yield (opened := Database.open(database_url, keyring, url))
        await opened.close()
