"""A process that cannot do its work says so, and no more than that."""

from datetime import timedelta

import orjson
import pytest
import structlog
from starlette.requests import Request

from api.health import Readiness
from models.database import Database
from models.keyring import Keyring
from models.outbox import Job, enqueue
from tests.clock import FixedClock


async def ask(readiness: Readiness) -> tuple[int, dict[str, str]]:
    answer = await readiness.answer(Request({"type": "http"}))
    return answer.status_code, orjson.loads(answer.body)


@pytest.mark.parametrize(("embedded", "status"), [(True, 503), (False, 200)])
async def test_jobs_that_lie_about_are_told_and_count_where_the_worker_is_inside(
    embedded: bool,  # noqa: FBT001 - a table's column
    status: int,
    database: Database,
    clock: FixedClock,
) -> None:
    readiness = Readiness(database, clock, embedded_worker=embedded)
    async with database.transaction() as session:
        enqueue(session, Job("nobody_runs_this", {}), at=clock.now())

    assert await ask(readiness) == (200, {"status": "ready", "database": "ok", "worker": "ok"})
    clock.advance(timedelta(minutes=5))
    code, facts = await ask(readiness)
    assert (code, facts["worker"]) == (status, "behind")


async def test_a_database_without_tables_is_no_database(
    empty_database_url: str, keyring: Keyring, clock: FixedClock
) -> None:
    database = Database.open(empty_database_url, keyring)
    with structlog.testing.capture_logs() as lines:
        answer = await ask(Readiness(database, clock, embedded_worker=True))
    await database.close()

    assert answer == (503, {"status": "unavailable", "database": "unreachable"})
    [line] = lines
    assert line["fault"].startswith("sqlalchemy.exc.")
    assert "SELECT" not in str(line)
