"""Measures what sealing and the record of who looked cost a calendar of 50 appointments, and readers all at once.

Run it with ``python -m bench.price_of_confidentiality [--rounds N]``. It works in a temporary folder, which it removes,
and brings up a PostgreSQL of its own beside SQLite; that one does not wait for its disk.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from httpx2 import ASGITransport, AsyncClient
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from api.auth import Authenticator, sign_demo_token, trusted_issuer
from api.credentials import OwnPages
from api.demo.documents import read_operation
from api.front import graphql_extensions
from api.graphql import GraphQLEndpoint
from api.logs import configure_logs
from api.perimeter import Perimeter
from api.reception import Reception
from api.settings import Settings
from api.signed_tokens import TokenVerifier
from models.access_log import Access, AccessLog
from models.actor import Actor
from models.database import Database
from models.feed import Feed
from models.key_store import Keys, KeyStore, key_store_beside
from models.keyring import Keyring
from models.migrations.run import upgrade
from models.queries.accounts import actor_of
from models.queries.cases import case_by_id
from models.queries.reading import Reading, reading_as
from models.rules.vocabulary import RequestStatus
from models.sealing import OpenKey, Place, Vault
from models.views.want import asking
from schema.build import build_schema
from schema.context import Context
from tests import engines
from tests.builders import World, a_world
from tests.clock import FixedClock
from tests.rows import building

APPOINTMENTS = 50
DAY = "2026-11-24"
READERS = 200
AT_ONCE = 32
NAME = asking("id", client=asking("display_name"))

_CASE = """case { id number status client { ...ClientCard } organisation { id name } practice { id name suburb }
sessions { entitled granted used scheduled remaining } availableActions { action enabled reason }
bookingHold { active bookableSessions reason enquiryAllowedAfter } openRequest { ...RequestSummary } }"""
CALENDAR = f"""query Calendar($day: Date!) {{ calendar(from: $day, to: $day, first: {APPOINTMENTS}) {{
nodes {{ id startsAt endsAt status client {{ ...ClientCard }} consultant {{ id name }} {_CASE} }}
pageInfo {{ hasNextPage endCursor }} }} }}
""" + read_operation("parent-case").partition("\n}\n")[2]
"""My Calendar with all that the page of a parent case asks for beside it, for every appointment at once."""


ANY_KEY = OpenKey(1, AESGCM(AESGCM.generate_key(256)))


class PlainVault(Vault):
    """Seals nothing: documents stand in the tables as JSON."""

    def seal(self, key: OpenKey, place: Place, document: dict[str, Any]) -> bytes:
        del key, place
        return orjson.dumps(document)

    def unseal(self, key: OpenKey, place: Place, sealed: bytes) -> dict[str, Any]:
        del key, place
        document: dict[str, Any] = orjson.loads(sealed)
        return document


class NoKeys(KeyStore):
    """Looks no key up."""

    def new_key(self, session: AsyncSession, client_id: str) -> OpenKey:
        del session, client_id
        return ANY_KEY

    async def opened(self, client_ids: Iterable[str], session: AsyncSession | None = None) -> Keys:
        del session
        return Keys({client_id: {ANY_KEY.version: ANY_KEY} for client_id in client_ids})


class NoRecord(AccessLog):
    """Records nothing."""

    async def record(self, accesses: AbstractSet[Access]) -> None:
        del accesses


class OneByOne(AccessLog):
    """Gives each reader a transaction of its own."""

    async def record(self, accesses: AbstractSet[Access]) -> None:
        async with self._writer.begin() as connection:
            await self.append(connection, accesses)
        self.remember(accesses)


@dataclass(frozen=True, slots=True)
class Variant:
    """One database with one consultant's full day on it, behind the real edge."""

    world: World
    keyring: Keyring
    client: AsyncClient

    async def calendar(self) -> float:
        """Return how many milliseconds the day's calendar takes."""
        body = {"query": CALENDAR, "variables": {"day": DAY}}
        began = time.perf_counter()
        response = await self.client.post("/graphql", json=body)
        taken = time.perf_counter() - began
        nodes = response.json()["data"]["calendar"]["nodes"]
        assert len(nodes) == APPOINTMENTS
        assert nodes[0]["case"]["client"]["displayName"].startswith("Client")
        return taken * 1000

    async def cold(self) -> float:
        """Return the same for the first look of an hour, by a process that has opened no client's key yet."""
        self.world.clock.advance(timedelta(hours=1))
        self.world.database.keys.forget()
        return await self.calendar()

    async def bare(self) -> float:
        """Return the same for reads that do not even note what they open."""
        with patch.object(Reading, "note", lambda *_: None):
            return await self.calendar()


