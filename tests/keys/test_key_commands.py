"""The commands ``extra-sessions keys`` and ``clients erase``: what they print, how they end, what they ask."""

import json
import re
from pathlib import Path

from api.settings import Settings
from api.storage import bring_up_to_date
from models.keyring import Keyring
from models.migrations.run import upgrade_key_store
from tests import engines
from tests.keys.commanding import CASE, refused, run, succeeded


def test_a_client_is_erased_after_a_question_that_says_what_there_is(settings: Settings) -> None:
    asked = run(settings, "clients", "erase", "--case", CASE, typed="n\n")
    assert asked.exit_code == 1
    assert "This client has 1 case, 1 open, and 1 request, 1 open." in asked.output
    assert not settings.ledger.exists()
    output = succeeded(settings, "clients", "erase", "--case", CASE, typed="y\n")
    assert "The client is erased." in output
    assert "No key backup is on record that could undo it." in output
    assert settings.ledger.read_text().count("\n") == 1
    assert "was erased on" in succeeded(settings, "clients", "erase", "--external-id", "cli-1", "--yes")
    assert "hold. Head: events:" in succeeded(settings, "audit", "verify")


def test_it_says_when_the_last_backup_that_could_undo_it_expires(settings: Settings, tmp_path: Path) -> None:
    told = succeeded(settings, "keys", "backup", str(tmp_path / "long"), "--keep-days", "90")
    succeeded(settings, "keys", "backup", str(tmp_path / "short"), "--keep-days", "5")
    expires = re.findall(r"Destroy every copy by (\d{4}-\d\d-\d\d)\.", told)[0]
    output = succeeded(settings, "clients", "erase", "--external-id", "cli-2", "--yes")
    assert "2 key backups could still undo it." in output
    assert f"expires on {expires}" in output


def test_nobody_is_erased_by_a_number_that_is_not_there_or_by_none_at_all(settings: Settings) -> None:
    assert "There is no such client here." in refused(settings, "clients", "erase", "--case", "ASST-999999")
    assert "There is no such client here." in refused(settings, "clients", "erase", "--external-id", "cli-9")
    assert "one of them" in refused(settings, "clients", "erase")
    assert "one of them" in refused(settings, "clients", "erase", "--case", CASE, "--external-id", "cli-1")
    assert not settings.ledger.exists()


def test_keys_are_backed_up_lost_and_restored_but_not_the_erased_clients(settings: Settings, tmp_path: Path) -> None:
    file = str(tmp_path / "keys.backup")
    assert "2 client keys are in" in succeeded(settings, "keys", "backup", file)
    assert "overwrites none" in refused(settings, "keys", "backup", file)
    assert "can't be written" in refused(settings, "keys", "backup", str(tmp_path / "no" / "where"))
    succeeded(settings, "clients", "erase", "--case", CASE, "--yes")
    for path in tmp_path.glob("extra-sessions-keys.*"):
        path.unlink()
    assert "EXTRA_SESSIONS_KEY_STORE_URL" in refused(settings, "migrate"), "another key store is not taken for this one"
    output = succeeded(settings, "keys", "restore", file)
    assert "Brought back 1 of 2 client keys; those of erased clients are left out: 1." in output
    assert "Brought back 0 of 2" in succeeded(settings, "keys", "restore", file)
    assert "newest schema" in succeeded(settings, "migrate")


def test_with_another_key_store_nothing_is_done_that_needs_its_own(settings: Settings, tmp_path: Path) -> None:
    settings = settings.model_copy(update={"key_store_url": engines.sqlite_url(tmp_path / "other-keys.sqlite3")})
    upgrade_key_store(settings.key_store_url)
    for words in (
        ("keys", "backup", str(tmp_path / "keys.backup")),
        ("keys", "rotate", "--only-wrap"),
        ("keys", "retire", "1"),
        ("clients", "erase", "--case", CASE, "--yes"),
        ("import", str(tmp_path / "folder")),
        ("migrate",),
    ):
        assert "is not the one whose keys seal this database" in refused(settings, *words), words
    assert not settings.ledger.exists()


def test_a_file_that_is_no_backup_is_refused_in_words(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "keys.backup").write_text("nothing")
    assert "not a whole backup" in refused(settings, "keys", "restore", str(tmp_path / "keys.backup"))


def test_master_keys_are_rotated_and_the_old_one_retired(settings: Settings) -> None:
    output = succeeded(settings, "keys", "rotate")
    assert "Master key 2 is in" in output
    assert "2 client keys were wrapped anew; master key 2 wraps them all." in output
    assert "Rotate first" in refused(settings, "keys", "retire", "2")
    assert "Master key 1 is gone" in succeeded(settings, "keys", "retire", "1")
    assert set(Keyring.load(settings.data_dir / "demo-keys.json").masters) == {2}
    assert "2 client keys are in" in succeeded(settings, "keys", "backup", str(settings.data_dir / "later"))


