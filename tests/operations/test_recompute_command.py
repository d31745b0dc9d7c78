"""The command ``extra-sessions deadlines recompute``: what it lists, and that a dry run changes nothing."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from click.testing import CliRunner

from api.__main__ import main
from api.settings import Settings
from api.storage import open_database
from models import tables
from models.clock import SystemClock
from models.database import Database
from models.rules.vocabulary import DeadlineKind
from tests import engines
from tests.builders import a_world, new_terms, released
from tests.clock import FixedClock
from tests.operations.ledger import rows

T = TypeVar("T")
LINE = re.compile(
    r"(R-[0-9A-Z]{8})  (DECISION|RELAY) +(\d{4}-\d\d-\d\d) 17:00  ->  (\d{4}-\d\d-\d\d) 17:00  Australia/Melbourne"
)


@pytest.fixture
def settings(tmp_path: Path, migrated_sqlite: Path) -> Settings:
    """A deployment with a released request, whose organisation is closed every other day from now on."""
    engines.copy_sqlite(migrated_sqlite, tmp_path / "extra-sessions.sqlite3")
    settings = Settings(mode="demo", data_dir=tmp_path)

    async def story(database: Database) -> None:
        clock = FixedClock(SystemClock().now())
        world = await a_world(database, clock)
        await released(world)
        days = [(clock.now() + timedelta(days=ahead)).date().isoformat() for ahead in range(2, 40, 2)]
        await new_terms(world, added_dates=days)

    with_database(settings, story)
    return settings


def with_database(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    async def run() -> T:
        database = open_database(settings)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


def recompute(settings: Settings, *words: str) -> str:
    environment = {"EXTRA_SESSIONS_MODE": "demo", "EXTRA_SESSIONS_DATA_DIR": str(settings.data_dir)}
    result = CliRunner(env=environment).invoke(main, ["deadlines", "recompute", *words])
    assert result.exit_code == 0, result.output
    return result.output


def due_days(settings: Settings) -> dict[str, str]:
    async def read(database: Database) -> dict[str, str]:
        found = await rows(database, tables.Deadline)
        return {row.kind.value: row.due_at.date().isoformat() for row in found if row.kind is not DeadlineKind.ANSWER}

    return with_database(settings, read)


def test_a_dry_run_lists_what_would_move_and_the_real_run_lists_the_same(settings: Settings) -> None:
    before = due_days(settings)
    *planned, total = recompute(settings, "--dry-run").splitlines()
    assert total == "2 deadlines would move."
    found = [match.groups() for match in map(LINE.fullmatch, planned) if match]
    assert [(kind, was) for _, kind, was, _ in found] == [
        ("DECISION", before["DECISION"]),
        ("RELAY", before["RELAY"]),
    ]
    assert due_days(settings) == before
    *moved, total = recompute(settings).splitlines()
    assert (moved, total) == (planned, "2 deadlines moved.")
    assert due_days(settings) == before | {kind: due for _, kind, _, due in found}
    assert recompute(settings) == "0 deadlines moved.\n"
