"""``extra-sessions agreement``: what it shows before it asks, and what it tells to do next."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.__main__ import main
from api.settings import Settings
from tests import engines

PLACE = ("--name", "Saltbush Logistics", "--region", "AU-VIC", "--time-zone", "Australia/Melbourne")


@pytest.fixture
def settings(tmp_path: Path, migrated_sqlite: Path) -> Settings:
    engines.copy_sqlite(migrated_sqlite, tmp_path / "extra-sessions.sqlite3")
    settings = Settings(mode="demo", data_dir=tmp_path)
    assert "revision 1" in run(settings, "add", "org-1", *PLACE, "--entitled-sessions", "6").output
    return settings


def run(settings: Settings, *words: str, typed: str = "") -> Result:
    environment = {"EXTRA_SESSIONS_MODE": "demo", "EXTRA_SESSIONS_DATA_DIR": str(settings.data_dir)}
    return CliRunner(env=environment).invoke(main, ["agreement", *words], input=typed)


def test_a_change_is_shown_and_asked_about(settings: Settings) -> None:
    asked = run(settings, "edit", "org-1", "--due-days", "5", typed="n\n")
    assert asked.exit_code == 1
    assert "due_days                    7 -> 5" in asked.output
    assert "revision 1:" in run(settings, "list").output

    changed = run(settings, "edit", "org-1", "--due-days", "5", typed="y\n")
    assert changed.exit_code == 0
    assert "requests that are open keep their terms" in changed.output
    assert "recompute" not in changed.output
    assert "org-1  Saltbush Logistics  revision 2: region AU-VIC" in run(settings, "list").output
    assert "Nothing changes." in run(settings, "edit", "org-1", "--due-days", "5").output


@pytest.mark.parametrize(
    "words", [("--added-dates", "2026-12-24"), ("--region", "AU-NSW"), ("--time-zone", "Australia/Sydney")]
)
def test_after_a_calendar_change_it_says_how_due_dates_follow(settings: Settings, words: tuple[str, str]) -> None:
    changed = run(settings, "edit", "org-1", *words, "--yes")
    assert changed.exit_code == 0
    assert "`extra-sessions deadlines recompute --dry-run`" in changed.output


def test_one_agreement_is_listed_term_by_term(settings: Settings) -> None:
    output = run(settings, "list", "org-1").output
    assert "revision                    1\n" in output
    assert "clinical_review_threshold   12\n" in output
    assert "backup_reviewer\n" in output


def test_what_cannot_be_is_told_by_the_option(settings: Settings) -> None:
    wrong = run(settings, "edit", "org-1", "--region", "AU", "--due-days", "0")
    assert wrong.exit_code == 1
    assert "--region: expected a country and a subdivision" in wrong.output
    assert "--due-days: expected a whole number from 1 to 100." in wrong.output
    assert "ID: names no organisation" in run(settings, "edit", "org-9", "--due-days", "5").output
    assert "ID: is there already." in run(settings, "add", "org-1", *PLACE, "--entitled-sessions", "6").output
