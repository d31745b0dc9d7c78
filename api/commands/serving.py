"""Starting the server and the worker, and bringing the database to the newest schema."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import click

from api.app import job_context
from api.commands.welcome import print_welcome
from api.health import Readiness
from api.keys import open_keyring
from api.logs import configure_logs
from api.lookout import lookout, lookout_app
from api.metrics import count_statements
from api.processes import serve_until_told
from api.server_lock import server_lock
from api.settings import Settings, read_settings
from api.storage import bring_up_to_date, check_mode, is_embedded, open_database, settle_what_is_open
from api.traces import open_traces
from jobs.worker import run_worker
from models.clock import SystemClock
from models.migrations.run import PREPARING, in_turn
from models.queries.accounts import has_accounts


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=None, help="Instead of EXTRA_SESSIONS_PORT or 8000.")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Processes that share the port; more than one needs PostgreSQL.",
)
def serve(port: int | None, workers: int) -> None:
    """Serve GraphQL; on the embedded database with the worker inside.

    The database is brought to the newest schema first. In demo mode an empty one gets the demo set. SIGTERM stops it:
    what is under way is finished within 20 seconds.
    """
    settings = read_settings(**({} if port is None else {"port": port}))
    configure_logs(log_format=settings.log_format, level=settings.log_level)
    if workers > 1 and is_embedded(settings):
        msg = (
            "An embedded database is served by one process alone: leave --workers out, "
            "or set EXTRA_SESSIONS_DATABASE_URL to a PostgreSQL database."
        )
        raise click.ClickException(msg)
    with _alone(settings):
        _prepare(settings)
        if settings.is_demo:
            print_welcome(settings)
        serve_until_told(settings, workers=workers)


@click.command()
@click.option("--threads", type=click.IntRange(1, 64), default=8, show_default=True, help="Jobs at the same time.")
def worker(threads: int) -> None:
    """Carry out jobs beside any number of servers and workers on PostgreSQL."""
    settings = read_settings()
    configure_logs(log_format=settings.log_format, level=settings.log_level)
    if is_embedded(settings):
        msg = "An embedded database has its worker inside `extra-sessions serve`; a separate one needs PostgreSQL."
        raise click.ClickException(msg)
    check_mode(settings)
    database = open_database(settings)
    count_statements(database)
    traces = open_traces(settings)
    traces.follow(database)
    context = job_context(settings, database, SystemClock(), traces)
    watched = lookout_app(database, context.clock, Readiness(database, context.clock, pulse=context.pulse))
    run_worker(context, threads=threads, beside=lookout(watched, settings))
    traces.close()


@click.command()
def migrate() -> None:
    """Bring the database to the newest schema; nothing happens where it is.

    On PostgreSQL a second one waits for the first, and so does a server that starts.
    """
    settings = read_settings()
    with _alone(settings), in_turn(settings.database_url, PREPARING):
        bring_up_to_date(settings)
        settle_what_is_open(settings)
    click.echo("The database has the newest schema.")


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Keep every other server from an embedded database while this one uses it."""
    with server_lock(settings.data_dir) if is_embedded(settings) else nullcontext():
        yield


def _prepare(settings: Settings) -> None:
    """Do what a start owes to the database; of several servers that start together, one after the other."""
    with in_turn(settings.database_url, PREPARING):
        open_keyring(settings)
        bring_up_to_date(settings)
        settle_what_is_open(settings)
        if settings.is_demo:
            _import_demo_set(settings)


def _import_demo_set(settings: Settings) -> None:
    if asyncio.run(_has_accounts(settings)):
        return
    # Only a first start needs these, and a second one shall not wait for them.
    from api.commands.import_folder import import_files  # noqa: PLC0415
    from models.demo_set import write_demo_set  # noqa: PLC0415

    click.echo("The database is empty: making the demo set for this week ...")
    with TemporaryDirectory() as folder:
        write_demo_set(Path(folder), today=_demo_day())
        import_files(settings, Path(folder))


def _demo_day() -> date:
    """Return today where the demo's consultant is."""
    return SystemClock().now().astimezone(ZoneInfo("Australia/Melbourne")).date()


async def _has_accounts(settings: Settings) -> bool:
    database = open_database(settings)
    try:
        async with database.snapshot() as source:
            return await has_accounts(source)
    finally:
        await database.close()
