"""Everybody who can sign in to a demo, with the place that they belong to: only made-up people are listed like this."""

from typing import NamedTuple

from models.actor import Actor
from models.clock import Clock
from models.database import Database
from models.queries.accounts import sign_in_names
from models.queries.people import load_organisations, load_practices
from models.queries.reading import Reading
from models.views.want import asking


class DemoAccount(NamedTuple):
    sign_in_name: str
    actor: Actor
    place: str
    """The organisation or practice that it sees, or the whole provider."""


async def demo_accounts(database: Database, clock: Clock) -> list[DemoAccount]:
    """Return every enabled account, by role and sign-in name."""
    async with database.snapshot() as source:
        found = await sign_in_names(source)
        reading = Reading(source, database.vault, database.keys, found[0][1], clock.now()) if found else None
        if reading is None:
            return []
        organisations = await load_organisations(
            reading, {actor.organisation_id for _, actor in found if actor.organisation_id}, asking("name")
        )
        practices = await load_practices(
            reading, {actor.practice_id for _, actor in found if actor.practice_id}, asking("name")
        )
    names = {**{key: view.name for key, view in organisations.items()}, **{k: v.name for k, v in practices.items()}}
    return [DemoAccount(name, actor, _place(actor, names)) for name, actor in found]


def _place(actor: Actor, names: dict[str, str]) -> str:
    return names.get(actor.organisation_id or actor.practice_id or "", "the whole provider")
