"""The figures that the field publishes, for a file."""

from datetime import datetime

import click

from api.settings import read_settings
from api.storage import run_with
from models.actor import SYSTEM
from models.clock import SystemClock
from models.database import Database
from models.queries.reading import reading_as
from models.queries.request_statistics import read_request_statistics
from models.rules.refusals import Refusal
from models.rules.statistics import Period, PeriodLength

_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command()
@click.option("--from", "first", type=_DAY, required=True, help="The first day, each organisation's own.")
@click.option("--to", "last", type=_DAY, required=True, help="The last day, included.")
@click.option(
    "--by",
    "length",
    type=click.Choice([each.value.lower() for each in PeriodLength], case_sensitive=False),
    default=PeriodLength.MONTH.value.lower(),
    show_default=True,
    help="By what they are taken together.",
)
@click.option("--organisation", "organisation_id", metavar="ID", help="This organisation alone, by its id here.")
def statistics(first: datetime, last: datetime, length: str, organisation_id: str | None) -> None:
    """Print approvals, declines, days to decision and lateness by organisation and period, as CSV.

    Send it to a file: extra-sessions statistics --from 2026-07-01 --to 2026-09-30 > quarter.csv. It names organisations
    and counts, no request and nobody.
    """
    within = Period(first.date(), last.date())
    csv = run_with(
        read_settings(), lambda database: _read(database, within, PeriodLength(length.upper()), organisation_id)
    )
    click.echo(csv.encode(), nl=False)  # as bytes: its line ends are its own on every system


async def _read(database: Database, within: Period, length: PeriodLength, organisation_id: str | None) -> str:
    try:
        async with reading_as(SYSTEM, database=database, at=SystemClock().now()) as reading:
            found = await read_request_statistics(
                reading, within=within, length=length, organisation_id=organisation_id
            )
    except Refusal as refusal:
        raise click.UsageError(refusal.message) from None
    return found.csv
