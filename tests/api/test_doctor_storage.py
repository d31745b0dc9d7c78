"""What the look at database and key store finds, each finding provoked; and that it goes as far as it can."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from api.doctor.findings import Finding, Level
from api.doctor.storage import judge_clock, judge_server, look_at_storage
from api.doctor.work import judge_zones
from api.settings import Settings
from models.clock import SystemClock
from models.database import Database
from models.key_store import key_store_beside
from models.keyring import Keyring
from tests.api.marks import set_key_store_name, set_key_store_revision, set_revision
from tests.builders import a_world
from tests.clock import FixedClock
from tests.jobs.workshop import job, promise
from tests.rows import building

ALL = ["database", "clock", "schema", "key store", "sealed data", "time zones", "dead jobs", "late jobs"]
ADVICE = {"0000": "extra-sessions migrate", "0001": "extra-sessions migrate", "9999": "newer version"}
POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def clock() -> FixedClock:
    """Now: the database's server has a clock of its own, and is asked for it."""
    return FixedClock(SystemClock().now())


def settings_of(url: str, key_store_url: str = "") -> Settings:
    return Settings(mode="demo", database_url=url, key_store_url=key_store_url)


async def looked(url: str, keyring: Keyring | None, clock: FixedClock, **given: str) -> dict[str, Finding]:
    findings = await look_at_storage(settings_of(url, **given), keyring, clock)
    return {finding.check: finding for finding in findings}


def problems(findings: dict[str, Finding]) -> dict[str, Finding]:
    found = {check: finding for check, finding in findings.items() if finding.level is not Level.OK}
    assert all(finding.advice for finding in found.values()), "it says what to do"
    return found


async def test_a_sound_deployment_has_nothing_to_mend(
    database: Database, database_url: str, keyring: Keyring, clock: FixedClock
) -> None:
    await a_world(database, clock)

    findings = await looked(database_url, keyring, clock)

    assert list(findings) == ALL
    assert not problems(findings)
    assert findings["sealed data"].found == "The keys of the 1 newest clients open."


async def test_without_the_key_file_nothing_is_opened_and_the_rest_is_looked_at(
    database_url: str, clock: FixedClock
) -> None:
    findings = await looked(database_url, None, clock)

    assert set(ALL) - set(findings) == {"sealed data"}
    assert not problems(findings)


async def test_another_deployment_s_key_file_opens_nothing(
    database: Database, database_url: str, clock: FixedClock
) -> None:
    await a_world(database, clock)

    found = problems(await looked(database_url, Keyring.generate(), clock))

    assert list(found) == ["sealed data"]
    assert "do not open" in found["sealed data"].found


async def test_a_client_without_a_key_is_counted(
    database: Database, database_url: str, keyring: Keyring, clock: FixedClock
) -> None:
    async with building(database, clock) as build:
        lost = await build.client()
        await build.client()
    await database.keys.destroy([lost])

    found = problems(await looked(database_url, keyring, clock))

    assert found["sealed data"].found == "1 of 2 clients have no key in the key store."


@SQLITE
async def test_a_database_that_is_not_there_is_not_made_by_looking(
    database_url: str, keyring: Keyring, clock: FixedClock, tmp_path: Path
) -> None:
    del database_url
    nowhere = tmp_path / "nowhere.sqlite3"

    found = await looked(f"sqlite+aiosqlite:///{nowhere}", keyring, clock)

    assert list(problems(found)) == list(found) == ["database"]
    assert not nowhere.exists()


@SQLITE
async def test_a_file_that_is_no_database_is_told(
    database_url: str, keyring: Keyring, clock: FixedClock, tmp_path: Path
) -> None:
    del database_url
    (tmp_path / "letter.txt").write_text("Dear colleague, " * 1_000)

    found = problems(await looked(f"sqlite+aiosqlite:///{tmp_path / 'letter.txt'}", keyring, clock))

    assert found["database"].found.endswith("can't be used (DatabaseError).")


@POSTGRESQL
async def test_a_server_that_does_not_answer_is_told_without_its_password(
    database_url: str, keyring: Keyring, clock: FixedClock
) -> None:
    del database_url
    nobody = "postgresql+psycopg://operator:hunter2@127.0.0.1:1/sessions"

    found = await looked(nobody, keyring, clock)

    assert list(problems(found)) == list(found) == ["database"]
    assert found["database"].found == "127.0.0.1/sessions can't be used (OperationalError)."


