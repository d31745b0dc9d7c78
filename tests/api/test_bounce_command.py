"""The command that a mail server pipes bounces into: it answers by exit statuses, and quotes nobody."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.__main__ import main
from api.keys import open_keyring
from api.settings import Settings
from models import tables
from models.database import Database
from models.operations.record_mail import MailOutcome
from models.rules.vocabulary import MailKind
from tests import engines
from tests.builders import a_world, released
from tests.clock import FixedClock
from tests.operations.acting import approve
from tests.operations.ledger import rows, the_mail
from tests.operations.test_suppression import ADDRESS, note
from tests.rules.test_delivery_status import FAILED, report

DONE, DATA_ERROR, ASK_AGAIN = 0, 65, 75
DELAYED = "Action: delayed\r\nStatus: 4.4.1\r\n"


@pytest.fixture
def settings(tmp_path: Path, migrated_sqlite: Path) -> Settings:
    engines.copy_sqlite(migrated_sqlite, tmp_path / "extra-sessions.sqlite3")
    return Settings(mode="demo", data_dir=tmp_path)


def test_a_bounce_is_recorded_once_and_again_is_no_error(settings: Settings) -> None:
    path = asyncio.run(sent(settings))
    for _ in range(2):
        result = piped(settings, report(FAILED, headers=f"Delivered-To: {path}\r\n"))
        assert (result.exit_code, result.output) == (DONE, "")
    assert asyncio.run(rejected(settings))


def test_the_option_wins_over_the_headers(settings: Settings) -> None:
    path = asyncio.run(sent(settings))
    content = report(FAILED, headers=f"To: bounces+{'0' * 32}@harbour.example\r\n")
    assert piped(settings, content).exit_code == DATA_ERROR
    assert piped(settings, content, "--recipient", path).exit_code == DONE
    assert asyncio.run(rejected(settings))


def test_an_option_without_a_mark_leaves_it_to_the_headers(settings: Settings) -> None:
    path = asyncio.run(sent(settings))
    content = report(FAILED, headers=f"To: {path}\r\n")
    assert piped(settings, content, "--recipient", "bounces@harbour.example").exit_code == DONE
    assert asyncio.run(rejected(settings))


def test_a_delay_changes_nothing(settings: Settings) -> None:
    path = asyncio.run(sent(settings))
    assert piped(settings, report(DELAYED, headers=f"To: {path}\r\n")).exit_code == DONE
    assert not asyncio.run(rejected(settings))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a delivery status notification"),
        (b"From: sam@home.example\r\n\r\nI am away", "not a delivery status notification"),
        (b"\xff\xfe" * 700_000, "not a delivery status notification"),
        (report(FAILED, headers=""), "return path"),
        (report(FAILED), "No mail was sent"),
    ],
)
def test_what_can_never_be_recorded_says_so_and_quotes_nobody(settings: Settings, content: bytes, said: str) -> None:
    result = piped(settings, content)
    assert (result.exit_code, said in result.output) == (DATA_ERROR, True)
    assert "sam@" not in result.output


def test_a_bounce_that_is_too_early_is_asked_for_again(settings: Settings) -> None:
    path = asyncio.run(sent(settings, accepted=False))
    assert piped(settings, report(FAILED, headers=f"To: {path}\r\n")).exit_code == ASK_AGAIN


def test_a_database_that_cannot_be_reached_is_asked_again(settings: Settings, tmp_path: Path) -> None:
    path = asyncio.run(sent(settings))
    (tmp_path / "extra-sessions.sqlite3").write_bytes(b"no database")
    result = piped(settings, report(FAILED, headers=f"To: {path}\r\n"))
    assert (result.exit_code, "Traceback" in result.output, "sam@" in result.output) == (ASK_AGAIN, False, False)


def test_settings_that_cannot_be_used_lose_no_bounce(settings: Settings) -> None:
    result = piped(settings, report(FAILED), database_url="mysql://user:secret@host/eap")
    assert (result.exit_code, "secret" in result.output) == (ASK_AGAIN, False)


def piped(settings: Settings, content: bytes, *options: str, **environment: str) -> Result:
    given = {"mode": "demo", "data_dir": str(settings.data_dir), **environment}
    named = {f"EXTRA_SESSIONS_{name.upper()}": value for name, value in given.items()}
    return CliRunner(env=named).invoke(main, ["mail", "bounce", *options], input=content)


async def sent(settings: Settings, *, accepted: bool = True) -> str:
    """Have the client told of an outcome, and return the return path of that mail."""
    database = opened(settings)
    world = await a_world(database, FixedClock())
    await approve(world, await released(world))
    if accepted:
        await note(world, MailKind.OUTCOME_CLIENT, MailOutcome.ACCEPTED, ADDRESS)
    token = (await the_mail(world, MailKind.OUTCOME_CLIENT)).bounce_token
    await database.close()
    return f"bounces+{token}@harbour.example"


async def rejected(settings: Settings) -> bool:
    database = opened(settings)
    found = await rows(database, tables.Mail)
    await database.close()
    return any(row.rejected_at is not None for row in found)


def opened(settings: Settings) -> Database:
    return Database.open(settings.database_url, open_keyring(settings), settings.key_store_url)
