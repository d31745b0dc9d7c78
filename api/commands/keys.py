"""Clients' keys: their backup, their restore, a check, and the rotation of the master keys that wrap them."""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import click

from api.keys import open_keyring
from api.settings import read_settings
from api.storage import bring_up_to_date, is_lost, run_with, settle_what_is_open
from models.clock import SystemClock
from models.database import Database
from models.erasure_ledger import ErasureLedger
from models.key_backup_file import Backup, BackupUnreadable, read_backup
from models.migrations.run import upgrade_key_store
from models.operations.key_backups import KnownBackup, back_up_keys, newest_backup, restore_keys, take_the_place
from models.operations.rotate_keys import MasterInUse, how_wrapped, retire_master, rewrap_keys
from models.queries.key_check import Checked, Tried, check_keys


@click.group()
def keys() -> None:
    """Back up, restore, check and rotate the keys that clients' data is sealed under."""


@keys.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--keep-days", default=35, show_default=True, type=click.IntRange(1, 3650), help="When its last copy will be gone."
)
def backup(file: Path, keep_days: int) -> None:
    """Write every client's key, wrapped, to a new FILE.

    Keep it apart from the backups of the database, and destroy every copy when it expires: until then, an erased
    client's key is still in it. It is of use only with the key file.
    """

    async def write(database: Database) -> Backup:
        keep = timedelta(days=keep_days)
        return await back_up_keys(file, keep=keep, keys=database.keys, clock=SystemClock())

    try:
        made = run_with(read_settings(), write)
    except FileExistsError:
        raise click.ClickException(f"{file} is there already, and a backup overwrites none. Name a new file.") from None
    except OSError as error:
        raise click.ClickException(f"{file} can't be written: {error.strerror}.") from None
    click.echo(f"{len(made.rows):,} client keys are in {file}. Destroy every copy by {_day(made.expires_at)}.")


@keys.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Bring back the client keys in FILE that the key store does not have.

    Clients who were erased stay erased: by the database, or by the erasure ledger, whichever knows. Where an embedded
    database is lost too, bring the keys back first: `extra-sessions restore` then erases again in both.
    """
    settings = read_settings()
    try:
        found = read_backup(file)
        upgrade_key_store(settings.key_store_url)
        run_with(settings, lambda database: take_the_place(found, database.keys), new_store=True)
    except BackupUnreadable as error:
        raise click.ClickException(str(error)) from None
    alone = is_lost(settings)
    if not alone:
        bring_up_to_date(settings)
        settle_what_is_open(settings)
    ledger = ErasureLedger(settings.ledger)
    added = run_with(settings, lambda database: restore_keys(found, keys=database.keys, ledger=ledger), new_store=alone)
    erased = len({row.client_id for row in found.rows} & ledger.read().keys())
    total = f"{len(found.rows):,} client keys"
    click.echo(f"Brought back {added:,} of {total}; those of erased clients are left out: {erased:,}.")
    if alone:
        click.echo("There is no database yet: bring it back with `extra-sessions restore`.")


@keys.command()
def check() -> None:
    """Open every client's key and every sealed value with the key file, and count them by the key's version.

    Nothing of what is opened is shown or kept. Ends with status 1 where anything does not open.
    """
    settings = read_settings()
    keyring = open_keyring(settings)
    checked, newest = run_with(settings, _check)
    masters = ", ".join(map(str, sorted(keyring.masters)))
    click.echo(f"Key file: {keyring.path}, master keys {masters}.")
    _tell("client_key", "under master key", checked.client_keys)
    for table, tried in checked.sealed.items():
        _tell(table, "under key version", tried)
    if newest is None:
        click.echo("No key backup is on record: make one with `extra-sessions keys backup`.")
    else:
        click.echo(
            f"The newest key backup was made on {_day(newest.made_at)} and expires on {_day(newest.expires_at)}."
        )
    if checked.broken:
        raise click.ClickException(
            f"{checked.broken:,} do not open. Is this the deployment's own key file, with every master key? Then bring "
            "the key store back with `extra-sessions keys restore`."
        )
    click.echo("All that is sealed opens.")


@keys.command()
@click.option("--only-add", is_flag=True, help="Add the new master key, and wrap nothing by it yet.")
@click.option("--only-wrap", is_flag=True, help="Add none: wrap what the newest one does not wrap yet.")
def rotate(*, only_add: bool, only_wrap: bool) -> None:
    """Add a master key to the key file, and wrap every client's key by it.

    Servers may run meanwhile: they read the key file again when they meet a master key that they don't know. Where
    they don't share one key file, rotate with --only-add, bring the file to all of them, and then with --only-wrap.
    """
    settings = read_settings()
    keyring = open_keyring(settings)
    if not only_wrap:
        keyring = keyring.with_new_master()
        keyring.replace()
        click.echo(f"Master key {keyring.newest_master} is in {keyring.path}. Back that file up now.")
    if not only_add:
        run_with(settings, _rewrap)


@keys.command()
@click.argument("version", type=click.IntRange(1))
def retire(version: int) -> None:
    """Remove the master key VERSION from the key file, once neither a client's key nor a key backup needs it."""
    settings = read_settings()
    keyring = open_keyring(settings)
    try:
        left = run_with(
            settings, lambda database: retire_master(version, keyring, keys=database.keys, clock=SystemClock())
        )
    except MasterInUse as error:
        raise click.ClickException(str(error)) from None
    left.replace()
    click.echo(f"Master key {version} is gone from {left.path}. Destroy the old copies of that file.")


async def _check(database: Database) -> tuple[Checked, KnownBackup | None]:
    return await check_keys(database), await newest_backup(database.keys)


def _tell(table: str, under: str, tried: Tried) -> None:
    for version in sorted(tried.opened | tried.broken):
        broken = f", {tried.broken[version]:,} do not open" if tried.broken[version] else ""
        click.echo(f"  {table:<24}{under} {version}: {tried.opened[version]:,} open{broken}")


async def _rewrap(database: Database) -> None:
    newest = database.vault.newest_master
    old = sum(each.keys for each in await how_wrapped(database.keys) if each.master_version != newest)
    with ExitStack() as shown:
        advanced: Callable[[int], None] = lambda _: None  # noqa: E731 - there is nobody to tell
        if sys.stderr.isatty():
            advanced = shown.enter_context(click.progressbar(length=max(1, old), label="keys", file=sys.stderr)).update
        done = await rewrap_keys(database.keys, database.vault, advanced=advanced)
    click.echo(f"{done:,} client keys were wrapped anew; master key {newest} wraps them all.")


def _day(moment: datetime) -> str:
    return moment.date().isoformat()
