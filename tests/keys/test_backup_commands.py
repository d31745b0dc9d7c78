"""``extra-sessions backup`` and ``restore``: beside a server, never over anything, and nobody erased comes back."""

import asyncio
import stat
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url, select

from api.server_lock import server_lock
from api.settings import Settings
from api.storage import open_database
from models.sqlite_backup import CopyUnsound, check_sound, copy_database, make_whole
from models.tables import Organisation
from tests.keys.commanding import CASE, refused, succeeded


def database_of(settings: Settings) -> Path:
    return Path(make_url(settings.database_url).database or "")


def lose(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


async def organisations(settings: Settings) -> list[str]:
    database = open_database(settings)
    async with database.snapshot() as source:
        found = list((await source.execute(select(Organisation.id).order_by(Organisation.id))).scalars())
    await database.close()
    return found


def test_a_lost_database_comes_back_whole(settings: Settings, tmp_path: Path) -> None:
    before = asyncio.run(organisations(settings))
    file = tmp_path / "backup.sqlite3"
    assert "is sound" in succeeded(settings, "backup", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.glob("backup*")] == [file.name], "one file, without a log beside it"
    lose(database_of(settings))

    assert "is back" in succeeded(settings, "restore", str(file))

    assert asyncio.run(organisations(settings)) == before
    assert "All that is sealed opens." in succeeded(settings, "keys", "check")
    assert "hold. Head: events:" in succeeded(settings, "audit", "verify")
    assert not list(tmp_path.glob("restoring-*"))


async def test_it_is_made_while_a_server_is_writing(settings: Settings, tmp_path: Path) -> None:
    server = open_database(settings)
    file = tmp_path / "backup.sqlite3"
    before = await organisations(settings)
    async with server.transaction() as session:
        session.add(Organisation(id="org_later", external_id="later", name="Later", headcount=None))
        await session.flush()
        await asyncio.to_thread(succeeded, settings, "backup", str(file))
    await asyncio.to_thread(succeeded, settings, "backup", str(tmp_path / "after.sqlite3"))
    await server.close()

    copy = settings.model_copy(update={"database_url": f"sqlite+aiosqlite:///{file}"})
    assert await organisations(copy) == before, "what was not committed is not in it"
    after = settings.model_copy(update={"database_url": f"sqlite+aiosqlite:///{tmp_path / 'after.sqlite3'}"})
    assert await organisations(after) == sorted([*before, "org_later"])


def test_whoever_was_erased_after_the_backup_is_erased_again(settings: Settings, tmp_path: Path) -> None:
    file, keys = tmp_path / "backup.sqlite3", tmp_path / "keys.backup"
    succeeded(settings, "backup", str(file))
    succeeded(settings, "keys", "backup", str(keys))
    succeeded(settings, "clients", "erase", "--case", CASE, "--yes")
    lose(database_of(settings))
    lose(Path(make_url(settings.key_store_url).database or ""))

    assert "is not the one whose keys seal" in refused(settings, "restore", str(file)), "the keys come first"
    assert not database_of(settings).exists()
    told = succeeded(settings, "keys", "restore", str(keys))
    assert "Brought back 1 of 2 client keys; those of erased clients are left out: 1." in told
    assert "`extra-sessions restore`" in told
    assert "in the database 1, in the key store 0" in succeeded(settings, "restore", str(file))
    assert "was erased on" in succeeded(settings, "clients", "erase", "--case", CASE, "--yes")
    checked = succeeded(settings, "keys", "check")
    assert "client_key              under master key 1: 1 open" in checked
    assert "The newest key backup was made on" in checked, "the one that was restored could still undo an erasure"


def test_nothing_is_overwritten_and_no_server_is_surprised(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "backup.sqlite3"
    succeeded(settings, "backup", str(file))
    content = file.read_bytes()
    assert "overwrites none" in refused(settings, "backup", str(file))
    assert "can't be written" in refused(settings, "backup", str(tmp_path / "no" / "where"))
    assert "is there already" in refused(settings, "restore", str(file))
    lose(database_of(settings))
    with server_lock(settings.data_dir):
        assert "Another server is using the database" in refused(settings, "restore", str(file))
    assert "nothing was backed up" in refused(settings, "backup", str(tmp_path / "other"))
    assert not (tmp_path / "other").exists()
    assert file.read_bytes() == content


def test_a_damaged_or_foreign_file_is_refused(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "backup.sqlite3"
    succeeded(settings, "backup", str(file))
    lose(database_of(settings))
    content = bytearray(file.read_bytes())
    page = int.from_bytes(content[16:18], "big")
    content[5 * page : 9 * page] = b"\xff" * 4 * page
    (tmp_path / "damaged").write_bytes(content)
    (tmp_path / "text").write_text("nothing of the kind, whatever its name says" * 100)
    for name in ("damaged", "text"):
        assert "Use another copy of it." in refused(settings, "restore", str(tmp_path / name)), name
    assert not database_of(settings).exists()


def test_a_backup_of_a_newer_version_or_with_broken_references_is_refused(settings: Settings, tmp_path: Path) -> None:
    import sqlite3  # noqa: PLC0415 - by now it is the library that the product has chosen

    file = tmp_path / "backup.sqlite3"
    succeeded(settings, "backup", str(file))
    lose(database_of(settings))
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    assert "newer version" in refused(settings, "restore", str(file))
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE appointment SET case_id = 'case_gone'")
        connection.commit()
    assert "rows of appointment refer to nothing" in refused(settings, "restore", str(file))
    with closing(sqlite3.connect(tmp_path / "empty")) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
    with pytest.raises(CopyUnsound, match="it has no schema"):
        check_sound(tmp_path / "empty")


def test_a_copy_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("nothing of the kind" * 100)
    with pytest.raises(CopyUnsound):
        copy_database(tmp_path / "text", tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_file_that_is_in_use_is_not_taken_for_whole(settings: Settings) -> None:
    import sqlite3  # noqa: PLC0415 - as above

    with closing(sqlite3.connect(database_of(settings))) as other:
        other.execute("SELECT * FROM alembic_version").fetchone()
        with pytest.raises(CopyUnsound, match="is open somewhere"):
            make_whole(database_of(settings))


@pytest.mark.parametrize("words", [("backup",), ("restore",)])
def test_on_postgresql_they_name_its_own_tools(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str]
) -> None:
    monkeypatch.setenv("EXTRA_SESSIONS_DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:1/eap")
    settings = settings.model_copy(update={"key_store_url": "postgresql+psycopg://nobody@127.0.0.1:1/eap_keys"})
    (tmp_path / "file").write_text("")
    assert f"`pg_{'dump' if words == ('backup',) else 'restore'}" in refused(settings, *words, str(tmp_path / "file"))
