"""The reverse proxy of docs/operations.md, as it stands there, before a server: where nginx is."""

import asyncio
import json
import re
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from httpx2 import AsyncClient, HTTPError
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from models.clock import SystemClock
from tests.builders import a_world
from tests.clock import FixedClock
from tests.jobs.post_office import certificate
from tests.jobs.workshop import until
from tests.stories.server import ROOT, deployed, free_port

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
WHO = {"query": "{ viewer { name } }"}
LONGEST = 64 * 1024
EVENTS = "subscription { events { type } }"
BEAT = {"data": {"events": {"type": "HEARTBEAT"}}}


def example(folder: Path, *, port: int, server: int) -> str:
    """Return the example, with this test's port, certificate and server in it, and what a whole configuration needs."""
    page = (ROOT / "docs/operations.md").read_text()
    (block,) = re.findall(r"\n```\n(map [^`]*?\nserver \{\n.*?\n\})\n```\n", page, re.DOTALL)
    for written, here in (
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("/etc/ssl/sessions.example.org.pem", str(folder / "proxy.pem")),
        ("/etc/ssl/sessions.example.org.key", str(folder / "proxy.pem")),
        ("http://127.0.0.1:8000", f"http://127.0.0.1:{server}"),
    ):
        assert written in block
        block = block.replace(written, here)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    elsewhere = "\n".join(f"{kind}_temp_path {folder}/temporary;" for kind in kinds)
    return f"daemon off;\npid {folder}/pid;\nevents {{}}\nhttp {{\n{elsewhere}\n{block}\n}}\n"


@asynccontextmanager
async def proxied(folder: Path, server: int, port: int = 0) -> AsyncIterator[tuple[str, ssl.SSLContext]]:
    """Run nginx, on a free port unless one is named; give its address, and what trusts its certificate."""
    assert NGINX is not None
    folder.mkdir()
    trusting = ssl.create_default_context(cafile=certificate(folder / "proxy.pem").path)
    port = port or free_port()
    (folder / "nginx.conf").write_text(example(folder, port=port, server=server))
    process = await asyncio.create_subprocess_exec(
        *(NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "errors.txt"))
    )
    try:
        yield f"https://127.0.0.1:{port}", trusting
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed here")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_documented_proxy_passes_graphql_and_nothing_else(database_url: str, tmp_path: Path) -> None:
    async with (
        deployed(tmp_path / "data", database_url) as server,
        proxied(tmp_path / "proxy", server.settings.port) as (url, trusting),
    ):
        async with server.database() as database:
            world = await a_world(database, FixedClock(SystemClock().now()))
        await server.start()
        async with server.client(world.consultant) as direct, AsyncClient(verify=trusting, base_url=url) as client:
            client.headers["authorization"] = direct.headers["authorization"]
            await until(lambda: answers(client))
            answer = await client.post("/graphql", json=WHO)
            assert answer.json() == (await direct.post("/graphql", json=WHO)).json()
            assert answer.headers["cache-control"] == "no-store"
            assert [(await client.get(path)).status_code for path in ("/", "/readyz", "/healthz")] == [404] * 3
            padded = {**WHO, "variables": {"padding": "x" * (LONGEST - 100)}}
            assert (await client.post("/graphql", json=padded)).status_code == 200
            padded["variables"] = {"padding": "x" * LONGEST}
            assert (await client.post("/graphql", json=padded)).status_code == 413
            await follows_by_socket(url, trusting, direct.headers["authorization"])
            await follows_by_event_stream(client)

    assert "temporary" not in (tmp_path / "proxy/errors.txt").read_text(), "no body was written to a disk"
    assert not [each for each in (tmp_path / "proxy/temporary").rglob("*") if each.is_file()]


async def follows_by_socket(url: str, trusting: ssl.SSLContext, authorization: str) -> None:
    spoken = [Subprotocol("graphql-transport-ws")]
    address = f"{url.replace('https', 'wss')}/graphql"
    async with connect(address, ssl=trusting, subprotocols=spoken, proxy=None) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": {"authorization": authorization}}))
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": EVENTS}}))
        assert json.loads(await socket.recv())["payload"] == BEAT


async def follows_by_event_stream(client: AsyncClient) -> None:
    """Read the first event of a stream that goes on: a proxy that kept it for itself would give none."""
    accept = {"accept": "text/event-stream"}
    async with asyncio.timeout(8), client.stream("POST", "/graphql", json={"query": EVENTS}, headers=accept) as stream:
        first = await anext(stream.aiter_lines())
        assert first == "event: next"


async def answers(client: AsyncClient) -> bool:
    try:
        return (await client.post("/graphql", json=WHO)).status_code == 200
    except HTTPError:
        return False
