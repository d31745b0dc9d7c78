"""Who can sign in to the demo, and their tokens; both need the demo's own key."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import click
import orjson

from api.auth import sign_demo_token
from api.keys import open_keyring
from api.settings import Settings, SettingsError, read_settings
from api.sign_in.demo_accounts import demo_accounts
from api.storage import run_with
from models.clock import SystemClock
from models.database import Database
from models.queries.accounts import actor_named

T = TypeVar("T")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of a table.")
def users(*, as_json: bool) -> None:
    """List the demo's accounts: sign-in name, role and scope."""
    found = _in_demo(_listed)
    if as_json:
        click.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2))
        return
    width = max((len(user["name"]) for user in found), default=0)
    for user in found:
        click.echo(f"{user['name']:<{width}}  {user['role']:<18}  {user['scope']}  ({user['displayName']})")


@click.command()
@click.argument("name")
@click.option(
    "--hours", default=12, show_default=True, type=click.IntRange(1, 24 * 30), help="How long it is good for."
)
def token(name: str, hours: int) -> None:
    """Print a bearer token for the demo account NAME; `extra-sessions users` lists the names."""

    async def sign(settings: Settings, database: Database) -> str:
        async with database.snapshot() as source:
            actor = await actor_named(source, name)
        if actor is None or actor.account_id is None:
            msg = f"There is no account named {name}. `extra-sessions users` lists them."
            raise click.ClickException(msg)
        return sign_demo_token(open_keyring(settings), actor.account_id, SystemClock(), timedelta(hours=hours))

    click.echo(_in_demo(sign))


def _in_demo(work: Callable[[Settings, Database], Awaitable[T]]) -> T:
    settings = read_settings()
    if not settings.is_demo:
        msg = (
            "Only the demo signs tokens itself: set EXTRA_SESSIONS_MODE=demo. In production your sign-in service does."
        )
        raise SettingsError(msg)
    return run_with(settings, lambda database: work(settings, database))


async def _listed(_: Settings, database: Database) -> list[dict[str, str]]:
    return [
        {"name": name, "role": actor.role.value, "scope": place, "displayName": actor.name}
        for name, actor, place in await demo_accounts(database, SystemClock())
    ]
