"""The command ``extra-sessions audit verify``: what it prints, how it ends, and what of it an auditor can note down."""

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from api.__main__ import main
from api.keys import open_keyring
from api.settings import Settings
from models.access_log import Access
from models.database import Database
from models.rules.confidentiality import Sensitivity
from tests import engines

HEAD = re.compile(r"(?:events|access):[0-9]+:[0-9a-f]{64}")
HOUR = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path, migrated_sqlite: Path) -> Settings:
    """A deployment on whose record stand 12 accesses."""
    engines.copy_sqlite(migrated_sqlite, tmp_path / "extra-sessions.sqlite3")
    settings = Settings(mode="demo", data_dir=tmp_path)
    asyncio.run(behind_its_back(settings, None))
    return settings


async def behind_its_back(settings: Settings, statement: str | None) -> None:
    database = Database.open(settings.database_url, open_keyring(settings), settings.key_store_url)
    try:
        if statement is None:
            await database.access_log.record(
                {Access(HOUR, "acc", f"case_{n}", Sensitivity.CLINICAL) for n in range(12)}
            )
            return
        async with database.transaction() as session:
            await session.execute(text(statement))
    finally:
        await database.close()


def verify(settings: Settings, *expected: str) -> Result:
    environment = {"EXTRA_SESSIONS_MODE": "demo", "EXTRA_SESSIONS_DATA_DIR": str(settings.data_dir)}
    options = [word for each in expected for word in ("--expect", each)]
    return CliRunner(env=environment).invoke(main, ["audit", "verify", *options])


def test_whole_logs_are_counted_and_their_heads_can_be_given_back(settings: Settings) -> None:
    result = verify(settings)
    assert result.exit_code == 0, result.output
    events, access = result.output.splitlines()
    assert events.startswith("events             0 rows hold. Head: events:0:0000")
    assert access.startswith("access            12 rows hold. Head: access:12:")
    noted = HEAD.findall(result.output)
    assert len(noted) == 2
    assert verify(settings, *noted).output == result.output
    assert verify(settings, *(each.upper() for each in noted)).exit_code == 0


def test_the_first_number_that_does_not_hold_is_named_and_it_ends_with_1(settings: Settings) -> None:
    asyncio.run(behind_its_back(settings, "UPDATE access_event SET case_id = case_id || 'x' WHERE seq IN (7, 9)"))
    result = verify(settings)
    assert result.exit_code == 1
    assert "access  BROKEN: access number 7 says something else in its columns than in its entry." in result.output
    assert "events             0 rows hold." in result.output


def test_a_head_that_was_noted_finds_a_tail_cut_off_with_its_head(settings: Settings) -> None:
    noted = HEAD.findall(verify(settings).output)
    asyncio.run(behind_its_back(settings, "DELETE FROM access_event WHERE seq > 5"))
    cut = "UPDATE access_head SET (seq, hash) = (SELECT seq, hash FROM access_event WHERE seq = 5)"
    asyncio.run(behind_its_back(settings, cut))
    assert verify(settings).exit_code == 0
    result = verify(settings, *noted)
    assert result.exit_code == 1
    assert "access number 6 is missing" in result.output


@pytest.mark.parametrize(
    "text", ["", "access", "access:1", "access:1:00", "jobs:1:" + "0" * 64, "access:-1:" + "0" * 64]
)
def test_what_can_not_have_been_noted_is_refused(settings: Settings, text: str) -> None:
    result = verify(settings, text)
    assert result.exit_code == 2
    assert "as this command prints it" in result.output


def test_a_database_that_was_never_migrated_is_a_refusal_and_no_fault(tmp_path: Path) -> None:
    result = verify(Settings(mode="demo", data_dir=tmp_path))
    assert result.exit_code == 1
    assert "Is it migrated" in result.output