@asynccontextmanager
async def variant(url: str, keyring: Keyring, *, plain: bool) -> AsyncIterator[Variant]:
    upgrade(url)
    database, clock = Database.open(url, keyring), FixedClock()
    if plain:
        database.vault = vault = PlainVault(keyring)
        database.keys = NoKeys(key_store_beside(url), vault)
    world = await a_world(database, clock)
    await _fill(world)
    settings = Settings(mode="demo")

    async def find_actor(account_id: str, _issued_at: datetime | None) -> Actor | None:
        async with database.snapshot() as source:
            return await actor_of(source, account_id)

    authenticator = Authenticator(TokenVerifier(trusted_issuer(settings, keyring), clock), find_actor)
    endpoint = GraphQLEndpoint(
        build_schema(extensions=graphql_extensions(settings)),
        authenticate=Reception(authenticator.admit, OwnPages(settings.public_url)).actor_of,
        open_context=partial(Context, database=database, clock=clock, feed=Feed(database, clock)),
        max_body_bytes=settings.max_body_bytes,
    )
    app = Starlette(routes=[Route("/graphql", endpoint)], middleware=[Middleware(Perimeter, https=False)])
    token = sign_demo_token(keyring, str(world.consultant.account_id), clock, timedelta(days=365))
    headers = {"authorization": f"Bearer {token}"}
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://bench.test", headers=headers) as client:
        yield Variant(world, keyring, client)
    await database.close()


async def _fill(world: World) -> None:
    """Put 50 appointments on the day, each of a client of its own; one case in five has an open request."""
    async with building(world.database, world.clock) as build:
        for number in range(APPOINTMENTS):
            case = await build.case(await build.client(), world.organisation_id, world.practice_id)
            starts_at = world.clock.now() + timedelta(days=1, minutes=number)
            await build.appointment(case.id, world.consultant, starts_at=starts_at)
            if number % 5 == 0:
                await build.request(case, world.consultant, status=RequestStatus.ORGANISATION_REVIEW)


async def price(name: str, new_url: Callable[[], str], keyring: Keyring, rounds: int) -> None:
    """Print the medians of the three, taken in turn: warm, cold, and without sealing and record."""
    async with (
        variant(new_url(), keyring, plain=False) as warm,
        variant(new_url(), keyring, plain=False) as cold,
        variant(new_url(), keyring, plain=True) as bare,
    ):
        bare.world.database.access_log = NoRecord(_no_engine())
        taken: list[tuple[float, float, float]] = [
            (await warm.calendar(), await cold.cold(), await bare.bare()) for _ in range(rounds + 5)
        ]
        a, b, c = (median(column) for column in zip(*taken[5:], strict=True))
        ratios = sorted(row[0] / row[2] for row in taken[5:])
        quarter = len(ratios) // 4
        print(f"{name:<11} (a) sealed, recorded, warm      {a:7.1f} ms   {a / c:5.2f} of (c)", flush=True)
        print(f"{'':<11}     the middle half of the pairs         {ratios[quarter]:.2f} to {ratios[-quarter - 1]:.2f}")
        print(f"{'':<11} (b) the same, cold             {b:7.1f} ms   {b / c:5.2f} of (c)")
        print(f"{'':<11} (c) neither sealed nor recorded{c:7.1f} ms", flush=True)
        await readers(warm.world)


async def readers(world: World) -> None:
    """Print how many first looks of an hour are answered in a second, 32 readers at once."""
    async with building(world.database, world.clock) as build:
        people = [await build.consultant(world.practice_id) for _ in range(READERS)]
        for person in people:
            await build.appointment(world.case.id, person)
    group = world.database.access_log
    engine = group._writer  # noqa: SLF001 - the variants write where the product writes
    logs = {"no record": NoRecord(engine), "groups": group, "a transaction each": OneByOne(engine)}
    seconds: dict[str, list[float]] = {each: [] for each in logs}
    for _ in range(3):
        for each, log in logs.items():
            world.clock.advance(timedelta(hours=1))
            world.database.access_log = log
            seconds[each].append(await _all_at_once(world, people))
    told = ", ".join(f"{each} {READERS / median(taken):,.0f}" for each, taken in seconds.items())
    print(f"{'':<11} first looks a second, {AT_ONCE} at once: {told}", flush=True)


async def _all_at_once(world: World, people: list[Actor]) -> float:
    turns = asyncio.Semaphore(AT_ONCE)

    async def look(by: Actor) -> None:
        async with turns, reading_as(by, database=world.database, at=world.clock.now()) as reading:
            assert await case_by_id(reading, world.case.id, NAME) is not None

    began = time.perf_counter()
    await asyncio.gather(*(look(by) for by in people))
    return time.perf_counter() - began


def _no_engine() -> AsyncEngine:
    return create_async_engine("sqlite+aiosqlite://")


@contextmanager
def _sqlite(place: Path) -> Iterator[Callable[[], str]]:
    yield lambda: engines.sqlite_url(place / f"{uuid4().hex}.db")


@contextmanager
def _postgresql(place: Path) -> Iterator[Callable[[], str]]:
    with engines.postgres_server(uuid4().hex) as server:
        del place
        made = []

        def new_url() -> str:
            held = engines.postgres_database(server, f"bench_{uuid4().hex}")
            made.append(held)
            return held.__enter__()

        yield new_url
        for held in made:
            held.__exit__(None, None, None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    given = parser.parse_args()
    configure_logs(log_format="json", level="critical")
    keyring = Keyring.generate(demo=True)
    print(f"My Calendar, and beside each of {APPOINTMENTS} appointments its case's page; {given.rounds} rounds in turn")
    for name, server in (("SQLite", _sqlite), ("PostgreSQL", _postgresql)):
        with tempfile.TemporaryDirectory() as place, server(Path(place)) as new_url:
            asyncio.run(price(name, new_url, keyring, given.rounds))


if __name__ == "__main__":
    main()
