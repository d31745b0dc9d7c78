"""The clients that front ends use: through a server's ends and returns they miss nothing and are told nothing twice."""

import asyncio
import json
import os
import re
import shutil
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from textwrap import dedent

import pytest
from sqlalchemy import select

from api.auth import sign_demo_token
from models.clock import SystemClock
from models.event_cursor import Position, cursor_of
from models.tables import ExtraSessionsRequest
from tests.builders import World, a_world
from tests.clock import FixedClock
from tests.operations.acting import revise, withdraw
from tests.schema.recording import ANSWERS
from tests.stories.server import ROOT, Deployment, deployed

FOLDER = ROOT / "frontend-contract" / "clients"
PAGE = FOLDER.parent / "resuming.md"
CLIENTS = ("graphql-ws", "graphql-sse", "apollo", "urql-ws", "urql-sse")
ASKED_FOR = ("KILL", "STOP", "TOKEN")
"""What a script asks for by a line of its own."""
LONG_AGO = timedelta(days=365)
AN_HOUR = timedelta(hours=1)
BRIEFLY = timedelta(seconds=4)


class Stage:
    """One server for all clients: it ends and returns when each of them has asked for it."""

    def __init__(self, server: Deployment) -> None:
        self.server = server
        self._all_of_them = asyncio.Barrier(len(CLIENTS))

    def token(self, world: World, lasting: timedelta = AN_HOUR) -> str:
        return sign_demo_token(self.server.keyring, str(world.consultant.account_id), SystemClock(), lasting)

    @asynccontextmanager
    async def without(self, end: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
        """Have the server away while the block runs, for all at once."""
        await self._once(end)
        yield
        await self._once(self.server.start)

    async def _once(self, act: Callable[[], Awaitable[None]]) -> None:
        if await self._all_of_them.wait() == 0:
            await act()
        await self._all_of_them.wait()


class Part:
    """One client on the stage, who signs in as the consultant of a world of its own."""

    def __init__(self, client: str, stage: Stage, world: World) -> None:
        self._client = client
        self._stage = stage
        self._world = world

    async def play(self) -> None:
        """Run the client's script, do what it asks for, and print what it says."""
        process = await asyncio.create_subprocess_exec(
            *("node", f"{self._client}.mjs", f"{self._stage.server.url}/graphql"),
            cwd=FOLDER,
            stdin=PIPE,
            stdout=PIPE,
            stderr=STDOUT,
            env={**os.environ, **self._given()},  # noqa: TID251 - node needs the PATH of this machine
        )
        assert process.stdin is not None
        assert process.stdout is not None
        said: list[str] = []
        try:
            async for line in process.stdout:
                said.append(line.decode().rstrip())
                if said[-1] in ASKED_FOR:
                    process.stdin.write(f"{await self._answer(said[-1])}\n".encode())
            assert not await process.wait(), "\n".join([self._client, *said])
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        print("\n".join(said))  # noqa: T201 - what a person wants to read of it

    def _given(self) -> dict[str, str]:
        world = self._world
        form = {"appointmentId": world.appointment_id, "sessionsRequested": 3, "clientConsents": True, **ANSWERS}
        form |= {"dateOfRequest": f"{world.clock.now():%Y-%m-%d}", "idempotencyKey": "8d1f03b6"}
        expired = cursor_of(world.database.vault, world.consultant, Position(0, world.clock.now() - LONG_AGO))
        return {"TOKEN": self._stage.token(world), "INPUT": json.dumps(form), "EXPIRED": expired}

    async def _answer(self, word: str) -> str:
        server = self._stage.server
        match word:
            case "KILL":
                async with self._stage.without(server.kill), self._backstage() as world:
                    await revise(world, await the_request(world), sessions_requested=1)
            case "STOP":
                async with self._stage.without(server.stop), self._backstage() as world:
                    await withdraw(world, await the_request(world))
            case "TOKEN":
                return self._stage.token(self._world, BRIEFLY)
        return "done"

    @asynccontextmanager
    async def _backstage(self) -> AsyncIterator[World]:
        """Work on the server's database while it is away."""
        async with self._stage.server.database() as database:
            yield replace(self._world, database=database, clock=FixedClock(SystemClock().now()))


async def the_request(world: World) -> str:
    """Return the id of the world's only one."""
    of_it = select(ExtraSessionsRequest.id).where(ExtraSessionsRequest.case_id == world.case.id)
    async with world.database.snapshot() as source:
        return str((await source.execute(of_it)).scalar_one())


async def install(folder: Path) -> None:
    """Install what a folder's lock names, once; skip the test where that can't be done."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip(f"node is not on this machine: what {folder.name}/ has was not run")
    if (folder / "node_modules" / ".package-lock.json").exists():
        return
    command = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    process = await asyncio.create_subprocess_exec(*command, cwd=folder, stdout=PIPE, stderr=STDOUT)
    said, _ = await process.communicate()
    if process.returncode:
        pytest.skip(f"npm could not install {folder.name}/, so it was not run: {said.decode().splitlines()[-1:]}")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_five_clients_miss_nothing_and_are_told_nothing_twice(database_url: str, tmp_path: Path) -> None:
    await install(FOLDER)
    async with deployed(tmp_path / "data", database_url) as server:
        async with server.database() as database:
            worlds = [await a_world(database, FixedClock(SystemClock().now()), consultant_zone="UTC") for _ in CLIENTS]
        await server.start()
        stage = Stage(server)
        async with asyncio.timeout(100), asyncio.TaskGroup() as group:
            for client, world in zip(CLIENTS, worlds, strict=True):
                group.create_task(Part(client, stage, world).play())
        await server.stop()

    assert "Traceback" not in server.output


def test_the_page_shows_the_code_that_is_run() -> None:
    shown = re.findall(r"<!-- clients/(\S+): ([\w ]+) -->\n\n```js\n(.*?)```\n", PAGE.read_text(), re.DOTALL)
    assert len(shown) == PAGE.read_text().count("<!-- ")
    for file, region, code in shown:
        [run] = re.findall(rf"// #region {region}\n(.*?) *// #endregion\n", (FOLDER / file).read_text(), re.DOTALL)
        assert code == dedent(run), file
