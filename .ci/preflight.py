"""What this machine lacks, by name, before anything is installed: `make` runs it on whatever python3 it finds."""

import platform
import sys
import sysconfig

OLDEST_PYTHON = (3, 11)
SAFE_SQLITE = (3, 51, 3)
SAFE_SQLITE_BRANCHES = {(3, 50): 7, (3, 44): 6}  # older branches that carry the same repair, from this patch on


def missing() -> "list[str]":
    """Give one sentence for each thing without which the installation would fail."""
    if sys.version_info < OLDEST_PYTHON:
        found = "{} is {}".format(sys.executable, platform.python_version())
        return ["Python 3.11 or newer; " + found + ". Where a newer one has another name: make PYTHON=python3.12"]
    sentences = []
    try:
        import ensurepip  # noqa: F401, PLC0415 - some systems ship Python without it, which is what we ask
        import venv  # noqa: F401, PLC0415 - the same
    except ImportError:
        sentences.append("Python's venv module. On Debian and Ubuntu: apt install python3-venv")
    if "musl" in (sysconfig.get_config_var("SOABI") or ""):
        sentences.append("a system with glibc. For musl (Alpine), mrml and the test PostgreSQL are not ready-built")
    return sentences


def unsafe_sqlite() -> str:
    """Give the version of the SQLite to be used where it has the WAL-reset defect, which can damage a database."""
    if sys.platform == "linux" and platform.machine() == "x86_64":
        return ""  # pysqlite3 brings its own
    import sqlite3  # noqa: PLC0415 - only here: a Python without it will do where pysqlite3 is installed

    version = sqlite3.sqlite_version_info
    patch = SAFE_SQLITE_BRANCHES.get(version[:2])
    safe = version >= SAFE_SQLITE or (patch is not None and version[2] >= patch)
    return "" if safe else sqlite3.sqlite_version


def main() -> int:
    sentences = missing()
    for sentence in sentences:
        print("Missing: " + sentence)
    if not sentences and unsafe_sqlite():
        print("Note: SQLite " + unsafe_sqlite() + " can damage a database, so the server refuses it; a repaired one")
        print("(pysqlite3) is not built for this machine. Set EXTRA_SESSIONS_DATABASE_URL to a PostgreSQL database.")
    return 1 if sentences else 0


sys.exit(main())
