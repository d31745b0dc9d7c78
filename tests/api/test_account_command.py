"""``extra-sessions account``: what it prints, and how it refuses."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.__main__ import main
from api.settings import Settings
from models.machine_tokens import PREFIX
from tests import engines

STAFF = ("--role", "PROVIDER_STAFF", "--name", "Sam Staff", "--email", "sam@eap.example")
MACHINE = ("--role", "INTEGRATOR", "--name", "Calendar", "--email", "it@eap.example", "--time-zone", "Australia/Perth")


@pytest.fixture
def settings(tmp_path: Path, migrated_sqlite: Path) -> Settings:
    engines.copy_sqlite(migrated_sqlite, tmp_path / "extra-sessions.sqlite3")
    return Settings(mode="demo", data_dir=tmp_path)


def run(settings: Settings, *words: str) -> Result:
    environment = {"EXTRA_SESSIONS_MODE": "demo", "EXTRA_SESSIONS_DATA_DIR": str(settings.data_dir)}
    return CliRunner(env=environment).invoke(main, ["account", *words])


def succeeded(settings: Settings, *words: str) -> str:
    result = run(settings, *words)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(settings: Settings, *words: str) -> str:
    result = run(settings, *words)
    assert result.exit_code in {1, 2}, result.output
    assert isinstance(result.exception, SystemExit), "a person is told, and sees no traceback"
    return result.output


def test_accounts_are_added_listed_and_disabled(settings: Settings) -> None:
    assert succeeded(settings, "list") == ""
    assert succeeded(settings, "add", "sam", *STAFF, "--time-zone", "Australia/Melbourne") == (
        "sam is added as PROVIDER_STAFF.\n"
    )
    assert "account rotate-token calendar" in succeeded(settings, "add", "calendar", *MACHINE)
    token = succeeded(settings, "rotate-token", "calendar", "--days", "30")

    assert token.startswith(PREFIX)
    assert len(token.splitlines()) == 1, "so that it can be piped"
    calendar, sam = succeeded(settings, "list").splitlines()
    assert calendar.startswith("calendar  INTEGRATOR          the whole provider  token of ")
    assert " until " in calendar
    assert sam == "sam       PROVIDER_STAFF      the whole provider"

    assert "sam is disabled since" in succeeded(settings, "disable", "sam")
    assert "disabled since" in succeeded(settings, "list").splitlines()[1]


def test_an_account_is_signed_out_everywhere(settings: Settings) -> None:
    succeeded(settings, "add", "sam", *STAFF, "--time-zone", "Australia/Melbourne")
    succeeded(settings, "add", "calendar", *MACHINE)

    assert succeeded(settings, "sign-out", "sam").startswith("sam is signed out everywhere since 20")
    assert "A machine does not sign in" in refused(settings, "sign-out", "calendar")
    assert "no account with this name" in refused(settings, "sign-out", "nobody")


def test_a_flaw_is_told_by_the_option_that_it_was_typed_as(settings: Settings) -> None:
    output = refused(settings, "add", "sam", *STAFF, "--practice", "prac-1", "--employee-number", "E1")
    assert "--role: PROVIDER_STAFF is given with no scope, and nothing else." in output
    assert "--employee-number: counts in an organisation, which this role has not." in output
    assert "--time-zone: may not be empty" in refused(settings, "add", "sam", *STAFF)
    succeeded(settings, "add", "sam", *STAFF, "--time-zone", "Australia/Melbourne")
    again = refused(settings, "add", "sam", *STAFF, "--time-zone", "Australia/Melbourne")
    assert "NAME: is there already." in again


def test_an_account_that_is_not_there_is_refused_in_words(settings: Settings) -> None:
    assert "no account with this name" in refused(settings, "disable", "nobody")
    assert "no account with this name" in refused(settings, "rotate-token", "nobody")
