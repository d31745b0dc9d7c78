"""What every test may ask for: a real, empty database of each engine, a clock that it can move, keys of its own."""

import gc
import os
import sys
import threading
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from models.database import Database
from models.keyring import Keyring
from models.migrations.run import upgrade
from tests import engines
from tests.clock import FixedClock
from tests.confidentiality.tallies import told
from tests.life.counting import told as told_of_lives

_HERE = Path(__file__).parent

settings.register_profile(
    "test",
    derandomize=True,  # the same examples each time: a failure is somebody's change, not somebody's luck
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("prove", max_examples=5_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def pytest_collection_finish() -> None:
    """Spare the collector what stays for good, and let it come less often: it took a tenth of the time."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


def pytest_addoption(parser: pytest.Parser) -> None:
    told = "count as covered only what the tests in these folders of tests/ call; the others run without a tracer"
    parser.addoption("--counted", metavar="FOLDERS", help=told)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Rest the tracer during a test that does not count: it takes twice as long as what it traces."""
    counted = item.config.getoption("--counted")
    if counted is None or item.path.relative_to(_HERE).parts[0] in counted.split(","):
        return (yield)
    here, threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        return (yield)
    finally:
        threading.settrace(threads)
        sys.settrace(here)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what the proofs reached, over all workers."""
    passed = terminalreporter.stats.get("passed", ())
    for line in (*told(passed), *told_of_lives(passed)):
        terminalreporter.write_line(line)


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