async def test_an_empty_database_is_to_be_migrated(
    empty_database_url: str, keyring: Keyring, clock: FixedClock, tmp_path: Path
) -> None:
    (tmp_path / "empty.db").touch()

    found = problems(await looked(empty_database_url, keyring, clock))

    assert found["schema"] == Finding(
        "schema", Level.PROBLEM, "The database has no tables.", "Run `extra-sessions migrate`."
    )


@pytest.mark.parametrize("revision", ["0001", "9999"])
async def test_a_schema_of_another_version_ends_the_look(
    revision: str, altered: Database, database_url: str, keyring: Keyring, clock: FixedClock
) -> None:
    await set_revision(altered, revision)

    findings = await looked(database_url, keyring, clock)

    assert list(problems(findings)) == ["schema"]
    assert ADVICE[revision] in findings["schema"].advice
    assert "dead jobs" not in findings


@pytest.mark.parametrize("revision", ["0000", "9999"])
async def test_a_key_store_of_another_version_is_told(
    revision: str, altered: Database, database_url: str, keyring: Keyring, clock: FixedClock
) -> None:
    await set_key_store_revision(altered, revision)

    found = problems(await looked(database_url, keyring, clock))

    assert list(found) == ["key store"]
    assert ADVICE[revision] in found["key store"].advice


async def test_another_database_s_key_store_is_told(
    altered: Database, database_url: str, keyring: Keyring, clock: FixedClock
) -> None:
    await set_key_store_name(altered, "another")

    found = problems(await looked(database_url, keyring, clock))

    assert "another database's" in found["key store"].found


async def test_a_key_store_that_cannot_be_read_is_told(
    database_url: str, keyring: Keyring, clock: FixedClock, tmp_path: Path
) -> None:
    missing = key_store_beside(key_store_beside(database_url))

    found = problems(await looked(database_url, keyring, clock, key_store_url=missing))

    assert list(found) == ["key store"]
    del tmp_path


async def test_dead_and_late_jobs_are_counted(
    database: Database, database_url: str, keyring: Keyring, clock: FixedClock
) -> None:
    at = clock.now()
    await promise(database, clock, job("one"), job("two"), job("three"))
    async with database.transaction() as session:
        which = "id = (SELECT min(id) FROM job)"
        await session.execute(text(f"UPDATE job SET state = 'DEAD', finished_at = run_at WHERE {which}"))  # noqa: S608 - our own words

    clock.set(at + timedelta(minutes=4))
    warned = problems(await looked(database_url, keyring, clock))
    clock.set(at + timedelta(hours=2))
    found = problems(await looked(database_url, keyring, clock))

    assert (warned["late jobs"].level, found["late jobs"].level) == (Level.WARNING, Level.PROBLEM)
    assert found["late jobs"].found == "2 are due, the oldest for 120 minutes."
    assert found["dead jobs"].found.startswith("1 have failed")


@POSTGRESQL
async def test_a_clock_that_goes_wrong_is_told(database_url: str, keyring: Keyring, clock: FixedClock) -> None:
    clock.advance(timedelta(minutes=5))

    found = problems(await looked(database_url, keyring, clock))

    assert found["clock"].level is Level.PROBLEM


@pytest.mark.parametrize(
    ("seconds", "level"), [(0, Level.OK), (5, Level.OK), (6, Level.WARNING), (60, Level.WARNING), (61, Level.PROBLEM)]
)
def test_clocks_may_differ_by_some_seconds(seconds: int, level: Level) -> None:
    assert judge_clock(timedelta(seconds=seconds)).level is level


@pytest.mark.parametrize(("version", "level"), [(140_015, Level.PROBLEM), (150_000, Level.OK), (180_004, Level.OK)])
def test_a_server_must_not_be_too_old(version: int, level: Level) -> None:
    assert judge_server(version, "here").level is level


async def test_a_time_zone_that_nobody_knows_is_named(
    database: Database, database_url: str, keyring: Keyring, clock: FixedClock
) -> None:
    async with building(database, clock) as build:
        await build.practice()
    async with database.transaction() as session:
        await session.execute(text("UPDATE practice SET time_zone = 'Mars/Olympus'"))

    found = problems(await looked(database_url, keyring, clock))

    assert "Mars/Olympus" in found["time zones"].found


def test_no_name_of_a_zone_stops_the_look() -> None:
    assert judge_zones(["", "../etc/passwd", "Australia/Hobart\0"]).level is Level.PROBLEM
    assert judge_zones(["Australia/Hobart"]).level is Level.OK
