"""A server and a worker as they are really run, watched on the ports of their own that one setting gives them."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from httpx2 import AsyncClient

from api.keys import open_keyring
from api.settings import Settings
from tests.jobs.workshop import until
from tests.stories.server import ROOT

POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@asynccontextmanager
async def running(command: str, settings: Settings) -> AsyncIterator[AsyncClient]:
    """Start it, and give a client of its own port for metrics, which its log names."""
    chosen = {
        name: str(getattr(settings, name)) for name in ("mode", "data_dir", "database_url", "key_store_url", "port")
    }
    environment = {f"EXTRA_SESSIONS_{name.upper()}": value for name, value in chosen.items()}
    more = {"EXTRA_SESSIONS_METRICS_PORT": "0", "EXTRA_SESSIONS_LOG_FORMAT": "json", "PATH": os.defpath}
    log = settings.data_dir / f"{command}.txt"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "api", command), cwd=ROOT, env=environment | more, stdout=output, stderr=output
        )
    try:
        await until(lambda: _port(log), seconds=60)
        async with AsyncClient(base_url=f"http://127.0.0.1:{_port(log)}") as client:
            yield client
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            assert await process.wait() in {0, -signal.SIGTERM}, log.read_text()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _port(log: Path) -> int | None:
    lines = [line for line in log.read_text().splitlines() if '"metrics are served"' in line]
    return json.loads(lines[0])["port"] if lines else None


async def _ready(client: AsyncClient) -> bool:
    return (await client.get("/readyz")).status_code == 200


@POSTGRESQL
async def test_a_server_and_a_worker_each_answer_for_themselves(database_url: str, tmp_path: Path) -> None:
    settings = Settings(mode="demo", data_dir=tmp_path, database_url=database_url, port=0)
    open_keyring(settings)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(running("serve", settings))
        worker = await stack.enter_async_context(running("worker", settings))
        for client in (server, worker):
            await until(partial(_ready, client), seconds=30)
            assert (await client.get("/healthz")).json() == {"status": "ok"}

        async def released() -> bool:
            return (
                'extra_sessions_job_runs_total{actor="release_request",outcome="done"}'
                in (await worker.get("/metrics")).text
            )

        await until(released, seconds=60)
        assert "extra_sessions_job_runs_total{" not in (await server.get("/metrics")).text, "it runs no job itself"
