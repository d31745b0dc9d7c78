"""``extra-sessions clean``: it keeps what the settings say, and the record of who looked for good unless they say."""

from pathlib import Path

from click.testing import CliRunner

from api.__main__ import main
from api.app import what_to_keep
from api.settings import Settings
from models.operations.clean_up import CleanUp
from tests import engines


def test_the_settings_say_how_long() -> None:
    assert what_to_keep(Settings()) == CleanUp(idempotency_days=30, jobs_days=30, access_days=None)
    chosen = Settings(keep_idempotency_days=2, keep_jobs_days=1, keep_access_days=2_557)
    assert what_to_keep(chosen) == CleanUp(idempotency_days=2, jobs_days=1, access_days=2_557)


def test_it_says_what_went(tmp_path: Path, migrated_sqlite: Path) -> None:
    engines.copy_sqlite(migrated_sqlite, tmp_path / "extra-sessions.sqlite3")
    environment = {"EXTRA_SESSIONS_MODE": "demo", "EXTRA_SESSIONS_DATA_DIR": str(tmp_path)}
    result = CliRunner(env=environment).invoke(main, ["clean"])
    assert (result.exit_code, result.output) == (
        0,
        "Deleted 0 idempotency records, 0 done jobs, 0 ended sessions and 0 access events.\n",
    )
