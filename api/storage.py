"""Opens the database with its key store, and brings both up to date, with the erasures that they must know of."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import click
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from api.keys import open_keyring
from api.settings import Settings, SettingsError
from models.clock import SystemClock
from models.database import Database
from models.erasure_ledger import ErasureLedger, LedgerUnreadable
from models.keyring import Keyring
from models.migrations.claiming import WrongMode, claim, refuse_other_mode
from models.migrations.run import WrongKeyStore, keep_together, upgrade
from models.operations.erase_client import Settled, settle_erasures

T = TypeVar("T")


def open_database(settings: Settings, keyring: Keyring | None = None) -> Database:
    """Prepare the database; nothing is connected yet. Raises SettingsError where the keys can't be used."""
    return Database.open(settings.database_url, keyring or open_keyring(settings), settings.key_store_url)


def bring_up_to_date(settings: Settings) -> None:
    """Run the migrations that are new, and mark a new database as a demo's or not.

    Raises SettingsError where the key store is not this database's own, or the database not one of this mode.
    """
    for url in (settings.database_url, settings.key_store_url):
        if is_embedded(settings):
            Path(make_url(url).database or "").parent.mkdir(parents=True, exist_ok=True)
    check_mode(settings)
    try:
        upgrade(settings.database_url, key_store_url=settings.key_store_url)
        claim(settings.database_url, settings.key_store_url, open_keyring(settings))
    except (WrongKeyStore, WrongMode) as wrong:
        raise SettingsError(str(wrong)) from None


def settle_what_is_open(settings: Settings) -> None:
    """Do again what a restored database or key store has undone, and what was cut off, of earlier erasures."""

    async def settle(database: Database) -> Settled:
        return await settle_erasures(database=database, clock=SystemClock(), ledger=ErasureLedger(settings.ledger))

    try:
        settled = run_with(settings, settle)
    except LedgerUnreadable as error:
        raise SettingsError(str(error)) from None
    if settled.erased_again or settled.keys_destroyed:
        click.echo(
            "Earlier erasures were done again: "
            f"in the database {settled.erased_again:,}, in the key store {settled.keys_destroyed:,}."
        )


def run_with(settings: Settings, work: Callable[[Database], Awaitable[T]], *, new_store: bool = False) -> T:
    """Do one piece of work with the database, on a loop of its own. Raises SettingsError where it can't be used.

    A key store that is not the database's own can't be used either, unless it is to take the place of that one.
    """

    async def run() -> T:
        database = open_database(settings)
        try:
            return await work(database)
        finally:
            await database.close()

    try:
        if not new_store:
            check_key_store(settings)
        return asyncio.run(run())
    except DBAPIError as error:
        msg = (
            f"The database or its key store can't be used ({type(error.orig).__name__}): is it migrated, and reachable?"
        )
        raise SettingsError(msg) from None


def check_key_store(settings: Settings) -> None:
    """Raise SettingsError where the key store's keys do not seal this database, or the database is not this mode's."""
    try:
        keep_together(settings.database_url, settings.key_store_url)
        refuse_other_mode(settings.database_url, open_keyring(settings))
    except (WrongKeyStore, WrongMode) as wrong:
        raise SettingsError(str(wrong)) from None


def check_mode(settings: Settings) -> None:
    """Raise SettingsError for a database that is marked as the other mode's; nothing is written.

    One that is not reachable, or not migrated, yet can't be asked: a worker waits for that.
    """
    try:
        with suppress(DBAPIError):
            refuse_other_mode(settings.database_url, open_keyring(settings))
    except WrongMode as wrong:
        raise SettingsError(str(wrong)) from None


def is_embedded(settings: Settings) -> bool:
    return make_url(settings.database_url).get_backend_name() == "sqlite"


def is_lost(settings: Settings) -> bool:
    """Whether an embedded database is not there; one on PostgreSQL is a server's, which its own tools bring back."""
    return is_embedded(settings) and not Path(make_url(settings.database_url).database or "").exists()
