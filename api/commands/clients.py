"""What is held about one client: exported at their word, or erased, at it or when the time to keep it is over."""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import orjson

from api.settings import read_settings
from api.storage import run_with
from models.access_log import AccessUnrecorded
from models.actor import OPERATOR
from models.clock import SystemClock
from models.database import Database
from models.erasure_ledger import ErasureLedger
from models.operations.erase_client import EraseClient, erase_client
from models.operations.key_backups import KnownBackup, known_backups
from models.queries.client_file import read_client_file
from models.queries.erasure import Held, client_known_as, client_of_case, what_is_held
from models.queries.reading import reading_as
from models.sealing import SealBroken


@click.group()
def clients() -> None:
    """Export or erase what is held about a client."""


def _named(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the two ways to say which client it is about."""
    command = click.option("--external-id", metavar="ID", help="What the old system calls the client.")(command)
    return click.option("--case", "number", metavar="ASST-123456", help="Any one of the client's cases.")(command)


@clients.command()
@_named
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export(number: str | None, external_id: str | None, file: Path) -> None:
    """Write all that is held about a client to a new FILE, as JSON that its owner alone may read.

    Who they are, their cases, appointments and requests with what was written of them, grants, which mails were owed
    and when they went, and who looked. It names others too: read it before it is handed over. That it was made goes on
    record for each case, as any other look does, before the file is written.
    """
    _refuse_unclear(number, external_id)
    if file.exists():
        raise click.ClickException(f"{file} is there already, and an export overwrites nothing. Name a new file.")

    async def work(database: Database) -> dict[str, Any]:
        client_id, _ = await _look(database, number, external_id)
        async with reading_as(OPERATOR, database=database, at=SystemClock().now()) as reading:
            return await read_client_file(reading, client_id)

    try:
        found = run_with(read_settings(), work)
        _write(file, orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    except AccessUnrecorded:
        raise click.ClickException("That this was read can't be put on record, so nothing was written.") from None
    except SealBroken:
        msg = "Something of it does not open, so nothing was written: `extra-sessions keys check` says more."
        raise click.ClickException(msg) from None
    except OSError as error:
        raise click.ClickException(f"{file} can't be written: {error.strerror}.") from None
    click.echo(f"{file} has {_count(len(found['cases']), 'case')}. Destroy it once it was handed over.")


@clients.command()
@_named
@click.option("--yes", is_flag=True, help="Do not ask for a confirmation.")
def erase(number: str | None, external_id: str | None, *, yes: bool) -> None:
    """Destroy a client's key: who they were and what was written of them can't be read again, in any backup.

    Their open cases close, and open requests are cancelled. What happened, and when, stays on record by random ids, and
    its chain still verifies. An import leaves the client out from then on.
    """
    _refuse_unclear(number, external_id)
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


def _refuse_unclear(number: str | None, external_id: str | None) -> None:
    if (number is None) == (external_id is None):
        raise click.UsageError("Say who: give --case or --external-id, one of them.")


def _write(file: Path, content: bytes) -> None:
    """Write a new file, readable by its owner alone; where it can't be written whole, none is left."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as target:
            target.write(content)
    except OSError:
        file.unlink(missing_ok=True)
        raise


async def _look(database: Database, number: str | None, external_id: str | None) -> tuple[str, Held]:
    async with database.snapshot() as source:
        if number is not None:
            client_id = await client_of_case(source, number)
        else:
            client_id = await client_known_as(source, external_id or "", vault=database.vault)
        if client_id is None:
            raise click.ClickException("There is no such client here. Nothing was done.")
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
