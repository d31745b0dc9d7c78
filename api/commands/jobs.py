"""The queue as the operator sees it: what waits, what is dead and why, and another try or the end for it."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import click

from api.settings import read_settings
from api.storage import run_with
from models.clock import SystemClock
from models.database import Database
from models.operations.drop_job import NotDropped, drop_job
from models.operations.retry_jobs import NotDead, retry_job, retry_jobs_of
from models.queries.jobs import JobCount, ListedJob, ShownJob, Which, count_jobs, job_of, list_jobs
from models.tables.job import JobState

_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_OPEN = tuple(state for state in JobState if state is not JobState.DONE)


class Age(click.ParamType[timedelta]):
    """A length of time: 30m, 12h or 7d."""

    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        found = re.fullmatch(r"([0-9]{1,5})([mhd])", str(value))
        if found is None:
            self.fail("write minutes, hours or days, such as 30m, 12h or 7d.", param, ctx)
        return int(found[1]) * _UNITS[found[2]]


@click.group()
def jobs() -> None:
    """See what waits and what is dead, and try it again or drop it.

    A job holds ids only, and of a failure only its type: the log of that moment says more.
    """


@jobs.command(name="list")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in JobState], case_sensitive=False),
    help="Only these; may be given again. Without it, all but DONE are listed, and those are only counted.",
)
@click.option("--actor", metavar="NAME", help="Only jobs of this actor.")
@click.option("--older-than", type=Age(), metavar="AGE", help="Only jobs made at least so long ago: 30m, 12h, 7d.")
@click.option("--limit", type=click.IntRange(0, 1000), default=20, show_default=True, help="How many to list.")
@click.option("--after", metavar="JOB", help="Go on behind this job, the last of the page before.")
def list_(
    states: tuple[str, ...], actor: str | None, older_than: timedelta | None, limit: int, after: str | None
) -> None:
    """Count jobs by state and actor, and list them, the oldest of each first."""
    now = SystemClock().now()
    chosen = [JobState(state) for state in states]
    made_by = None if older_than is None else now - older_than
    counted = Which(chosen or tuple(JobState), actor, made_by)
    listed = Which(chosen or _OPEN, actor, made_by)

    async def look(database: Database) -> tuple[list[JobCount], list[ListedJob]]:
        async with database.snapshot() as source:
            place = None if after is None else _there(await job_of(source, after), after)
            counts = await count_jobs(source, counted)
            return counts, await list_jobs(source, listed, after=place, limit=limit + 1)

    counts, found = run_with(read_settings(), look)
    if not counts:
        click.echo("There are no such jobs.")
    for count in counts:
        click.echo(f"{count.state.value:<7}  {count.actor:<28}  {count.jobs:>9,}  oldest made {_moment(count.oldest)}")
    _print_page(found[:limit], more=len(found) > limit)


@jobs.command()
@click.argument("job_id", metavar="JOB")
def show(job_id: str) -> None:
    """Show one job: what it is to do, to what, when it runs, and how it failed so far."""
    job = run_with(read_settings(), lambda database: _find(database, job_id))
    facts: dict[str, object] = {
        "job": job.id,
        "state": job.state.value,
        "actor": job.actor,
        **job.args,
        "queue": job.queue,
        "priority": job.priority,
        "attempts": f"{job.attempts} of {job.max_attempts}",
        "made": _moment(job.created_at),
        "due": _moment(job.run_at),
        "lease until": job.lease_until and _moment(job.lease_until),
        "ended": job.finished_at and _moment(job.finished_at),
        "last failure": job.last_error,
    }
    for name, value in facts.items():
        if value is not None:
            click.echo(f"{name + ':':<14}{value}")
    for failure, times in sorted((job.failures or {}).items()):
        click.echo(f"failed by {failure}: {times:,} {'time' if times == 1 else 'times'}")


@jobs.command()
@click.argument("job_id", metavar="[JOB]", required=False)
@click.option("--actor", metavar="NAME", help="All dead jobs of this actor, instead of one.")
def retry(job_id: str | None, actor: str | None) -> None:
    """Have a dead JOB tried again at once, with all its attempts; or all dead jobs of an actor."""
    if (job_id is None) == (actor is None):
        raise click.UsageError("Say which: give one JOB, or --actor for all dead jobs of an actor.")

    async def again(database: Database) -> str:
        if actor is not None:
            done = await retry_jobs_of(actor, database=database, clock=SystemClock())
            return f"{done:,} dead {'job' if done == 1 else 'jobs'} of {actor} will be tried again."
        await retry_job(str(job_id), database=database, clock=SystemClock())
        return f"Job {job_id} will be tried again."

    try:
        click.echo(run_with(read_settings(), again))
    except NotDead as error:
        raise click.ClickException(str(error)) from None


@jobs.command()
@click.argument("job_id", metavar="JOB")
@click.option("--yes", is_flag=True, help="Do not ask for a confirmation.")
def drop(job_id: str, *, yes: bool) -> None:
    """Delete a JOB that does not run. Unless it is DONE, what it was to do will not be done."""
    settings = read_settings()
    job = run_with(settings, lambda database: _find(database, job_id))
    click.echo(f"Job {job.id} is {job.state.value}: {job.actor} {_arguments(job)}".rstrip())
    if not yes:
        click.confirm("Drop it? Unless it is done, nobody will do its work", abort=True)
    try:
        run_with(settings, lambda database: drop_job(job_id, database=database))
    except NotDropped as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"Job {job.id} is dropped.")


async def _find(database: Database, job_id: str) -> ShownJob:
    async with database.snapshot() as source:
        return _there(await job_of(source, job_id), job_id)


def _there(job: ShownJob | None, job_id: str) -> ShownJob:
    if job is None:
        raise click.ClickException(f"There is no job {job_id}. `extra-sessions jobs list` lists them.")
    return job


def _print_page(page: Sequence[ListedJob], *, more: bool) -> None:
    for job in page:
        tried = f"{job.attempts}/{job.max_attempts}"
        facts = (job.id, f"{job.state.value:<7}", f"{job.actor:<28}", f"due {_moment(job.run_at)}", tried)
        click.echo("  ".join((*facts, job.last_error or "")).rstrip())
    if more and page:
        click.echo(f"There are more: add --after {page[-1].id}")


def _arguments(job: ShownJob) -> str:
    return " ".join(f"{name}={value}" for name, value in sorted(job.args.items()))


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
