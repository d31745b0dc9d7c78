"""Whether this process runs, and whether it can do its work: for whatever restarts it or sends it traffic."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response

from api.faults import facts_of
from jobs.actors import QUEUES
from jobs.pulse import Pulse
from models import job_queue
from models.clock import Clock
from models.database import Database
from models.migrations.run import newest_key_store_revision, newest_revision
from models.queries.vital_signs import key_store_found, key_store_wanted, revision_of

_PATIENCE: Final = 2.0
"""Seconds that the database, and then the key store, has for an answer."""
_OVERDUE: Final = timedelta(minutes=3)
"""A worker that lives claims a due job within seconds, or when one of those that it runs ends: within half a lease."""
_OK: Final = "ok"

_log = structlog.get_logger()


class NotReady(Exception):
    """Something that this process can't do its work without; the word says how it is."""

    def __init__(self, part: str, word: str) -> None:
        super().__init__(part, word)
        self.part = part
        self.word = word


async def healthz(_request: Request) -> Response:
    """Answer as long as the event loop turns."""
    return _answer(200, status="ok")


class Readiness:
    """Looks at the database, its schema, its key store and the worker, in this order, and says how each is.

    A process that has once found the schema of its own version stays ready when a newer one comes: migrations are made
    to work while the old version still serves. One that starts upon a newer schema is not ready.
    """

    def __init__(self, database: Database, clock: Clock, *, pulse: Pulse | None = None) -> None:
        """Take the pulse of this process's own worker; where there is none, others' work is told but does not count."""
        self._database = database
        self._clock = clock
        self._pulse = pulse
        self._schema = newest_revision()
        self._key_store_schema = newest_key_store_revision()
        self._has_matched = False

    async def answer(self, _request: Request) -> Response:
        facts: dict[str, str] = {}
        try:
            await self._look(facts)
        except NotReady as found:
            _log.warning("not ready", part=found.part, found=found.word)
            return _answer(503, status="unavailable", **facts, **{found.part: found.word})
        return _answer(200, status="ready", **facts)

    async def _look(self, facts: dict[str, str]) -> None:
        async with _reaching("database"):
            schema, wanted, behind = await self._read()
        facts["database"] = _OK
        facts["schema"] = self._judge(schema)
        async with _reaching("keyStore"):
            found, store_schema = await self._read_key_store()
        if store_schema != self._key_store_schema:
            raise NotReady("keyStore", _compared(store_schema, self._key_store_schema))
        if found != wanted:
            raise NotReady("keyStore", "of another database")
        facts["keyStore"] = _OK
        if behind and self._is_stuck():
            raise NotReady("worker", "stuck")
        facts["worker"] = "behind" if behind else _OK

    async def _read(self) -> tuple[str | None, str | None, bool]:
        async with self._database.snapshot() as source:
            schema = await revision_of(source)
            wanted = await key_store_wanted(source)
        at = self._clock.now() - _OVERDUE
        behind = [await job_queue.is_due(self._database, queue=queue, at=at) for queue in sorted(QUEUES)]
        return schema, wanted, any(behind)

    async def _read_key_store(self) -> tuple[str | None, str | None]:
        async with self._database.keys.reading() as store:
            return await key_store_found(store), await revision_of(store)

    def _judge(self, schema: str | None) -> str:
        word = _compared(schema, self._schema)
        self._has_matched |= word == _OK
        if word == _OK or (word == "newer" and self._has_matched):
            return word
        raise NotReady("schema", word)

    def _is_stuck(self) -> bool:
        """Whether our own worker leaves due jobs alone, rather than have more of them than it can do at once."""
        if self._pulse is None:
            return False
        claimed_at = self._pulse.claimed_at
        return claimed_at is None or claimed_at <= self._clock.now() - _OVERDUE


@asynccontextmanager
async def _reaching(part: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(_PATIENCE):
            yield
    except Exception as fault:  # noqa: BLE001 - whatever it is, this process can't do its work
        _log.warning("not reached", part=part, **facts_of(fault))
        raise NotReady(part, "unreachable") from None


def _compared(found: str | None, wanted: str) -> str:
    """Revisions are numbered in order."""
    if found == wanted:
        return _OK
    return "newer" if found is not None and found > wanted else "older"


def _answer(code: int, **facts: str) -> Response:
    return Response(orjson.dumps(facts), code, media_type="application/json")
