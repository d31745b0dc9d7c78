"""Who is signed in with a browser: the cookie that says so, and how long it is believed."""

from typing import Final

import structlog
from starlette.requests import HTTPConnection
from starlette.responses import Response

from api.auth import Admission
from api.credentials import OwnPages
from api.faults import facts_of
from models.clock import Clock
from models.database import Database
from models.job_queue import is_unavailable
from models.operations.begin_browser_session import BeginBrowserSession, begin_browser_session
from models.operations.end_browser_session import EndBrowserSession, end_browser_session
from models.operations.keep_browser_session import KeepBrowserSession, keep_browser_session
from models.queries.browser_sessions import SignedIn, living_sessions, signed_in_with
from models.rules.browser_sessions import SessionLimits, is_to_be_changed, is_to_be_noted
from models.secret_texts import digest_of

_LONGEST: Final = 200
"""Characters of a cookie that is looked up."""

_log = structlog.get_logger()


class BrowserSessions:
    def __init__(self, database: Database, clock: Clock, limits: SessionLimits, pages: OwnPages) -> None:
        self._database = database
        self._clock = clock
        self._limits = limits
        self._pages = pages

    async def admit(self, connection: HTTPConnection) -> Admission | None:
        """Return who loads a page; give the answer to ``keep``. None for somebody who is not signed in."""
        secret = self._pages.secret_of(connection)
        return None if secret is None else await self.admission_of(secret, loads_page=True)

    def keep(self, admission: Admission, response: Response) -> None:
        """Have the browser keep the cookie's new secret, if it was changed."""
        if admission.changed_secret is not None:
            self._pages.set_cookie(response, self._pages.cookie, admission.changed_secret)

    async def begin(self, connection: HTTPConnection, account_id: str, response: Response) -> bool:
        """Sign in; the session that the browser had ends. False, and nothing, where no such person may."""
        command = BeginBrowserSession(
            account_id=account_id, limits=self._limits, earlier=self._pages.secret_of(connection)
        )
        secret = await begin_browser_session(command, database=self._database, clock=self._clock)
        if secret is None:
            return False
        self._pages.set_cookie(response, self._pages.cookie, secret)
        _log.info("signed in", account=account_id)
        return True

    async def end(self, connection: HTTPConnection, response: Response) -> None:
        """Sign out, and have the browser forget the cookie and all that a page of ours has stored."""
        secret = self._pages.secret_of(connection)
        if secret is not None:
            await end_browser_session(EndBrowserSession(secret=secret), database=self._database)
        self._pages.set_cookie(response, self._pages.cookie, "", 0)
        response.headers["clear-site-data"] = '"cache", "storage"'

    async def admission_of(self, secret: str, *, loads_page: bool = False) -> Admission | None:
        """Return whose session a cookie's secret opens, and note that it is used. Loading a page may change it."""
        if len(secret) > _LONGEST:
            return None
        digest, now = digest_of(secret), self._clock.now()
        async with self._database.glance() as source:
            found = await signed_in_with(source, digest, now=now, limits=self._limits)
        if found is None:
            return None
        changes = loads_page and digest == found.digest and is_to_be_changed(found.changed_at, now)
        changed = None
        if changes or is_to_be_noted(found.used_at, now):
            changed = await self._kept(found, change=changes)
        until = found.ends_at.timestamp()
        return Admission(found.actor, until=until, session_id=found.session_id, changed_secret=changed)

    async def living(self, session_ids: list[str]) -> frozenset[str]:
        """Return those of these sessions that have not ended."""
        async with self._database.glance() as source:
            return await living_sessions(source, session_ids, now=self._clock.now(), limits=self._limits)

    async def _kept(self, found: SignedIn, *, change: bool) -> str | None:
        """A database that can't be written to is no reason to refuse who only reads."""
        command = KeepBrowserSession(session_id=found.session_id, change=found.digest if change else None)
        try:
            return await keep_browser_session(command, database=self._database, clock=self._clock)
        except Exception as fault:
            if not is_unavailable(fault):
                raise
            _log.warning("use of a session not noted", **facts_of(fault))
            return None