def test_a_rotation_can_be_made_in_two_steps(settings: Settings) -> None:
    assert "wrapped anew" not in succeeded(settings, "keys", "rotate", "--only-add")
    assert "still wraps" in refused(settings, "keys", "retire", "1")
    output = succeeded(settings, "keys", "rotate", "--only-wrap")
    assert "2 client keys were wrapped anew; master key 2" in output
    assert "0 client keys" in succeeded(settings, "keys", "rotate", "--only-wrap")


def test_a_client_is_exported_to_a_file_for_its_owner_alone(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "export.json"
    output = succeeded(settings, "clients", "export", "--case", CASE, str(file))
    assert "has 1 case." in output
    assert file.stat().st_mode & 0o077 == 0
    found = json.loads(file.read_text())
    name = found["client"]["identity"]["name"]
    assert name
    assert name not in output
    assert [case["number"] for case in found["cases"]] == [CASE]
    assert "overwrites nothing" in refused(settings, "clients", "export", "--case", CASE, str(file))
    assert "can't be written" in refused(settings, "clients", "export", "--case", CASE, str(tmp_path / "no" / "where"))
    assert "no such client" in refused(settings, "clients", "export", "--case", "ASST-999999", str(tmp_path / "other"))
    assert "one of them" in refused(settings, "clients", "export", str(tmp_path / "other"))


def test_what_does_not_open_is_not_exported_in_part(settings: Settings, tmp_path: Path) -> None:
    path = settings.data_dir / "demo-keys.json"
    path.unlink()
    Keyring.generate(demo=True).save(path)
    output = refused(settings, "clients", "export", "--case", CASE, str(tmp_path / "export.json"))
    assert "does not open, so nothing was written" in output
    assert not (tmp_path / "export.json").exists()


def test_a_check_opens_everything_and_says_when_the_newest_backup_was_made(settings: Settings, tmp_path: Path) -> None:
    output = succeeded(settings, "keys", "check")
    assert "client_key              under master key 1: 2 open" in output
    assert "client_identity         under key version 1: 2 open" in output
    assert "extra_sessions_request  under key version 1: 1 open" in output
    assert "No key backup is on record" in output
    told = succeeded(settings, "keys", "backup", str(tmp_path / "keys.backup"), "--keep-days", "9")
    succeeded(settings, "keys", "rotate")
    output = succeeded(settings, "keys", "check")
    assert "client_key              under master key 2: 2 open" in output
    assert f"expires on {re.findall(r'Destroy every copy by ([-0-9]+)', told)[0]}." in output


def test_a_check_with_another_key_file_fails_and_counts(settings: Settings) -> None:
    path = settings.data_dir / "demo-keys.json"
    path.unlink()
    Keyring.generate(demo=True).save(path)
    output = refused(settings, "keys", "check")
    assert "client_key              under master key 1: 0 open, 2 do not open" in output
    assert "5 do not open" in output


def test_a_key_backup_holds_an_old_master_key_back(settings: Settings, tmp_path: Path) -> None:
    succeeded(settings, "keys", "backup", str(tmp_path / "keys.backup"))
    succeeded(settings, "keys", "rotate")
    assert "opens key backups, the last of which expires on" in refused(settings, "keys", "retire", "1")


def test_erasures_are_done_again_when_a_restored_database_starts(settings: Settings, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    engines.copy_sqlite(tmp_path / "extra-sessions.sqlite3", backup)
    succeeded(settings, "clients", "erase", "--case", CASE, "--yes")
    for suffix in ("", "-wal", "-shm"):
        Path(f"{tmp_path / 'extra-sessions.sqlite3'}{suffix}").unlink(missing_ok=True)
    for suffix in ("", "-wal"):
        if Path(f"{backup}{suffix}").exists():
            Path(f"{backup}{suffix}").rename(f"{tmp_path / 'extra-sessions.sqlite3'}{suffix}")
    assert "Earlier erasures were done again: in the database 1, in the key store 0." in succeeded(settings, "migrate")
    assert "erasures" not in succeeded(settings, "migrate")


def test_a_ledger_that_cannot_be_read_stops_the_start_in_words(settings: Settings) -> None:
    settings.ledger.write_text("nonsense\n")
    assert "is no entry of an erasure ledger" in refused(settings, "migrate")


def test_a_database_that_was_never_migrated_is_a_refusal_and_no_fault(tmp_path: Path) -> None:
    settings = Settings(mode="demo", data_dir=tmp_path)
    assert "is it migrated" in refused(settings, "keys", "backup", str(tmp_path / "file"))
    assert "is it migrated" in refused(settings, "clients", "erase", "--case", CASE)
    bring_up_to_date(settings)
    assert "0 client keys are in" in succeeded(settings, "keys", "backup", str(tmp_path / "file"))
