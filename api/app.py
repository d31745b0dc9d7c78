"""Puts the web process together: the only place in this package that constructs what the others use."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

import api
import jobs
import models
import schema
from api.doorway import LEAVE
from api.front import open_front
from api.health import Readiness, healthz
from api.keys import open_keyring
from api.lookout import lookout, lookout_app
from api.mailing import open_mailer
from api.metrics import count_statements
from api.perimeter import Perimeter
from api.settings import MAIL, Settings, SettingsError
from api.storage import open_database
from api.traces import Traces, open_traces
from jobs.actor import JobContext
from jobs.branding import LettersUnusable
from jobs.trying_letters import own_letters
from jobs.webhook_line import Lines
from jobs.worker import embedded_worker
from models.clock import Clock, SystemClock
from models.database import Database
from models.operations.clean_up import CleanUp


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
    front = open_front(settings, keyring, database, clock)
    embedded = database.dialect == "sqlite"
    context = job_context(settings, database, clock, traces)
    work = embedded_worker(context) if embedded else nullcontext()
    readiness = Readiness(database, clock, pulse=context.pulse if embedded else None)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[dict[str, Any]]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(asyncio.to_thread, traces.close)
            stack.push_async_callback(database.close)
            await stack.enter_async_context(lookout(lookout_app(database, clock, readiness), settings))
            await stack.enter_async_context(work)
            yield {LEAVE: front.leave}

    routes = [
        *front.routes,
        Route("/healthz", healthz),
        Route("/readyz", readiness.answer),
    ]
    perimeter = Middleware(Perimeter, https=settings.public_url.startswith("https://"), traces=traces)
    app = Starlette(routes=routes, lifespan=lifespan, middleware=[perimeter, *front.middleware])
    app.router.redirect_slashes = False  # a redirect would repeat whatever host the caller named
    return app


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
        webhooks=Lines(private=settings.webhooks_allow_private),
        give_up_webhooks=timedelta(hours=settings.webhook_give_up_hours),
    )


def what_to_keep(settings: Settings) -> CleanUp:
    """Return the retention that this deployment has chosen."""
    return CleanUp(
        idempotency_days=settings.keep_idempotency_days,
        jobs_days=settings.keep_jobs_days,
        access_days=settings.keep_access_days or None,
    )


def check_house() -> None:
    """Raise SettingsError where another distribution's package of the same name stands before one of ours."""
    folders = {Path(package.__file__ or ".").resolve().parent.parent for package in (api, schema, models, jobs)}
    if len(folders) > 1:
        raise SettingsError(
            "api, schema, models and jobs come from different places: "
            "install Extra Sessions in an environment of its own."
        )
