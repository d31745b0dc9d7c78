"""The server that the demo talks to: one that runs already, or one of its own for as long as the demo lasts."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

from api.demo.party import connect
from api.demo.patience import DemoStopped, until
from api.settings import Settings

_STARTS_WITHIN = 120
"""Seconds: the first start makes the demo set."""
_STOPS_WITHIN = 30


@contextmanager
def server(settings: Settings, url: str | None) -> Iterator[str]:
    """Give the address of a server: the one named, else the one that is running, else a new one. Raises DemoStopped."""
    if url is not None:
        if not _answers(url, "/healthz"):
            raise DemoStopped(f"Nothing answers at {url}/healthz.")
        yield url.rstrip("/")
    elif _answers(settings.public_url, "/healthz"):
        yield settings.public_url.rstrip("/")
    else:
        with _own_server(settings) as own:
            yield own


@contextmanager
def _own_server(settings: Settings) -> Iterator[str]:
    port = _free_port(settings.host)
    url = f"http://{settings.host}:{port}"
    log = settings.data_dir / "demo-server.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "api", "serve", "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)  # noqa: S603 - our own command
        try:
            until(
                lambda: _is_up(process, url) or None, within=_STARTS_WITHIN, otherwise=f"No server started: see {log}."
            )
            if process.poll() is not None:
                raise DemoStopped(f"The server ended as it started. {_last_line(log)} (More in {log}.)")
            yield url
        finally:
            _stop(process)


def _is_up(process: "subprocess.Popen[bytes]", url: str) -> bool:
    """Whether there is nothing more to wait for: it is ready, or it has ended."""
    return process.poll() is not None or _answers(url, "/readyz")


def _last_line(log: Path) -> str:
    return (log.read_text(errors="replace").splitlines() or [""])[-1].removeprefix("Error: ")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_STOPS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _answers(url: str, path: str) -> bool:
    connection = connect(url, patience=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200  # noqa: PLR2004 - OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port
