"""The office where clients are erased, on each engine."""

import asyncio
from pathlib import Path

import pytest

from api.settings import Settings
from api.storage import open_database
from models.clock import SystemClock
from models.database import Database
from models.erasure_ledger import ErasureLedger
from models.importing.folder import load_folder
from models.keyring import Keyring
from tests import engines
from tests.clock import FixedClock
from tests.importing.office import good, write
from tests.keys.strongroom import Office


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    """Keys of a demo: they sign the tokens of these tests."""
    return Keyring.generate(demo=True)


@pytest.fixture
def office(database: Database, clock: FixedClock, tmp_path: Path) -> Office:
    return Office(database, clock, ErasureLedger(tmp_path / "erasures.jsonl"))


@pytest.fixture
def settings(tmp_path: Path, migrated_sqlite: Path) -> Settings:
    """A deployment with two clients, one of whom has an open case."""
    engines.copy_sqlite(migrated_sqlite, tmp_path / "extra-sessions.sqlite3")
    settings = Settings(mode="demo", data_dir=tmp_path)
    (tmp_path / "folder").mkdir()
    asyncio.run(_load(settings, write(tmp_path / "folder", good())))
    return settings


async def _load(settings: Settings, folder: Path) -> None:
    database = open_database(settings)
    assert (await load_folder(folder, database=database, clock=SystemClock())).clean
    await database.close()
