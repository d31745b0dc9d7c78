"""A small schema that goes wrong in every way there is, mounted as the product's own is."""

import enum
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import strawberry
from graphql import GraphQLError
from httpx2 import ASGITransport, AsyncClient
from sqlalchemy.exc import IntegrityError, OperationalError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.routing import Route

from api.documents import DocumentGuard, Documents
from api.errors import HttpRefusal
from api.graphql import GraphQLEndpoint
from api.limits import Limits
from api.perimeter import Perimeter
from models.actor import Actor
from models.rules.vocabulary import Role
from schema.build import QuietSchema

SECRET = "Ngaire Whetu"
"""Stands for personal data: it must turn up in no error and in no log."""
ACTOR = Actor(account_id="acc_1", name="Robin", role=Role.CONSULTANT)


@dataclass(frozen=True, slots=True)
class ToyContext:
    actor: Actor


@strawberry.enum
class Colour(enum.Enum):
    RED = "red"


@strawberry.type
class Item:
    name: str
    parts: list["Item"]

    @strawberry.field
    def more(self, first: int = 20) -> "Items":
        del first
        return Items(nodes=[], total=0)


@strawberry.type
class Items:
    nodes: list[Item]
    total: int


@strawberry.input
class RenameInput:
    name: str
    count: int | None = None


class DriverError(Exception):
    """Speaks as a database driver does: with the row that it refused."""

    sqlstate = "23505"


@strawberry.type
class Query:
    @strawberry.field
    def account(self, info: strawberry.Info[ToyContext, None]) -> str | None:
        return info.context.actor.account_id

    @strawberry.field
    def item(self) -> Item:
        return Item(name="one", parts=[])

    @strawberry.field
    def items(self, first: int = 20) -> Items:
        return Items(nodes=[Item(name=str(number), parts=[]) for number in range(min(first, 50))], total=50)

    @strawberry.field
    def nodes(self, ids: list[strawberry.ID]) -> list[Item | None]:
        return [None for _ in ids]

    @strawberry.field
    def colour(self, like: Colour = Colour.RED) -> Colour | None:
        del like
        return SECRET  # type: ignore[return-value]  # a value that the enum does not have

    @strawberry.field
    def day(self, on: date) -> str:
        return on.isoformat()

    @strawberry.field
    def crash(self) -> str | None:
        raise ValueError(SECRET)

    @strawberry.field
    def crash_hard(self) -> str:
        raise KeyError(SECRET)

    @strawberry.field
    def clash(self) -> str | None:
        raise IntegrityError("INSERT INTO client VALUES (?)", (SECRET,), DriverError(SECRET))

    @strawberry.field
    def away(self) -> str | None:
        raise OperationalError("SELECT name FROM client WHERE id = ?", (SECRET,), DriverError(SECRET))

    @strawberry.field
    def away_hard(self) -> str:
        raise OperationalError("SELECT name FROM client WHERE id = ?", (SECRET,), DriverError(SECRET))

    @strawberry.field
    def forbidden(self) -> str | None:
        raise GraphQLError("Not for your role.", extensions={"code": "FORBIDDEN"})


@strawberry.type
class Mutation:
    @strawberry.mutation
    def rename(self, input: RenameInput) -> str:  # noqa: A002 - the argument's name in every mutation
        return input.name


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self) -> AsyncIterator[int]:
        yield 1


class Edge:
    """The toy schema behind the real edge. ``documents`` tells what was prepared, ``contexts`` what was begun."""

    def __init__(self, limits: Limits | None = None, max_body_bytes: int = 65_536) -> None:
        self.documents = Documents(limits or Limits())
        self.contexts: list[ToyContext] = []
        schema = QuietSchema(Query, Mutation, Subscription, extensions=[partial(DocumentGuard, self.documents)])
        endpoint = GraphQLEndpoint(
            schema, authenticate=_authenticate, open_context=self._open_context, max_body_bytes=max_body_bytes
        )
        self.app = Starlette(
            routes=[Route("/graphql", endpoint), Route("/broken", _broken)],
            middleware=[Middleware(Perimeter, https=True)],
        )

    def _open_context(self, actor: Actor) -> ToyContext:
        self.contexts.append(ToyContext(actor))
        return self.contexts[-1]

    def client(self) -> AsyncClient:
        return AsyncClient(
            transport=ASGITransport(app=self.app),
            base_url="http://edge.test",
            headers={"authorization": "Bearer good"},
        )


async def _authenticate(request: HTTPConnection) -> Actor:
    authorization = request.headers.get("authorization")
    if authorization == "Bearer away":
        raise OperationalError("SELECT id FROM account", (SECRET,), DriverError(SECRET))
    if authorization != "Bearer good":
        raise HttpRefusal(401, "Sign in.", code="UNAUTHENTICATED", www_authenticate="Bearer")
    return ACTOR


async def _broken(_request: object) -> Any:
    raise RuntimeError(SECRET)
