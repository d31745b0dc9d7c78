"""What every test may ask for: a real, empty database of each engine, a clock that it can move, keys of its own."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from models.database import Database
from models.keyring import Keyring
from models.migrations.run import upgrade
from tests import engines
from tests.clock import FixedClock

settings.register_profile(
    "test",
    derandomize=True,  # the same examples each time: a failure is somebody's change, not somebody's luck
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("prove", max_examples=5_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    return Keyring.generate()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One migrated file, which every test on SQLite starts with a copy of."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    upgrade(engines.sqlite_url(path))
    return path


@pytest.fixture(scope="session")
def postgres_server(testrun_uid: str) -> Iterator[str]:
    """The server named by TEST_DATABASE_URL, whose user must be a superuser, or one brought up for this run."""
    given = os.environ.get("TEST_DATABASE_URL")  # noqa: TID251 - a setting of the tests, not of the product
    if given:
        yield given
        return
    with engines.postgres_server(testrun_uid) as url:
        yield url


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str, testrun_uid: str, worker_id: str) -> Iterator[str]:
    """One migrated database, which this worker's tests use in turn."""
    name = f"test_{testrun_uid[:8]}_{worker_id}"
    with engines.postgres_database(postgres_server, name) as url:
        upgrade(url)
        yield url


@pytest.fixture(scope="session")
def reset_postgres(migrated_postgres: str) -> Iterator[engines.PostgresReset]:
    reset = engines.PostgresReset(migrated_postgres)
    yield reset
    reset.close()


@pytest.fixture(params=engines.ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty database of each engine in turn. One engine alone: parametrize it with indirect=True."""
    if request.param == "sqlite":
        path = tmp_path / "test.db"
        engines.copy_sqlite(request.getfixturevalue("migrated_sqlite"), path)
        yield engines.sqlite_url(path)
        return
    reset: engines.PostgresReset = request.getfixturevalue("reset_postgres")
    yield request.getfixturevalue("migrated_postgres")
    reset()


@pytest.fixture(params=engines.ENGINES)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of each engine without a single table, for tests of the migrations."""
    if request.param == "sqlite":
        yield engines.sqlite_url(tmp_path / "empty.db")
        return
    run, worker = request.getfixturevalue("testrun_uid")[:8], request.getfixturevalue("worker_id")
    with engines.postgres_database(request.getfixturevalue("postgres_server"), f"empty_{run}_{worker}") as url:
        yield url


@pytest.fixture
async def database(database_url: str, keyring: Keyring) -> AsyncIterator[Database]:
    database = Database.open(database_url, keyring)
    yield database
    await database.close()
