"""Access over time: who holds a connection is asked every two seconds whether they still may."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

import structlog

from api.auth import Admission
from api.connections import Connection, Ending
from api.faults import facts_of
from models.actor import Actor
from models.clock import Clock
from models.queries.accounts import Standing

Standings = Mapping[str, Standing]
"""Each enabled account as it is now."""
ReadStandings = Callable[[list[str]], Awaitable[Standings]]
ReadSessions = Callable[[list[str]], Awaitable[frozenset[str]]]
"""Those of these browsers' sessions that have not ended."""

_EVERY: Final = 2.0
_PATIENCE: Final = 2.0
"""Seconds for one look: with those between two of them, less than the five within which a change takes effect."""
_BLIND: Final = 30.0
"""Seconds without a look after which nobody is believed to be still allowed what they were."""

_log = structlog.get_logger()


class AccessWatch:
    """Looks by one statement for all connections of the process, and not at all while there are none.

    By a second one where some of them are signed in with a browser.
    """

    def __init__(
        self,
        read: ReadStandings,
        read_sessions: ReadSessions,
        clock: Clock,
        *,
        every: float = _EVERY,
        blind: float = _BLIND,
    ) -> None:
        self._read = read
        self._read_sessions = read_sessions
        self._clock = clock
        self._every = every
        self._blind = blind
        self._watched: set[Connection] = set()
        self._looking: asyncio.Task[None] | None = None

    @contextmanager
    def watching(self, connection: Connection) -> Iterator[None]:
        """End the connection as soon as its access has ended or changed. It must be admitted."""
        expiry = self._expire_in_time(connection)
        self._watched.add(connection)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look_again_and_again())
        try:
            yield
        finally:
            if expiry is not None:
                expiry.cancel()
            self._watched.discard(connection)
            if not self._watched:
                self._looking.cancel()
                self._looking = None

    def _expire_in_time(self, connection: Connection) -> asyncio.TimerHandle | None:
        """End it with its token, whatever the database says or does not say."""
        if connection.admission is None or connection.admission.until is None:
            return None
        seconds = connection.admission.until - self._clock.now().timestamp()
        return asyncio.get_running_loop().call_later(seconds, connection.end, Ending.TOKEN_EXPIRED)

    async def _look_again_and_again(self) -> None:
        loop = asyncio.get_running_loop()
        seen = loop.time()
        while True:
            await asyncio.sleep(self._every)
            try:
                await self._look()
            except Exception as fault:  # noqa: BLE001 - whatever it is, nobody was looked at
                _log.warning("access not checked", **facts_of(fault))
                if loop.time() - seen >= self._blind:
                    self._end_all()
            else:
                seen = loop.time()

    async def _look(self) -> None:
        held = [(each, each.admission) for each in self._watched if each.admission is not None]
        account_ids = sorted({str(admission.actor.account_id) for _, admission in held})
        session_ids = sorted({admission.session_id for _, admission in held if admission.session_id is not None})
        async with asyncio.timeout(_PATIENCE):
            standings = await self._read(account_ids)
            living = await self._read_sessions(session_ids) if session_ids else frozenset()
        for connection, admission in held:
            standing = standings.get(str(admission.actor.account_id))
            if standing is None or not _still_holds(admission, standing, living):
                connection.end(Ending.ACCESS_REVOKED)
            else:
                _follow(connection, admission, standing.actor)

    def _end_all(self) -> None:
        for connection in self._watched:
            connection.end(Ending.UNREACHABLE)


def _still_holds(admission: Admission, standing: Standing, living: frozenset[str]) -> bool:
    """Whether that by which somebody was let in would let them in now: a machine's token, a session, a signed token."""
    if admission.digest is not None:
        return admission.digest == standing.digest
    if admission.session_id is not None:
        return admission.session_id in living
    since = standing.signed_out_at
    return since is None or (admission.issued_at is not None and admission.issued_at >= since)


def _follow(connection: Connection, admission: Admission, actor: Actor) -> None:
    """What has changed beside role and scope, a name or a time zone, counts for operations that begin from now on."""
    if _scope(actor) != _scope(admission.actor):
        connection.end(Ending.ACCESS_CHANGED)
    else:
        connection.admission = replace(admission, actor=actor)


def _scope(actor: Actor) -> tuple[str | None, ...]:
    return actor.role, actor.organisation_id, actor.practice_id, actor.consultant_id
