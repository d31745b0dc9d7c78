"""Brings a database to the newest schema, or back."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, make_url

from models import sqlite_driver


def sync_url(url: str) -> str:
    """Return the same database's URL for a synchronous driver; migrations need no event loop."""
    parsed = make_url(url)
    driver = "sqlite" if parsed.get_backend_name() == "sqlite" else "postgresql+psycopg"
    return parsed.set(drivername=driver).render_as_string(hide_password=False)


def upgrade(url: str, revision: str = "head") -> None:
    """Run every migration that this database has not seen. Does nothing, quickly, on one that is up to date."""
    sqlite_driver.install()
    if revision != "head" or not _is_current(url):
        command.upgrade(_config(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Go back to ``revision``; "base" drops every table with all it holds."""
    sqlite_driver.install()
    command.downgrade(_config(url), revision)


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("sqlalchemy.url", sync_url(url).replace("%", "%%"))
    return config


def _is_current(url: str) -> bool:
    engine = create_engine(sync_url(url))
    try:
        with engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()
    return found is not None and found == ScriptDirectory(str(Path(__file__).parent)).get_current_head()
