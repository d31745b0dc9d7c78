"""Who may sign in: people by the sign-in provider, machines by a token of their own."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

import click

from api.commands.by_hand import in_words
from api.settings import read_settings
from api.storage import run_with
from models.clock import SystemClock
from models.database import Database
from models.importing.accounts import SHEET
from models.importing.by_hand import RowRefused, add_by_hand
from models.operations.disable_account import DisableAccount, disable_account
from models.operations.locking_account import AccountUnfit
from models.operations.rotate_token import RotateToken, rotate_token
from models.operations.sign_out_account import SignOutAccount, sign_out_account
from models.queries.account_list import ListedAccount, list_accounts
from models.rules.vocabulary import Role

_ROLES = tuple(role.value for role in Role if role is not Role.SYSTEM)
T = TypeVar("T")


@click.group()
def account() -> None:
    """Add, list and disable accounts, and give machines their tokens."""


@account.command()
@click.argument("sign_in_name", metavar="NAME")
@click.option("--role", required=True, type=click.Choice(_ROLES))
@click.option("--name", required=True, help="As it is shown.")
@click.option("--email", required=True, help="Where their mail goes; of a machine, whoever looks after it.")
@click.option("--organisation", metavar="ID", help="External id. ORG_REVIEWER: needed; INTEGRATOR: may have.")
@click.option("--practice", metavar="ID", help="External id. PRACTICE_MANAGER: needed; INTEGRATOR: may have.")
@click.option("--consultant", metavar="ID", help="External id. CONSULTANT: needed.")
@click.option("--time-zone", metavar="ZONE", help="Such as Australia/Melbourne; the one of their scope if left out.")
@click.option("--phone", help="Kept as a keyed hash alone, to match them with a client.")
@click.option("--employee-number", metavar="NUMBER", help="The same; ORG_REVIEWER and an organisation's INTEGRATOR.")
def add(sign_in_name: str, **typed: str | None) -> None:
    """Add the account NAME: what the sign-in provider's tokens call this person, or a machine's name.

    Each role has exactly the scope that it needs; any other is refused. An account that is there is not changed.
    """
    cells = {"external_id": sign_in_name, **{name: text for name, text in typed.items() if text}}

    async def work(database: Database) -> None:
        await add_by_hand(SHEET, cells, database=database, clock=SystemClock())

    try:
        run_with(read_settings(), work)
    except RowRefused as refused:
        raise in_words(refused, external_id="NAME") from None
    click.echo(f"{sign_in_name} is added as {typed['role']}.")
    if typed["role"] == Role.INTEGRATOR.value:
        click.echo(f"Give it a token: extra-sessions account rotate-token {sign_in_name}")


@account.command("list")
def list_them() -> None:
    """List the accounts: name, role, scope, since when disabled, and since when there is a token."""

    async def work(database: Database) -> list[ListedAccount]:
        async with database.snapshot() as source:
            return await list_accounts(source)

    found = run_with(read_settings(), work)
    width = max((len(each.sign_in_name) for each in found), default=0)
    for each in found:
        scope = each.scope or "the whole provider"
        click.echo("  ".join([f"{each.sign_in_name:<{width}}", f"{each.role.value:<18}", scope, *_notes(each)]))


@account.command()
@click.argument("sign_in_name", metavar="NAME")
def disable(sign_in_name: str) -> None:
    """Refuse the account NAME from the next request on, also where a server is running; its token is gone.

    What it has done stays on record.
    """

    async def work(database: Database) -> datetime:
        return await disable_account(DisableAccount(sign_in_name=sign_in_name), database=database, clock=SystemClock())

    since = _run(work)
    click.echo(f"{sign_in_name} is disabled since {since:%Y-%m-%d %H:%M} UTC.")


@account.command("sign-out")
@click.argument("sign_in_name", metavar="NAME")
def sign_out(sign_in_name: str) -> None:
    """Sign the account NAME out everywhere: its browsers' sessions end, and tokens issued before now are refused.

    Open connections end within five seconds. Whoever can still sign in with the provider can come back: `disable` an
    account that must not.
    """

    async def work(database: Database) -> datetime:
        return await sign_out_account(SignOutAccount(sign_in_name=sign_in_name), database=database, clock=SystemClock())

    since = _run(work)
    click.echo(f"{sign_in_name} is signed out everywhere since {since:%Y-%m-%d %H:%M:%S} UTC.")


@account.command("rotate-token")
@click.argument("sign_in_name", metavar="NAME")
@click.option("--days", type=click.IntRange(1, 3650), help="When it ends; without this, when the next one is made.")
def rotate(sign_in_name: str, days: int | None) -> None:
    """Print a new bearer token for the INTEGRATOR account NAME, once: it is not kept. The old one ends at once."""
    command = RotateToken(sign_in_name=sign_in_name, lifetime=None if days is None else timedelta(days=days))

    async def work(database: Database) -> str:
        return await rotate_token(command, database=database, clock=SystemClock())

    click.echo(_run(work))
    click.echo("This is shown once, and kept nowhere here. An earlier token is refused from now on.", err=True)


def _run(work: Callable[[Database], Awaitable[T]]) -> T:
    try:
        return run_with(read_settings(), work)
    except AccountUnfit as unfit:
        raise click.ClickException(str(unfit)) from None


def _notes(each: ListedAccount) -> list[str]:
    notes = []
    if each.disabled_at:
        notes.append(f"disabled since {_day(each.disabled_at)}")
    if each.token_made_at:
        until = f" until {_day(each.token_expires_at)}" if each.token_expires_at else ""
        notes.append(f"token of {_day(each.token_made_at)}{until}")
    return notes


def _day(moment: datetime) -> str:
    return moment.date().isoformat()
