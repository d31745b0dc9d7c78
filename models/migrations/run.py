"""Brings a database to the newest schema, or back."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, inspect, make_url, text

from models import sqlite_driver

if TYPE_CHECKING:
    from alembic.config import Config

_FOLDER = Path(__file__).parent


def sync_url(url: str) -> str:
    """Return the same database's URL for a synchronous driver; migrations need no event loop."""
    parsed = make_url(url)
    driver = "sqlite" if parsed.get_backend_name() == "sqlite" else "postgresql+psycopg"
    return parsed.set(drivername=driver).render_as_string(hide_password=False)


def upgrade(url: str, revision: str = "head") -> None:
    """Run every migration that this database has not seen. Does nothing, quickly, on one that is up to date."""
    sqlite_driver.install()
    if revision == "head" and _revision_of(url) == newest_revision():
        return
    from alembic import command  # noqa: PLC0415 - a server that is up to date need not wait for it

    command.upgrade(_config(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Go back to ``revision``; "base" drops every table with all it holds."""
    sqlite_driver.install()
    from alembic import command  # noqa: PLC0415 - as above

    command.downgrade(_config(url), revision)


def newest_revision() -> str:
    """Return the last revision: files are named by theirs, in order."""
    return max(path.stem.partition("_")[0] for path in (_FOLDER / "versions").glob("[0-9]*.py"))


def _config(url: str) -> "Config":
    """Return Alembic's configuration for one database."""
    from alembic.config import Config  # noqa: PLC0415 - as above

    made = Config()
    made.set_main_option("script_location", str(_FOLDER))
    made.set_main_option("sqlalchemy.url", sync_url(url).replace("%", "%%"))
    return made


def _revision_of(url: str) -> str | None:
    engine = create_engine(sync_url(url))
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    finally:
        engine.dispose()
