"""Copies an embedded database whole while others write to it, and sees that a copy is sound: SQLite's own backup."""

import os
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from models import sqlite_driver

sqlite_driver.install()

import sqlite3  # noqa: E402 - after the SQLite library is chosen

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENOUGH = 3
"""How many findings are told; a damaged file can have thousands."""


class CopyUnsound(Exception):
    """A file is no sound database of this product; the text is for the operator and quotes nothing of it."""


def copy_database(source: Path, target: Path) -> None:
    """Copy the source, as of one moment, to a new file that its owner alone may read: the whole of it, or none.

    Writers go on meanwhile. The copy is one file, without a log beside it, and on the disk when this returns. Raises
    FileExistsError where the target is there, CopyUnsound where the source or the copy is not sound.
    """
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with closing(_opened(source)) as original, closing(sqlite3.connect(target)) as copy:
            original.backup(copy)  # in one step: else every write from another process would begin it again
        make_whole(target)
        check_sound(target)
    except BaseException as error:
        with suppress(FileNotFoundError):
            target.unlink()
        if isinstance(error, sqlite3.DatabaseError):
            msg = f"{source} can't be copied: it is no sound SQLite database, or somebody holds its lock."
            raise CopyUnsound(msg) from None
        raise


def make_whole(file: Path) -> None:
    """Bring what the log beside a file holds into the file, and end the log. Raises CopyUnsound while it is in use."""
    with closing(sqlite3.connect(file)) as connection:
        try:
            connection.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError:
            msg = f"{file} is open somewhere, and can't be made whole."
            raise CopyUnsound(msg) from None
    _settle(file)


def check_sound(file: Path) -> str:
    """Return the schema's revision in a file. Raises CopyUnsound for one that is damaged or not of this product."""
    try:
        with closing(_opened(file)) as connection:
            findings = [*_findings(connection)]
            revision: tuple[str] | None = None if findings else connection.execute(_REVISION).fetchone()
    except sqlite3.DatabaseError:
        msg = f"{file} is no database of Extra Sessions, or it is damaged. Use another copy of it."
        raise CopyUnsound(msg) from None
    if findings or revision is None:
        msg = f"{file} is damaged: {'; '.join(findings) or 'it has no schema'}. Use another copy of it."
        raise CopyUnsound(msg)
    return revision[0]


_REVISION = "SELECT version_num FROM alembic_version"


def _findings(connection: sqlite3.Connection) -> "Iterator[str]":
    """Yield what is wrong, in places and never in contents."""
    rows = connection.execute(f"PRAGMA integrity_check({_ENOUGH})").fetchall()
    if rows != [("ok",)]:
        yield f"{len(rows)} or more faults in its structure"
    tables = {row[0] for row in connection.execute("PRAGMA foreign_key_check").fetchmany(_ENOUGH)}
    yield from (f"rows of {table} refer to nothing" for table in sorted(tables))


def _opened(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)


def _settle(file: Path) -> None:
    """Have the disk keep the file and its name."""
    for path in (file, file.parent):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
