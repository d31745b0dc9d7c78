"""Chooses how browsers sign in: a demo by its own page, production by the provider where it is set up."""

from functools import partial

from api.credentials import OwnPages
from api.settings import Settings
from api.sign_in.attempts import Attempts
from api.sign_in.client import client_of
from api.sign_in.demo_accounts import demo_accounts
from api.sign_in.demo_pages import DemoPages
from api.sign_in.openid import SignInProvider
from api.sign_in.pages import BeginSession, Door, NoPages, Pages, ProviderPages
from api.sign_in.public_keys import Keys
from models.actor import Actor
from models.clock import Clock
from models.database import Database
from models.queries.accounts import actor_named, actor_of


def open_pages(settings: Settings, database: Database, clock: Clock, keys: Keys, begin_session: BeginSession) -> Pages:
    """Make them; ``keys`` are those that bearer tokens are verified by. Raises SettingsError for half a set-up."""
    own = OwnPages(settings.public_url)
    door = Door(partial(_find, settings, database), begin_session, Attempts(clock))
    if settings.is_demo:
        return DemoPages(partial(demo_accounts, database, clock), door, own)
    client = client_of(settings)
    if client is None:
        return NoPages()
    provider = SignInProvider(client, keys, database.vault, clock)
    return ProviderPages(provider, door, own)


async def _find(settings: Settings, database: Database, name: str) -> Actor | None:
    find = actor_of if settings.is_demo else actor_named
    async with database.glance() as source:
        return await find(source, name)
