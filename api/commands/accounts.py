"""Who can sign in to the demo, and their tokens; both need the demo's own key."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import click
import orjson

from api.auth import sign_demo_token
from api.keys import open_keyring
from api.settings import Settings, SettingsError, read_settings
from api.storage import run_with
from models.actor import Actor
from models.clock import SystemClock
from models.database import Database
from models.queries.accounts import actor_named, sign_in_names
from models.queries.people import load_organisations, load_practices
from models.queries.reading import Reading
from models.views.want import asking

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
    async with database.snapshot() as source:
        found = await sign_in_names(source)
        reading = Reading(source, database.vault, database.keys, found[0][1], SystemClock().now()) if found else None
        if reading is None:
            return []
        organisations = await load_organisations(
            reading, {actor.organisation_id for _, actor in found if actor.organisation_id}, asking("name")
        )
        practices = await load_practices(
            reading, {actor.practice_id for _, actor in found if actor.practice_id}, asking("name")
        )
    names = {**{key: view.name for key, view in organisations.items()}, **{k: v.name for k, v in practices.items()}}
    return [
        {"name": name, "role": actor.role.value, "scope": _scope(actor, names), "displayName": actor.name}
        for name, actor in found
    ]


def _scope(actor: Actor, names: dict[str, str]) -> str:
    return names.get(actor.organisation_id or actor.practice_id or "", "the whole provider")
