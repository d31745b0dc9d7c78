"""A database that was just migrated, as the first process opens it."""

from pathlib import Path

from models.database import Database
from models.keyring import Keyring
from tests import engines

WAL = b"\x02\x02"
"""What a file's header says, in its bytes 18 and 19, of how it is to be written and read."""


async def test_both_files_write_ahead_before_anybody_connects(
    migrated_sqlite: Path, tmp_path: Path, keyring: Keyring
) -> None:
    """Of two connections that turn a file at once, SQLite refuses one at once: about one first start in a hundred."""
    file = tmp_path / "fresh.db"
    engines.copy_sqlite(migrated_sqlite, file)

    await Database.open(engines.sqlite_url(file), keyring).close()

    assert [path.read_bytes()[18:20] for path in (file, engines.key_store_file(file))] == [WAL, WAL]


async def test_a_file_that_is_not_there_is_not_made(tmp_path: Path, keyring: Keyring) -> None:
    await Database.open(engines.sqlite_url(tmp_path / "absent.db"), keyring).close()

    assert not list(tmp_path.iterdir())
