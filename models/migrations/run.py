"""Brings a database and its key store to the newest schema, or back, and sees that the two belong together."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, create_engine, inspect, make_url, text

from models import sqlite_driver
from models.key_store import key_store_beside

if TYPE_CHECKING:
    from alembic.config import Config

_FOLDER = Path(__file__).parent
_KEY_STORE_FOLDER = _FOLDER / "key_store"
_MIGRATING = 7_130_001
PREPARING = 7_130_002
"""PostgreSQL's advisory locks have numbers for names. Whoever takes both takes PREPARING first."""


class WrongKeyStore(Exception):
    """The key store at hand is not the one whose keys seal this database; the text is for the operator."""


def sync_url(url: str) -> str:
    """Return the same database's URL for a synchronous driver; migrations need no event loop."""
    parsed = make_url(url)
    driver = "sqlite" if parsed.get_backend_name() == "sqlite" else "postgresql+psycopg"
    return parsed.set(drivername=driver).render_as_string(hide_password=False)


def upgrade(url: str, revision: str = "head", *, key_store_url: str = "") -> None:
    """Run every migration that this database and its key store have not seen. Quick where there is none.

    Of several processes at once, one does it: the others wait, and find nothing to do. A new database takes
    the key store that it finds for its own; from then on another one raises WrongKeyStore.
    """
    store = key_store_url or key_store_beside(url)
    with in_turn(url, _MIGRATING):
        _upgrade(url, revision, store)


def _upgrade(url: str, revision: str, store: str) -> None:
    upgrade_key_store(store)
    if revision != "head" or _revision_of(url) != newest_revision(_FOLDER):
        from alembic import command  # noqa: PLC0415 - a server that is up to date need not wait for it

        command.upgrade(_config(_FOLDER, url, store), revision)
    if revision == "head":
        keep_together(url, store)


def upgrade_key_store(url: str) -> None:
    """Run every migration that this key store has not seen."""
    sqlite_driver.install()
    with in_turn(url, _MIGRATING):
        if _revision_of(url) != newest_revision(_KEY_STORE_FOLDER):
            from alembic import command  # noqa: PLC0415 - as above

            command.upgrade(_config(_KEY_STORE_FOLDER, url), "head")


def downgrade(url: str, revision: str, *, key_store_url: str = "") -> None:
    """Go back to ``revision``; "base" drops every table with all it holds. The key store stays as it is."""
    sqlite_driver.install()
    from alembic import command  # noqa: PLC0415 - as above

    command.downgrade(_config(_FOLDER, url, key_store_url or key_store_beside(url)), revision)


def newest_revision(folder: Path = _FOLDER) -> str:
    """Return the last revision of the database: files are named by theirs, in order."""
    return max(path.stem.partition("_")[0] for path in (folder / "versions").glob("[0-9]*.py"))


def newest_key_store_revision() -> str:
    """Return the last revision of the key store."""
    return newest_revision(_KEY_STORE_FOLDER)


def _config(folder: Path, url: str, key_store_url: str | None = None) -> "Config":
    """Return Alembic's configuration for one database."""
    from alembic.config import Config  # noqa: PLC0415 - as above

    made = Config()
    made.set_main_option("script_location", str(folder))
    made.set_main_option("sqlalchemy.url", sync_url(url).replace("%", "%%"))
    made.attributes["key_store_url"] = key_store_url
    return made


def _revision_of(url: str) -> str | None:
    with connected(url) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return revision


def keep_together(url: str, key_store_url: str) -> None:
    """See that this is the database's own key store; a new database takes it for its own. Raises WrongKeyStore."""
    with connected(key_store_url) as store:
        name = store.execute(text("SELECT name FROM store_name")).scalar_one()
    with connected(url) as database:
        known = database.execute(text("SELECT key_store FROM deployment")).scalar()
        if known is None:
            database.execute(text("INSERT INTO deployment (id, key_store) VALUES (1, :name)"), {"name": name})
            database.commit()
        elif known != name:
            raise WrongKeyStore(
                "The key store is not the one whose keys seal this database: set EXTRA_SESSIONS_KEY_STORE_URL to that "
                "one, or bring it back from a backup with `extra-sessions keys restore`."
            )


@contextmanager
def in_turn(url: str, lock: int) -> Iterator[None]:
    """Wait until no other process is inside, on any machine; a process that dies is outside.

    On SQLite there is only one: whoever comes here holds the server's lock.
    """
    if make_url(url).get_backend_name() == "sqlite":
        yield
        return
    with connected(url) as connection:
        own = connection.execution_options(isolation_level="AUTOCOMMIT")
        own.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": lock})
        try:
            yield
        finally:
            own.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": lock})


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """Give a connection of its own, without an event loop; it is closed in the end."""
    engine = create_engine(sync_url(url))
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
