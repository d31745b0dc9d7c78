"""Starting the server and the worker, and bringing the database to the newest schema."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import click
import uvicorn

from api.app import create_app, job_context
from api.commands.welcome import print_welcome
from api.health import Readiness
from api.keys import open_keyring
from api.logs import configure_logs
from api.lookout import lookout, lookout_app
from api.metrics import count_statements
from api.server_lock import server_lock
from api.settings import Settings, read_settings
from api.storage import bring_up_to_date, is_embedded, open_database, settle_what_is_open
from api.traces import open_traces
from jobs.worker import run_worker
from models.clock import SystemClock
from models.queries.accounts import has_accounts


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=None, help="Instead of EXTRA_SESSIONS_PORT or 8000.")
def serve(port: int | None) -> None:
    """Serve GraphQL; on the embedded database with the worker inside.

    The database is brought to the newest schema first. In demo mode an empty one gets the demo set.
    """
    settings = read_settings(**({} if port is None else {"port": port}))
    configure_logs(log_format=settings.log_format, level=settings.log_level)
    with _alone(settings):
        open_keyring(settings)
        bring_up_to_date(settings)
        settle_what_is_open(settings)
        if settings.is_demo:
            _import_demo_set(settings)
            print_welcome(settings)
        uvicorn.run(
            create_app(settings),
            host=settings.host,
            port=settings.port,
            loop="uvloop",
            http="httptools",
            ws="none",
            access_log=False,
            proxy_headers=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=20,
        )


@click.command()
@click.option("--threads", type=click.IntRange(1, 64), default=8, show_default=True, help="Jobs at the same time.")
def worker(threads: int) -> None:
    """Carry out jobs beside any number of servers and workers on PostgreSQL."""
    settings = read_settings()
    configure_logs(log_format=settings.log_format, level=settings.log_level)
    if is_embedded(settings):
        msg = "An embedded database has its worker inside `extra-sessions serve`; a separate one needs PostgreSQL."
        raise click.ClickException(msg)
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
    """Bring the database to the newest schema; nothing happens where it is."""
    settings = read_settings()
    with _alone(settings):
        bring_up_to_date(settings)
        settle_what_is_open(settings)
    click.echo("The database has the newest schema.")


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Keep every other server from an embedded database while this one uses it."""
    with server_lock(settings.data_dir) if is_embedded(settings) else nullcontext():
        yield


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
