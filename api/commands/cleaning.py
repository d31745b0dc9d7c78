"""Deleting what has served its time."""

import click

from api.app import what_to_keep
from api.settings import read_settings
from api.storage import run_with
from models.clock import SystemClock
from models.database import Database
from models.operations.clean_up import CleanedUp, clean_up


@click.command()
def clean() -> None:
    """Delete idempotency records, done jobs, ended sessions and, where a time is set for it, the record of who looked.

    How long each is kept, the settings say (EXTRA_SESSIONS_KEEP_...). Jobs that failed for good stay. Servers may run
    meanwhile; it may be cut off, and run again. `extra-sessions audit verify` still checks what is left.
    """
    settings = read_settings()

    async def work(database: Database) -> CleanedUp:
        return await clean_up(what_to_keep(settings), database=database, clock=SystemClock())

    gone = run_with(settings, work)
    click.echo(
        f"Deleted {gone.idempotency_records:,} idempotency records, {gone.jobs:,} done jobs, "
        f"{gone.browser_sessions:,} ended sessions and {gone.access_events:,} access events."
    )
