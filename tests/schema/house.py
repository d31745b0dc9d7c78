"""The real schema behind the real edge, on a story's database; without the worker, so that jobs stay to be counted."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any, cast

import orjson
from graphql import parse
from httpx2 import ASGITransport, AsyncClient, Response
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route
from strawberry import Schema
from strawberry.http import GraphQLRequestData

from api.auth import Authenticator, sign_demo_token, trusted_issuer
from api.credentials import OwnPages
from api.front import graphql_extensions
from api.graphql import GraphQLEndpoint
from api.perimeter import Perimeter
from api.reception import Reception
from api.requests import written
from api.settings import Settings
from api.signed_tokens import TokenVerifier
from api.streams import Subscriptions
from models.actor import Actor
from models.feed import Feed
from models.keyring import Keyring
from models.queries.accounts import actor_of
from schema.build import build_schema
from schema.context import Context
from tests.builders import World

EVERYBODY = (
    *("consultant", "manager", "reviewer", "second_reviewer", "clinical_reviewer", "staff"),
    *("integrator", "practice_integrator", "organisation_integrator"),
)
"""Each role in a story's world; a machine account in each of its three scopes."""
GUIDELINES = "Ask for what the work needs."
_GRAPHQL = "application/graphql-response+json"


@cache
def served_schema() -> Schema:
    """Return the schema that all houses share, and with it every document that was read and validated once."""
    return build_schema(extensions=graphql_extensions(Settings(mode="demo")))


class House:
    """Takes requests as the product does: signed tokens, limits, negotiation, coded errors."""

    def __init__(self, world: World, keyring: Keyring) -> None:
        settings = Settings(mode="demo")
        self.world = world
        self.schema = served_schema()
        self.feed = Feed(world.database, world.clock)
        self._keyring = keyring
        authenticator = Authenticator(TokenVerifier(trusted_issuer(settings, keyring), world.clock), self._find_actor)
        endpoint = GraphQLEndpoint(
            self.schema,
            authenticate=Reception(authenticator.admit, OwnPages(settings.public_url)).actor_of,
            open_context=partial(
                Context, database=world.database, clock=world.clock, feed=self.feed, guidelines=GUIDELINES
            ),
            max_body_bytes=settings.max_body_bytes,
        )
        self.app = Starlette(routes=[Route("/graphql", endpoint)], middleware=[Middleware(Perimeter, https=False)])
        self._subscriptions = Subscriptions(self.schema, write=written, most_fields=settings.max_query_cost)
        self._transport = ASGITransport(app=self.app)

    async def post(self, actor: Actor, content: bytes, *, accept: str = _GRAPHQL) -> Response:
        """Send a body as it is."""
        token = sign_demo_token(self._keyring, str(actor.account_id), self.world.clock, timedelta(hours=1))
        headers = {"authorization": f"Bearer {token}", "accept": accept, "content-type": "application/json"}
        async with AsyncClient(transport=self._transport, base_url="http://house.test", headers=headers) as client:
            return await client.post("/graphql", content=content)

    async def send(self, actor: Actor, document: str, **variables: Any) -> Response:
        return await self.post(actor, orjson.dumps({"query": document, "variables": variables}))

    async def ask(self, actor: Actor, document: str, **variables: Any) -> Any:
        """Return the value of the operation's one root field; a coded error fails the test."""
        answer = (await self.send(actor, document, **variables)).json()
        assert "errors" not in answer, answer
        [value] = answer["data"].values()
        return value

    @asynccontextmanager
    async def follow(self, actor: Actor, document: str, **variables: Any) -> AsyncIterator[AsyncIterator[Any]]:
        """Give the answers of a subscription, one by one, until the block is left."""
        context = Context(actor, self.world.database, self.world.clock, self.feed)
        asked = GraphQLRequestData(document, variables, None, None)
        async with aclosing(self._subscriptions.run(parse(document), asked, context=context, cost=1)) as answers:
            yield (orjson.loads(answer) async for answer in answers)

    async def refused(self, actor: Actor, document: str, **variables: Any) -> str:
        """Return the code of the operation's one top-level error."""
        answer = (await self.send(actor, document, **variables)).json()
        assert not any((answer.get("data") or {}).values()), answer
        [error] = answer["errors"]
        return cast("str", error["extensions"]["code"])

    @staticmethod
    def codes(response: Response) -> set[str]:
        """Return the codes of an answer's errors, of whichever kind; a refused operation answers nothing else."""
        answer = response.json()
        if "errors" in answer:
            assert not any((answer.get("data") or {}).values()), answer
            return {error["extensions"]["code"] for error in answer["errors"]}
        [payload] = answer["data"].values()
        shown = [value for name, value in payload.items() if name != "userErrors"]
        assert not any(shown) or not payload["userErrors"], answer
        return {error["code"] for error in payload["userErrors"]}

    async def _find_actor(self, account_id: str, _issued_at: datetime | None) -> Actor | None:
        async with self.world.database.snapshot() as source:
            return await actor_of(source, account_id)
