"""The restore drill: whatever is restored from before an erasure, the client stays erased and all else is back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url

from models.database import Database
from models.erasure_ledger import ErasureLedger
from models.key_backup_file import read_backup
from models.key_store import key_store_beside
from models.keyring import Keyring
from models.migrations.run import upgrade, upgrade_key_store
from models.operations.key_backups import back_up_keys, restore_keys, take_the_place
from models.queries.audit import Log, verify
from models.queries.cases import case_by_id
from models.rules.vocabulary import CaseStatus
from models.tables import AssistCase
from models.views.want import asking
from tests import engines, tools
from tests.builders import World, a_world, released
from tests.keys.strongroom import Office, client_of, stored_keys
from tests.operations.acting import approve
from tests.operations.ledger import rows
from tests.queries.asked import read
from tests.rows import building

NAME = asking("id", "status", client=asking("display_name", "email"))


@dataclass(frozen=True, slots=True)
class Drill:
    """A deployment whose backups are older than the erasure of one of its two clients."""

    world: World
    other_case: AssistCase
    erased: str
    database_backup: Path
    key_backup: Path


@pytest.fixture
async def drill(office: Office, database_url: str, tmp_path: Path) -> Drill:
    world = await a_world(office.database, office.clock)
    await approve(world, await released(world))
    await released(world)
    async with building(office.database, office.clock) as build:
        other = await build.case(await build.client(), world.organisation_id, world.practice_id)
        await build.appointment(other.id, world.consultant)
    tools.back_up(database_url, tmp_path / "database.backup")
    keys = tmp_path / "keys.backup"
    await back_up_keys(keys, keep=timedelta(days=35), keys=office.database.keys, clock=office.clock)
    erased = await client_of(world)
    await office.erase(erased)
    return Drill(world, other, erased, tmp_path / "database.backup", keys)


@pytest.fixture
async def new_place(database_url: str, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """Where nothing is yet, as on a new machine."""
    if make_url(database_url).get_backend_name() == "sqlite":
        yield engines.sqlite_url(tmp_path / "restored.db")
        return
    name = f"restored_{request.getfixturevalue('testrun_uid')[:8]}_{request.getfixturevalue('worker_id')}"
    with engines.postgres_database(request.getfixturevalue("postgres_server"), name) as url:
        yield url


@asynccontextmanager
async def restored(drill: Drill, url: str, keyring: Keyring, ledger: ErasureLedger) -> AsyncIterator[Office]:
    """Restore both on a new machine, as ``extra-sessions keys restore`` does it."""
    found = read_backup(drill.key_backup)
    tools.restore(drill.database_backup, url)
    upgrade_key_store(key_store_beside(url))
    database = Database.open(url, keyring)
    await take_the_place(found, database.keys)
    upgrade(url)
    office = Office(database, drill.world.clock, ledger)
    await office.settle()
    await restore_keys(found, keys=database.keys, ledger=ledger)
    yield office
    await database.close()


async def name_in(case: AssistCase, office: Office, drill: Drill) -> str | None:
    view = await read(office.database, office.clock, drill.world.consultant, case_by_id, case.id, NAME)
    assert view is not None
    return view.client.display_name


async def test_on_a_new_machine_the_client_stays_erased_and_the_other_is_back(
    drill: Drill, new_place: str, keyring: Keyring, office: Office
) -> None:
    async with restored(drill, new_place, keyring, office.ledger) as place:
        assert await name_in(drill.world.case, place, drill) == "Erased"
        assert (await name_in(drill.other_case, place, drill) or "").startswith("Client")
        assert drill.erased not in await stored_keys(place.database)
        assert {row.status for row in await rows(place.database, AssistCase)} == {CaseStatus.OPEN, CaseStatus.CLOSED}
        async with place.database.snapshot() as source:
            for log in Log:
                assert (await verify(source, log)).broken is None


async def test_without_the_ledger_the_client_would_be_back(
    drill: Drill, new_place: str, keyring: Keyring, tmp_path: Path
) -> None:
    """So that the drill is known to be one."""
    async with restored(drill, new_place, keyring, ErasureLedger(tmp_path / "lost.jsonl")) as place:
        assert (await name_in(drill.world.case, place, drill) or "").startswith("Client")


async def test_a_restored_database_beside_the_living_key_store_is_told_at_the_next_start(
    drill: Drill, new_place: str, database_url: str, keyring: Keyring, office: Office
) -> None:
    tools.restore(drill.database_backup, new_place)
    upgrade(new_place, key_store_url=key_store_beside(database_url))
    database = Database.open(new_place, keyring, key_store_beside(database_url))
    settled = await Office(database, office.clock, office.ledger).settle()
    assert (settled.erased_again, settled.keys_destroyed) == (1, 0)
    assert await name_in(drill.world.case, Office(database, office.clock, office.ledger), drill) == "Erased"
    await database.close()


async def test_a_restored_key_store_beside_the_living_database_is_told_at_the_next_start(
    drill: Drill, office: Office, tmp_path: Path
) -> None:
    """However it was restored, and even where the ledger is lost: the database knows as well."""
    await office.database.keys.add([row for row in read_backup(drill.key_backup).rows if row.client_id == drill.erased])
    place = Office(office.database, office.clock, ErasureLedger(tmp_path / "lost.jsonl"))
    settled = await place.settle()
    assert (settled.erased_again, settled.keys_destroyed) == (0, 1)
    assert list(place.ledger.read()) == [drill.erased]
    assert drill.erased not in await stored_keys(office.database)
