"""Chooses the SQLite library before anything imports one: an old one can corrupt a WAL database."""

import sqlite3 as _standard
import sys
from types import ModuleType


def is_sound(version: tuple[int, ...]) -> bool:
    """Whether this release is free of the WAL-reset bug: 3.51.3 and later, or the mended 3.50 and 3.44 lines."""
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


def _choose() -> ModuleType:
    """Return a bundled current SQLite where there is a wheel for this machine, else the interpreter's own."""
    try:
        import pysqlite3  # noqa: PLC0415 - absent where no wheel exists
    except ImportError:
        return _standard
    return pysqlite3  # type: ignore[no-any-return]  # the package has no types


def install() -> None:
    """Make aiosqlite and SQLAlchemy, which import ``sqlite3`` by name, use the chosen library."""
    chosen = _choose()
    if chosen is not _standard:
        sys.modules["sqlite3"] = chosen
        sys.modules["sqlite3.dbapi2"] = chosen.dbapi2


def release() -> tuple[int, ...]:
    """Return the version of the library that is used."""
    return tuple(_choose().sqlite_version_info)


def refuse_unsound() -> None:
    """Raise RuntimeError where the only SQLite here is a release that can corrupt a WAL database."""
    version = release()
    if not is_sound(version):
        name = ".".join(map(str, version))
        msg = (
            f"SQLite {name} can corrupt a database in WAL mode (mended in 3.51.3, 3.50.7 and 3.44.6). "
            "Use a Python with a newer SQLite, or set EXTRA_SESSIONS_DATABASE_URL to a PostgreSQL database."
        )
        raise RuntimeError(msg)
