"""Puts the web process together: the only place in this package that constructs what the others use."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from datetime import timedelta
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

import api
import jobs
import models
import schema
from api.auth import Authenticator, TokenVerifier, trusted_issuer
from api.documents import DocumentGuard, Documents
from api.graphql import GraphQLEndpoint
from api.health import Readiness, healthz
from api.keys import open_keyring
from api.limits import Limits
from api.lookout import lookout, lookout_app
from api.mailing import open_mailer
from api.metrics import count_statements
from api.perimeter import GRAPHQL, Perimeter
from api.settings import MAIL, Settings, SettingsError
from api.storage import open_database
from api.traces import Traces, open_traces
from jobs.actor import JobContext
from jobs.branding import LettersUnusable
from jobs.trying_letters import own_letters
from jobs.worker import embedded_worker
from models.actor import Actor
from models.clock import Clock, SystemClock
from models.database import Database
from models.feed import Feed
from models.keyring import Keyring
from models.operations.clean_up import CleanUp
from models.queries.accounts import actor_named, actor_of, actor_with_token
from schema.build import build_schema
from schema.context import Context


def create_app(settings: Settings, *, clock: Clock | None = None, traces: Traces | None = None) -> Starlette:
    """Build the application; nothing is connected before its lifespan begins. Its end is that of ``traces``, too.

    Raises SettingsError for what the settings lack.
    """
    check_house()
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    clock = clock or SystemClock()
    keyring = open_keyring(settings)
    database = open_database(settings, keyring)
    count_statements(database)
    traces = traces or open_traces(settings)
    traces.follow(database)
    endpoint = _endpoint(settings, keyring, database, clock)
    embedded = database.dialect == "sqlite"
    context = job_context(settings, database, clock, traces)
    work = embedded_worker(context) if embedded else nullcontext()
    readiness = Readiness(database, clock, pulse=context.pulse if embedded else None)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(asyncio.to_thread, traces.close)
            stack.push_async_callback(database.close)
            await stack.enter_async_context(lookout(lookout_app(database, clock, readiness), settings))
            await stack.enter_async_context(work)
            yield

    routes = [
        Route(GRAPHQL, endpoint, name="graphql"),
        Route("/healthz", healthz),
        Route("/readyz", readiness.answer),
    ]
    https = settings.public_url.startswith("https://")
    app = Starlette(routes=routes, lifespan=lifespan, middleware=[Middleware(Perimeter, https=https, traces=traces)])
    app.router.redirect_slashes = False  # a redirect would repeat whatever host the caller named
    return app


def _endpoint(settings: Settings, keyring: Keyring, database: Database, clock: Clock) -> GraphQLEndpoint[Context]:
    return GraphQLEndpoint(
        build_schema(extensions=graphql_extensions(settings)),
        authenticate=authenticator(settings, database, keyring, clock),
        open_context=partial(
            Context,
            database=database,
            clock=clock,
            feed=Feed(database, clock),
            guidelines=read_guidelines(settings),
            replay=timedelta(days=settings.replay_days),
        ),
        max_body_bytes=settings.max_body_bytes,
    )


def authenticator(settings: Settings, database: Database, keyring: Keyring, clock: Clock) -> Authenticator:
    """Return who believes bearer tokens: a provider's name an account by its sign-in name, a demo's own by its id."""
    find = actor_of if settings.is_demo else actor_named

    async def find_actor(subject: str) -> Actor | None:
        async with database.glance() as source:
            return await find(source, subject)

    async def find_machine(digest: bytes) -> Actor | None:
        async with database.glance() as source:
            return await actor_with_token(source, digest, now=clock.now())

    return Authenticator(TokenVerifier(trusted_issuer(settings, keyring), clock), find_actor, find_machine)


def graphql_extensions(settings: Settings) -> tuple[partial[DocumentGuard], ...]:
    """Return what makes the extensions of one operation; the documents that they know are shared."""
    limits = Limits(depth=settings.max_query_depth, cost=settings.max_query_cost)
    return (partial(DocumentGuard, Documents(limits)),)


def job_context(settings: Settings, database: Database, clock: Clock, traces: Traces) -> JobContext:
    """Return what jobs work with, in this process or in a worker's own.

    Raises SettingsError for what mails lack, and for letters of the provider's own that can't be sent as they are.
    """
    settings.require(*MAIL)
    try:
        writer = own_letters(settings.letters_dir, sender=settings.mail_from)
    except LettersUnusable as unusable:
        raise SettingsError(f"EXTRA_SESSIONS_LETTERS_DIR: {unusable}") from None
    return JobContext(
        database=database,
        clock=clock,
        mailer=open_mailer(settings, clock),
        writer=writer,
        provider=settings.provider,
        sender=settings.mail_from,
        public_url=settings.public_url,
        around=traces.job,
        keep=what_to_keep(settings),
    )


def what_to_keep(settings: Settings) -> CleanUp:
    """Return the retention that this deployment has chosen."""
    return CleanUp(
        idempotency_days=settings.keep_idempotency_days,
        jobs_days=settings.keep_jobs_days,
        access_days=settings.keep_access_days or None,
    )


def read_guidelines(settings: Settings) -> str | None:
    """Return the provider's text for forms, if there is one. Raises SettingsError where it can't be read."""
    if settings.guidelines_file is None:
        return None
    try:
        return settings.guidelines_file.read_text()
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"EXTRA_SESSIONS_GUIDELINES_FILE: {settings.guidelines_file} holds no text.") from None


def check_house() -> None:
    """Raise SettingsError where another distribution's package of the same name stands before one of ours."""
    folders = {Path(package.__file__ or ".").resolve().parent.parent for package in (api, schema, models, jobs)}
    if len(folders) > 1:
        raise SettingsError(
            "api, schema, models and jobs come from different places: "
            "install Extra Sessions in an environment of its own."
        )
