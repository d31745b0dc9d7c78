"""A port of its own for those who watch this process, so that no public proxy ever shows it: metrics and health."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import structlog
import uvicorn
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.health import Readiness, healthz
from api.metrics import exposition
from api.settings import Settings, SettingsError
from models.clock import Clock
from models.database import Database

_PORTS: Final = 64
"""How many processes on one machine can share a setting: each takes the first port that is free, from it on."""
_BACKLOG: Final = 64

_log = structlog.get_logger()


def lookout_app(database: Database, clock: Clock, readiness: Readiness) -> Starlette:
    async def metrics(_request: Request) -> Response:
        return Response(await exposition(database, clock), headers={"content-type": CONTENT_TYPE_PLAIN_0_0_4})

    routes = [
        Route("/metrics", metrics),
        Route("/healthz", healthz),
        Route("/readyz", readiness.answer),
    ]
    return Starlette(routes=routes)


@asynccontextmanager
async def lookout(app: Starlette, settings: Settings) -> AsyncIterator[None]:
    """Serve ``app`` on the running loop until the block is left; nothing happens where no port is set.

    Raises SettingsError where no port can be had.
    """
    if settings.metrics_port is None:
        yield
        return
    with _bound(settings.metrics_host, settings.metrics_port) as bound:
        server = _Beside(
            uvicorn.Config(
                app,
                http="httptools",
                ws="none",
                lifespan="off",
                access_log=False,
                log_config=None,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=1,
            )
        )
        serving = asyncio.create_task(server.serve(sockets=[bound]))
        _log.info("metrics are served", host=settings.metrics_host, port=bound.getsockname()[1])
        try:
            yield
        finally:
            server.should_exit = True
            await serving


class _Beside(uvicorn.Server):
    """A server that leaves the process's signals to whoever runs the process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _bound(host: str, first: int) -> socket.socket:
    """Listen on the first free port; 0 is any."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in range(first, min(first + _PORTS, 65_536)) if first else (0,):
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
            listening.listen(_BACKLOG)
        except OSError:
            listening.close()
            continue
        return listening
    raise SettingsError(
        f"Metrics can't be served: none of the {_PORTS} ports from EXTRA_SESSIONS_METRICS_PORT on is free "
        "on EXTRA_SESSIONS_METRICS_HOST, or that is no address of this machine."
    )
