"""Backup and restore of an embedded database; PostgreSQL has its own tools, and the key store its own command."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from sqlalchemy import make_url

from api.server_lock import server_lock
from api.settings import Settings, read_settings
from api.storage import bring_up_to_date, is_embedded, settle_what_is_open
from models.migrations.run import newest_revision
from models.sqlite_backup import CopyUnsound, check_sound, copy_database, make_whole

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=_FILE)
def backup(file: Path) -> None:
    """Write the embedded database, as of one moment, to a new FILE; the server may run meanwhile.

    It holds no client's key: `extra-sessions keys backup` writes those, to be kept apart. Copy the erasure ledger with
    each backup: whoever was erased since then is erased again when it is restored.
    """
    settings = read_settings()
    database = _embedded(settings, "pg_dump --format=custom")
    if not database.is_file():
        raise click.ClickException(f"There is no database at {database}: nothing was backed up.")
    try:
        copy_database(database, file)
    except FileExistsError:
        raise click.ClickException(f"{file} is there already, and a backup overwrites none. Name a new file.") from None
    except OSError as error:
        raise click.ClickException(f"{file} can't be written: {error.strerror}.") from None
    except CopyUnsound as unsound:
        raise click.ClickException(str(unsound)) from None
    click.echo(f"{file} has the database, {file.stat().st_size:,} bytes, and is sound. Copy {settings.ledger} with it.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Bring the embedded database back from FILE, where there is none.

    Needs the key store whose keys seal it: where that is lost too, run `extra-sessions keys restore` first. The file
    is checked, brought to the newest schema, and whoever was erased after it was made is erased in it again; only then
    is it put in its place.
    """
    settings = read_settings()
    database = _embedded(settings, "pg_restore")
    with server_lock(settings.data_dir):
        _refuse_existing(database)
        database.parent.mkdir(parents=True, exist_ok=True)
        try:
            _refuse_newer(check_sound(file), file)
            with TemporaryDirectory(prefix="restoring-", dir=database.parent) as folder:
                _restore(settings, file, Path(folder) / database.name)
        except CopyUnsound as unsound:
            raise click.ClickException(str(unsound)) from None
        except OSError as error:
            raise click.ClickException(f"{database} can't be written: {error.strerror}.") from None
    click.echo(f"{database} is back. Run `extra-sessions keys check`, and then start the server.")


def _restore(settings: Settings, file: Path, beside: Path) -> None:
    """Make the copy whole where nobody sees it, then give it its name: a restore that is cut off leaves nothing."""
    database = Path(make_url(settings.database_url).database or "")
    copy_database(file, beside)
    url = make_url(settings.database_url).set(database=str(beside))
    hidden = settings.model_copy(update={"database_url": url.render_as_string(hide_password=False)})
    bring_up_to_date(hidden)
    settle_what_is_open(hidden)
    make_whole(beside)
    check_sound(beside)
    os.link(beside, database)  # as a rename would, but it never takes the place of another file


def _embedded(settings: Settings, tool: str) -> Path:
    """Return where the embedded database is; on PostgreSQL, name its own tool instead."""
    if not is_embedded(settings):
        raise click.ClickException(
            f"This deployment is on PostgreSQL: use `{tool}` for its database, and `extra-sessions keys backup` and "
            "`keys restore` for the key store. docs/operations.md has the whole drill."
        )
    return Path(make_url(settings.database_url).database or "")


def _refuse_existing(database: Path) -> None:
    there = [path for path in (database, Path(f"{database}-wal")) if path.exists()]
    if there:
        raise click.ClickException(f"{there[0]} is there already. Move it away first: a restore overwrites nothing.")


def _refuse_newer(revision: str, file: Path) -> None:
    if revision > newest_revision():
        raise CopyUnsound(f"{file} was made by a newer version of Extra Sessions: restore it with that one.")
