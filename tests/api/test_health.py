"""A process that cannot do its work says so, and no more than that."""

import asyncio
from datetime import timedelta

import orjson
import pytest
import structlog
from starlette.requests import Request

from api.health import Readiness
from jobs.pulse import Pulse
from jobs.worker import worker
from models.database import Database
from models.keyring import Keyring
from tests.api.marks import set_key_store_name, set_key_store_revision, set_revision
from tests.clock import FixedClock
from tests.jobs.workshop import Recorder, all_ended, job, promise, surroundings, until

READY = {"status": "ready", "database": "ok", "schema": "ok", "keyStore": "ok", "worker": "ok"}
LONG = timedelta(minutes=5)


async def ask(readiness: Readiness) -> tuple[int, dict[str, str]]:
    answer = await readiness.answer(Request({"type": "http"}))
    return answer.status_code, orjson.loads(answer.body)


async def test_others_late_jobs_are_told_and_do_not_count(database: Database, clock: FixedClock) -> None:
    readiness = Readiness(database, clock)
    await promise(database, clock, job())

    assert await ask(readiness) == (200, READY)
    clock.advance(LONG)
    assert await ask(readiness) == (200, READY | {"worker": "behind"})


async def test_a_worker_that_leaves_due_jobs_alone_is_stuck(database: Database, clock: FixedClock) -> None:
    """Its thread waits for good, as one does whose actor has deafened it; a worker that never began is no better."""
    context = surroundings(database, clock)
    readiness = Readiness(database, clock, pulse=context.pulse)
    entered, released = asyncio.Event(), asyncio.Event()

    async def hang(_: object, __: str) -> None:
        entered.set()
        await released.wait()

    async with worker(context, threads=1, actors=[Recorder(before=hang).spec]):
        await promise(database, clock, job("first"), job("second"))
        await entered.wait()
        assert await ask(readiness) == (200, READY)
        clock.advance(LONG)
        assert await ask(readiness) == (503, {**READY, "status": "unavailable", "worker": "stuck"})

        released.set()
        await until(lambda: all_ended(database))
        assert await ask(readiness) == (200, READY)


async def test_a_worker_with_more_than_it_can_do_at_once_is_behind_and_not_stuck(
    database: Database, clock: FixedClock
) -> None:
    readiness = Readiness(database, clock, pulse=(pulse := Pulse()))
    await promise(database, clock, job())
    clock.advance(LONG)
    assert (await ask(readiness))[0] == 503, "it has not even begun"

    pulse.beat(clock.now())

    assert await ask(readiness) == (200, READY | {"worker": "behind"})


async def test_a_database_without_tables_is_no_database(
    empty_database_url: str, keyring: Keyring, clock: FixedClock
) -> None:
    database = Database.open(empty_database_url, keyring)
    with structlog.testing.capture_logs() as lines:
        answer = await ask(Readiness(database, clock))
    await database.close()

    assert answer == (503, {"status": "unavailable", "database": "unreachable"})
    [line, verdict] = lines
    assert line["fault"].startswith("sqlalchemy.exc.")
    assert "SELECT" not in str(line)
    assert (verdict["part"], verdict["found"]) == ("database", "unreachable")


async def test_a_key_store_that_does_not_answer_is_told_by_name(
    database_url: str, keyring: Keyring, clock: FixedClock, tmp_path: object
) -> None:
    elsewhere = f"sqlite+aiosqlite:///{tmp_path}/nowhere/keys.db"
    database = Database.open(database_url, keyring, elsewhere)
    answer = await ask(Readiness(database, clock))
    await database.close()

    assert answer == (503, {"status": "unavailable", "database": "ok", "schema": "ok", "keyStore": "unreachable"})


async def test_another_database_s_key_store_is_told_by_name(altered: Database, clock: FixedClock) -> None:
    await set_key_store_name(altered, "another")

    code, facts = await ask(Readiness(altered, clock))

    assert (code, facts["keyStore"]) == (503, "of another database")


async def test_an_older_key_store_is_told(altered: Database, clock: FixedClock) -> None:
    await set_key_store_revision(altered, "0000")

    code, facts = await ask(Readiness(altered, clock))

    assert (code, facts["keyStore"]) == (503, "older")


@pytest.mark.parametrize(("revision", "word"), [("0001", "older"), ("9999", "newer")])
async def test_a_schema_that_the_code_was_not_made_for_is_told(
    revision: str, word: str, altered: Database, clock: FixedClock
) -> None:
    await set_revision(altered, revision)

    assert await ask(Readiness(altered, clock)) == (
        503,
        {"status": "unavailable", "database": "ok", "schema": word},
    )


async def test_a_process_serves_on_while_a_newer_version_migrates_under_it(
    altered: Database, clock: FixedClock
) -> None:
    readiness = Readiness(altered, clock)
    assert await ask(readiness) == (200, READY)

    await set_revision(altered, "9999")
    assert await ask(readiness) == (200, READY | {"schema": "newer"})

    await set_revision(altered, "0001")
    assert (await ask(readiness))[0] == 503, "but no old one may come back under it"
