"""Deadlines, after a calendar has changed."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from api.settings import read_settings
from api.storage import run_with
from models.clock import SystemClock
from models.database import Database
from models.operations.recompute_deadlines import Moved, RecomputeDeadlines, recompute_deadlines


@click.group()
def deadlines() -> None:
    """Recompute what is due, after a calendar has changed."""


@deadlines.command()
@click.option("--dry-run", is_flag=True, help="List what would move, and change nothing.")
def recompute(*, dry_run: bool) -> None:
    """Count every running deadline anew, by the present calendar of its organisation.

    Run it after dates were added to or removed from an agreement, and after an update that brings other holidays: until
    then every due date stays where it is. All else of a request's terms stays as submitted. What would be over already
    by the new calendar stays too. May be cut off, and run again; servers may run meanwhile.
    """

    async def work(database: Database) -> list[Moved]:
        command = RecomputeDeadlines(apply=not dry_run)
        with _progress() as advanced:
            return await recompute_deadlines(command, database=database, clock=SystemClock(), advanced=advanced)

    moved = run_with(read_settings(), work)
    for each in moved:
        click.echo(_told(each))
    click.echo(
        f"{len(moved):,} {'deadline' if len(moved) == 1 else 'deadlines'} {'would move' if dry_run else 'moved'}."
    )


def _told(move: Moved) -> str:
    was, due = (_local(moment, move.time_zone) for moment in (move.was, move.due_at))
    return f"{move.reference}  {move.kind.value:<15}  {was}  ->  {due}  {move.time_zone}"


def _local(moment: datetime, time_zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(time_zone)):%Y-%m-%d %H:%M}"


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Draw a bar where somebody is looking."""
    if not sys.stderr.isatty():
        yield lambda done, of: None  # noqa: ARG005 - there is nobody to tell
        return
    with click.progressbar(length=1, label="requests", file=sys.stderr) as bar:

        def advanced(done: int, of: int) -> None:
            bar.length = of
            bar.update(done - bar.pos)

        yield advanced
