"""A private copy of an SQLite database: a rehearsal may take its time on it while a server writes to the original."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import make_url

from models import sqlite_driver


@contextmanager
def private_copy(url: str) -> Iterator[str]:
    """Yield the URL of a copy, beside the original and as sealed as it; it is removed in the end."""
    sqlite_driver.install()
    import sqlite3  # noqa: PLC0415 - the library that was just chosen: an old one may damage what a server has open

    original = Path(make_url(url).database or "").absolute()
    with TemporaryDirectory(prefix="rehearsal-", dir=original.parent) as folder:
        copy = Path(folder) / original.name
        with closing(sqlite3.connect(f"{original.as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("VACUUM INTO ?", (str(copy),))
        yield make_url(url).set(database=str(copy)).render_as_string(hide_password=False)
