"""Whether this process runs, and whether it can do its work: for whatever restarts it or sends it traffic."""

import asyncio
from datetime import timedelta
from typing import Final

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response

from api.faults import facts_of
from models import job_queue
from models.clock import Clock
from models.database import Database

_PATIENCE: Final = 2.0
"""Seconds that the database has for an answer."""
_OVERDUE: Final = timedelta(minutes=2)
"""A worker that lives and has a free thread claims a due job within seconds."""

_log = structlog.get_logger()


async def healthz(_request: Request) -> Response:
    """Answer as long as the event loop turns."""
    return _answer(200, status="ok")


class Readiness:
    """Asks whether any job is long overdue: one question that tells of the database and of the worker."""

    def __init__(self, database: Database, clock: Clock, *, embedded_worker: bool) -> None:
        self._database = database
        self._clock = clock
        self._embedded_worker = embedded_worker

    async def answer(self, _request: Request) -> Response:
        try:
            async with asyncio.timeout(_PATIENCE):
                overdue = await self._is_overdue()
        except Exception as fault:  # noqa: BLE001 - whatever it is, this process is not ready
            _log.warning("not ready", **facts_of(fault))
            return _answer(503, status="unavailable", database="unreachable")
        if overdue and self._embedded_worker:
            return _answer(503, status="unavailable", database="ok", worker="behind")
        return _answer(200, status="ready", database="ok", worker="behind" if overdue else "ok")

    async def _is_overdue(self) -> bool:
        return await job_queue.is_due(self._database, queue="default", at=self._clock.now() - _OVERDUE)


def _answer(code: int, **facts: str) -> Response:
    return Response(orjson.dumps(facts), code, media_type="application/json")
