"""The GraphQL-over-HTTP suite that others wrote, against a real server on a real socket."""

import asyncio
import os
import shutil
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette

from tests.api.house import House

CONFORMANCE = Path(__file__).parents[2] / "frontend-contract" / "conformance"


async def run(*command: str, **environment: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=CONFORMANCE,
        stdout=PIPE,
        stderr=STDOUT,
        env={**os.environ, **environment},  # noqa: TID251 - node needs the PATH of this machine
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode()


@asynccontextmanager
async def listening(app: Starlette) -> AsyncIterator[str]:
    """Serve on a free port until the block is left."""
    config = uvicorn.Config(app, port=0, http="httptools", ws="none", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn sets a flag, no event
        await asyncio.sleep(0.01)
    host, port = server.servers[0].sockets[0].getsockname()
    yield f"http://{host}:{port}/graphql"
    server.should_exit = True
    await serving


async def install() -> None:
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node is not on this machine: the suite of the npm package graphql-http was not run")
    if (CONFORMANCE / "node_modules" / "graphql-http").exists():
        return
    failed, said = await run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    if failed:
        pytest.skip(f"npm could not install the suite, so it was not run: {said.splitlines()[-1:]}")


@pytest.mark.parametrize("also", ["", "text/event-stream, multipart/mixed"], ids=["alone", "as-urql"])
async def test_every_audit_passes_but_the_three_that_ask_for_get(also: str, house: House) -> None:
    await install()
    async with listening(house.app) as url:
        failed, said = await run("node", "audit.mjs", url, AUDIT_TOKEN=house.token, ALSO_ACCEPT=also)

    assert not failed, said
    assert said.splitlines()[-1] == "58 of 61 passed, 3 expected notices"


async def test_the_script_fails_where_a_server_does_not_conform(house: House) -> None:
    await install()
    async with listening(house.app) as url:
        failed, said = await run("node", "audit.mjs", url, AUDIT_TOKEN="unknown")

    assert failed
    assert "error" in said
