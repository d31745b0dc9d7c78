"""Puts together what stands at the door: GraphQL over HTTP, event streams and sockets, with one schema behind them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp

from api.access_watch import AccessWatch, ReadSessions, Standings
from api.auth import Authenticator, FindSession, trusted_issuer
from api.browser_sessions import BrowserSessions
from api.connections import Bounds, Connections
from api.credentials import OwnPages
from api.documents import DocumentGuard, Documents
from api.doorway import Doorway
from api.event_streams import EventStreams
from api.graphql import GraphQLEndpoint
from api.limits import Limits
from api.operations import SchemaOperations
from api.origins import Origins
from api.perimeter import GRAPHQL
from api.reception import Reception
from api.settings import Settings, SettingsError
from api.sign_in.opening import open_pages
from api.sign_out import SignOut
from api.signed_tokens import Issuer, TokenVerifier
from api.sockets import Sockets
from api.workbench.page import Workbench
from api.workbench.place import place_of
from models.actor import Actor
from models.clock import Clock
from models.database import Database
from models.feed import Feed
from models.keyring import Keyring
from models.queries.accounts import actor_with_token, bearer_by_id, bearer_named, standing_of
from models.rules.browser_sessions import SessionLimits
from schema.build import build_schema
from schema.context import Context

_AN_HOUR: Final = 3600


@dataclass(frozen=True, slots=True)
class Front:
    routes: tuple[BaseRoute, ...]
    middleware: tuple[Middleware, ...]
    leave: Callable[[], None]
    """Ends every connection, when the server stops."""


def open_front(settings: Settings, keyring: Keyring, database: Database, clock: Clock) -> Front:
    """Make it. Raises SettingsError for what the settings lack."""
    documents = documents_of(settings)
    schema = build_schema(extensions=graphql_extensions(settings, documents))
    open_context = partial(
        Context,
        database=database,
        clock=clock,
        feed=Feed(database, clock),
        guidelines=read_guidelines(settings),
        replay=timedelta(days=settings.replay_days),
        private_webhooks=settings.webhooks_allow_private,
    )
    connections = Connections(bounds_of(settings))
    operations = SchemaOperations(schema, documents, open_context=open_context, connections=connections)
    pages = OwnPages(settings.public_url)
    sessions = BrowserSessions(database, clock, session_limits(settings), pages)
    issuer = trusted_issuer(settings, keyring)
    authenticate = authenticator(settings, database, issuer, clock, sessions.admission_of)
    reception = Reception(authenticate.admit, pages)
    doorway = Doorway(reception, connections, access_watch(database, clock, sessions.living))
    origins = Origins(settings.public_url, settings.allowed_origins)
    endpoint = GraphQLEndpoint(
        schema,
        authenticate=reception.actor_of,
        open_context=open_context,
        max_body_bytes=settings.max_body_bytes,
        streams=EventStreams(operations, doorway),
    )
    routes = (
        *routes_of(endpoint, Sockets(operations, doorway, origins)),
        *open_pages(settings, database, clock, issuer.keys, sessions.begin).routes(),
        Route("/sign-out", SignOut(sessions, pages).answer, methods=["POST"]),
        *Workbench(sessions, partial(place_of, database=database, clock=clock), clock).routes,
    )
    return Front(routes, cross_origin(origins), connections.leave)


def routes_of(endpoint: ASGIApp, sockets: ASGIApp) -> tuple[BaseRoute, ...]:
    """Return the one path that GraphQL is served at."""
    return Route(GRAPHQL, endpoint, name="graphql"), WebSocketRoute(GRAPHQL, sockets)


def bounds_of(settings: Settings) -> Bounds:
    """Return what this deployment allows its connections."""
    return Bounds(
        connections=settings.max_connections,
        account_connections=settings.max_account_connections,
        subscriptions=settings.max_subscriptions,
        account_subscriptions=settings.max_account_subscriptions,
        operations=settings.max_socket_operations,
        ping=settings.socket_ping_seconds,
        idle=settings.socket_idle_seconds,
        age=settings.connection_minutes * 60,
        sending=settings.send_seconds,
    )


def session_limits(settings: Settings) -> SessionLimits:
    """Return how long this deployment has browsers stay signed in."""
    idle, longest = timedelta(minutes=settings.session_idle_minutes), timedelta(hours=settings.session_hours)
    return SessionLimits(idle=idle, longest=longest)


def access_watch(database: Database, clock: Clock, living: ReadSessions) -> AccessWatch:
    """Return who asks the database, for all connections at once, whether they still may."""

    async def read(account_ids: list[str]) -> Standings:
        async with database.glance() as source:
            return await standing_of(source, account_ids, now=clock.now())

    return AccessWatch(read, living, clock)


def cross_origin(origins: Origins) -> tuple[Middleware, ...]:
    """Return what tells browsers that pages of these origins may ask. No cookie is involved, only what they send."""
    if not origins.others:
        return ()
    given: Any = {
        "allow_origins": origins.others,
        "allow_methods": ("POST",),
        "allow_headers": ("authorization", "content-type"),
        "expose_headers": ("retry-after", "x-request-id"),
        "max_age": _AN_HOUR,
    }
    return (Middleware(CORSMiddleware, **given),)


def authenticator(
    settings: Settings, database: Database, issuer: Issuer, clock: Clock, find_session: FindSession
) -> Authenticator:
    """Return who believes bearer tokens: a provider's name an account by its sign-in name, a demo's own by its id."""
    find = bearer_by_id if settings.is_demo else bearer_named

    async def find_actor(subject: str, issued_at: datetime | None) -> Actor | None:
        async with database.glance() as source:
            return await find(source, subject, issued_at)

    async def find_machine(digest: bytes) -> Actor | None:
        async with database.glance() as source:
            return await actor_with_token(source, digest, now=clock.now())

    return Authenticator(TokenVerifier(issuer, clock), find_actor, find_machine, find_session)


def documents_of(settings: Settings) -> Documents:
    """Return what remembers the documents of one schema."""
    return Documents(Limits(depth=settings.max_query_depth, cost=settings.max_query_cost))


def graphql_extensions(settings: Settings, documents: Documents | None = None) -> tuple[partial[DocumentGuard], ...]:
    """Return what makes the extensions of one operation; the documents that they know are shared."""
    return (partial(DocumentGuard, documents or documents_of(settings)),)


def read_guidelines(settings: Settings) -> str | None:
    """Return the provider's text for forms, if there is one. Raises SettingsError where it can't be read."""
    if settings.guidelines_file is None:
        return None
    try:
        return settings.guidelines_file.read_text()
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"EXTRA_SESSIONS_GUIDELINES_FILE: {settings.guidelines_file} holds no text.") from None
