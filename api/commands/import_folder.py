"""Loading an old system's data from a folder of CSV files."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from api.keys import open_keyring
from api.server_lock import server_lock
from api.settings import Settings, SettingsError, read_settings
from api.storage import bring_up_to_date, check_key_store
from models.clock import SystemClock
from models.database import Database
from models.importing.folder import Mode, load_folder
from models.importing.rehearsal import private_copy
from models.importing.report import Problem, Report, Tally, Watcher
from models.importing.sheets import described


def _columns_of_files() -> str:
    """Return the epilog; its mark keeps click from filling the lines of a paragraph."""
    return "\n\n".join(f"\b\n{paragraph}" for paragraph in described())


@click.command("import", epilog=_columns_of_files())
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Report all that the import would, and write nothing.")
@click.pass_context
def import_folder(context: click.Context, folder: Path, *, dry_run: bool) -> None:
    """Load the CSV files in DIR: UTF-8, with commas, and a header that names the columns in any order.

    Loading a folder again changes nothing; a changed row changes what it names. Each bad row is reported with file,
    line, column and reason and is left out whole, and so is a row that refers to it; all others are loaded. The exit
    code is 1 if anything was left out. Columns in brackets may be empty, or missing.
    """
    settings = read_settings()
    with _room(settings, dry_run=dry_run) as (url, mode):
        report = _load(settings, url, folder, mode, _Terminal())
    if report.problems:
        click.echo(f"{report.problems:,} {'problem' if report.problems == 1 else 'problems'}: see above.")
    if dry_run:
        click.echo("This was a dry run: nothing was written.")
    context.exit(0 if report.clean else 1)


def import_files(settings: Settings, folder: Path) -> Report:
    """Load a folder into a database that nobody else is using; only problems are printed."""
    return _load(settings, settings.database_url, folder, Mode.FILES, _Problems())


def _load(settings: Settings, url: str, folder: Path, mode: Mode, watcher: Watcher) -> Report:
    async def load() -> Report:
        database = Database.open(url, open_keyring(settings), settings.key_store_url)
        try:
            return await load_folder(folder, database=database, clock=SystemClock(), mode=mode, watcher=watcher)
        finally:
            await database.close()

    try:
        check_key_store(settings)
        return asyncio.run(load())
    except DBAPIError as error:
        msg = (
            f"The database stopped the import ({type(error.orig).__name__}); what was loaded before stays, and the "
            "import can be run again. Is the database migrated, reachable, and free of another import?"
        )
        raise click.ClickException(msg) from None


@contextmanager
def _room(settings: Settings, *, dry_run: bool) -> Iterator[tuple[str, Mode]]:
    """Choose how to load: an embedded database is this process's alone, or a server holds its lock and uses it too."""
    url = settings.database_url
    alone = Mode.REHEARSAL if dry_run else Mode.FILES
    with ExitStack() as held:
        if make_url(url).get_backend_name() != "sqlite":  # any number of servers may be using it
            yield url, Mode.REHEARSAL if dry_run else Mode.BATCHES
            return
        try:
            held.enter_context(server_lock(settings.data_dir))
        except SettingsError:
            yield (held.enter_context(private_copy(url)), alone) if dry_run else (url, Mode.BATCHES)
            return
        if not dry_run:
            bring_up_to_date(settings)
        yield url, alone


class _Problems:
    """Prints each problem as it is found, and nothing else."""

    def opened(self, file: str, size: int) -> None: ...

    def advanced(self, read: int) -> None: ...

    def refused(self, problem: Problem) -> None:
        click.echo(str(problem))

    def closed(self, tally: Tally) -> None: ...


class _Terminal(_Problems):
    """Prints a line for each file as well, and while one is read a bar, where somebody is looking."""

    def __init__(self) -> None:
        self._live = sys.stdout.isatty()
        self._open = ExitStack()

    def opened(self, file: str, size: int) -> None:
        if self._live:
            self._bar = self._open.enter_context(click.progressbar(length=max(1, size), label=f"{file:<18}"))

    def advanced(self, read: int) -> None:
        if self._live:
            self._bar.update(read)

    def refused(self, problem: Problem) -> None:
        click.echo(f"\r\033[K{problem}" if self._live else str(problem))

    def closed(self, tally: Tally) -> None:
        self._open.close()
        click.echo(str(tally))
