"""Erasing a client, at their word or when the time to keep their data is over."""

from datetime import datetime

import click

from api.settings import read_settings
from api.storage import run_with
from models.clock import SystemClock
from models.database import Database
from models.erasure_ledger import ErasureLedger
from models.operations.erase_client import EraseClient, erase_client
from models.operations.key_backups import KnownBackup, known_backups
from models.queries.erasure import Held, client_known_as, client_of_case, what_is_held


@click.group()
def clients() -> None:
    """Erase what is held about a client."""


@clients.command()
@click.option("--case", "number", metavar="ASST-123456", help="Any one of the client's cases.")
@click.option("--external-id", metavar="ID", help="What the old system calls the client.")
@click.option("--yes", is_flag=True, help="Do not ask for a confirmation.")
def erase(number: str | None, external_id: str | None, *, yes: bool) -> None:
    """Destroy a client's key: who they were and what was written of them can't be read again, in any backup.

    Their open cases close, and open requests are cancelled. What happened, and when, stays on record by random ids, and
    its chain still verifies. An import leaves the client out from then on.
    """
    if (number is None) == (external_id is None):
        raise click.UsageError("Say who: give --case or --external-id, one of them.")
    settings = read_settings()
    client_id, held = run_with(settings, lambda database: _look(database, number, external_id))
    if held.erased_at is not None:
        click.echo(f"This client was erased on {_day(held.erased_at)}; whatever that had left undone is done now.")
    else:
        click.echo(
            f"This client has {_count(held.cases, 'case')}, {held.open_cases} open, and "
            f"{_count(held.requests, 'request')}, {held.open_requests} open."
        )
        if not yes:
            click.confirm("Erase the client? This can't be undone", abort=True)
    ledger = ErasureLedger(settings.ledger)
    backups = run_with(settings, lambda database: _erase(database, client_id, ledger))
    click.echo(f"The client is erased. Keep {settings.ledger} with your backups: it has the erasure done again.")
    click.echo(_told(backups))


async def _look(database: Database, number: str | None, external_id: str | None) -> tuple[str, Held]:
    async with database.snapshot() as source:
        if number is not None:
            client_id = await client_of_case(source, number)
        else:
            client_id = await client_known_as(source, external_id or "", vault=database.vault)
        if client_id is None:
            raise click.ClickException("There is no such client here. Nothing was erased.")
        return client_id, await what_is_held(source, client_id)


async def _erase(database: Database, client_id: str, ledger: ErasureLedger) -> list[KnownBackup]:
    clock = SystemClock()
    await erase_client(EraseClient(client_id=client_id), database=database, clock=clock, ledger=ledger)
    return await known_backups(database.keys, at=clock.now())


def _told(backups: list[KnownBackup]) -> str:
    if not backups:
        return "No key backup is on record that could undo it. Copies of the key store made by other means could."
    last = backups[0]
    return (
        f"{_count(len(backups), 'key backup')} could still undo it. The last one, made on {_day(last.made_at)}, "
        f"expires on {_day(last.expires_at)}: once every copy is destroyed, nobody can."
    )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _day(moment: datetime) -> str:
    return moment.date().isoformat()
