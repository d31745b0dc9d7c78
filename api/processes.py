"""Runs the web server until it is told to stop: in this process, or in several that share one port."""

import gc
import os
import signal
import sys
import threading
from functools import partial
from multiprocessing import parent_process
from multiprocessing.connection import wait
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from api.app import create_app
from api.logs import configure_logs
from api.protocols import HttpProtocol, SocketProtocol
from api.settings import Settings

GRACE: Final = 20
"""Seconds that requests under way have to finish; no new ones are taken meanwhile."""
_OPTIONS: Final[dict[str, Any]] = {
    "loop": "uvloop",
    "http": HttpProtocol,
    "ws": SocketProtocol,
    "ws_ping_interval": None,  # ours are the protocol's own: they end what is dead with a code of our choice
    "ws_per_message_deflate": False,
    "access_log": False,
    "log_config": None,
    "server_header": False,
    "timeout_graceful_shutdown": GRACE,
    "timeout_worker_healthcheck": 10,
}


def serve_until_told(settings: Settings, *, workers: int) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is under way and return, or end the process with code 0.

    Raises SettingsError for what the settings lack.
    """
    app = create_app(settings)
    _spare_the_collector()
    proxies: dict[str, Any] = {
        "proxy_headers": bool(settings.trusted_proxies),
        "forwarded_allow_ips": settings.trusted_proxies,
    }
    options = {**server_options(settings), **proxies, "host": settings.host, "port": settings.port, "workers": workers}
    if workers == 1:
        # Having shut down, uvicorn raises the signal anew: a server that did as it was told has not failed.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        uvicorn.run(app, **options)
        return
    config = uvicorn.Config(partial(_app_of_a_worker, settings), factory=True, **options)
    supervisor = Multiprocess(config, sockets=[config.bind_socket()])
    supervisor.run()
    if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
        sys.exit(STARTUP_FAILURE)


def server_options(settings: Settings) -> dict[str, Any]:
    """Return how uvicorn must be set up, wherever it listens."""
    return {**_OPTIONS, "ws_max_size": settings.max_body_bytes}


def _app_of_a_worker(settings: Settings) -> Starlette:
    """Make the application in a process of its own, which stops when the one that started it is gone."""
    configure_logs(log_format=settings.log_format, level=settings.log_level)
    threading.Thread(target=_stop_when_orphaned, daemon=True).start()
    app = create_app(settings)
    _spare_the_collector()
    return app


def _spare_the_collector() -> None:
    """Have it pass over what the application is made of: that was a quarter of what telling 1,000 sockets cost."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


def _stop_when_orphaned() -> None:
    if (parent := parent_process()) is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
