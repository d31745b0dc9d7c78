"""A database from before the key store: the migration takes its keys there, and its way back brings them home."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, inspect, text

from models.key_store import key_store_beside
from models.migrations import run
from models.migrations.run import downgrade, sync_url, upgrade

KEYS = [("cli_a", 1, 1, b"\x01wrapped"), ("cli_b", 1, 1, b"\x02wrapped"), ("cli_b", 2, 3, b"\x03wrapped")]
CLIENT = "id, external_index, do_not_email, created_at"
COLUMNS = "client_id, version, master_version, wrapped"


@pytest.fixture
def old_url(empty_database_url: str) -> str:
    """A database of the last version that kept the keys beside the rest, with three of them."""
    upgrade(empty_database_url, "0003")
    with _connected(empty_database_url) as connection:
        for client in ("cli_a", "cli_b"):
            values = {"id": client, "index": client.encode(), "no": _no(connection), "at": "2026-11-23T00:00:00+00:00"}
            connection.execute(text(f"INSERT INTO client ({CLIENT}) VALUES (:id, :index, :no, :at)"), values)  # noqa: S608
        for key in KEYS:
            values = dict(zip("abcd", key, strict=True))
            connection.execute(text(f"INSERT INTO client_key ({COLUMNS}) VALUES (:a, :b, :c, :d)"), values)  # noqa: S608
    return empty_database_url


def test_every_key_moves_and_none_stays(old_url: str) -> None:
    upgrade(old_url)
    assert _keys(key_store_beside(old_url)) == KEYS
    with _connected(old_url) as connection:
        assert not inspect(connection).has_table("client_key")


def test_the_way_back_brings_them_home(old_url: str) -> None:
    upgrade(old_url)
    downgrade(old_url, "0003")
    assert _keys(old_url) == KEYS
    upgrade(old_url)
    assert _keys(key_store_beside(old_url)) == KEYS


def test_a_migration_that_does_not_know_the_key_store_drops_no_key(old_url: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(run.__file__).parent))
    config.set_main_option("sqlalchemy.url", sync_url(old_url).replace("%", "%%"))
    with pytest.raises(RuntimeError, match="extra-sessions migrate"):
        command.upgrade(config, "head")
    assert _keys(old_url) == KEYS


def test_what_moved_is_not_left_in_the_file(old_url: str, request: pytest.FixtureRequest) -> None:
    upgrade(old_url)
    if request.node.callspec.id == "sqlite":
        with _connected(old_url) as connection:
            path = Path(str(connection.engine.url.database))
        assert not [key for key in KEYS if key[3] in path.read_bytes()]


def _keys(url: str) -> list[tuple[object, ...]]:
    with _connected(url) as connection:
        rows = connection.execute(text(f"SELECT {COLUMNS} FROM client_key ORDER BY client_id, version"))  # noqa: S608
        return [(*row[:3], bytes(row[3])) for row in rows]


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    engine = create_engine(sync_url(url))
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def _no(connection: Connection) -> object:
    return 0 if connection.dialect.name == "sqlite" else False
