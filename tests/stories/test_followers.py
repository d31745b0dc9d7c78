"""Servers killed under clients that follow the log: each is told everything that it may know, in order and once."""

import asyncio
import random
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from httpx2 import AsyncClient

from models.actor import Actor
from models.clock import SystemClock
from models.database import Database
from models.operations.approve_request import ApproveRequest, approve_request
from models.operations.decline_request import DeclineRequest, decline_request
from models.operations.release_request import ReleaseRequest, release_request
from models.operations.withdraw_request import WithdrawRequest, withdraw_request
from models.rules.vocabulary import DeclineReason, Role
from models.views.want import asking
from tests.clock import FixedClock
from tests.rows import building
from tests.stories.followers import Follower, by_event_stream, by_socket, whole_log
from tests.stories.load import CLIENTS, Booked, Load
from tests.stories.server import Deployment, deployed
from tests.stories.test_restarts import POSTGRESQL, Pair

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
_CALLS_A_KILL = 8
_ANY = 1_000_000
_WANT = asking("id")


@dataclass
class House:
    """Who follows, who submits, and who decides."""

    booked: Booked
    staff: Actor
    consultant: Actor
    reviewer: Actor
    organisation_integrator: Actor
    practice_integrator: Actor

    def followers(self, servers: Sequence[Deployment]) -> list[Follower]:
        return [
            Follower(self.staff, servers, by_socket),
            Follower(self.staff, servers, by_event_stream, catches_up=True),
            Follower(self.consultant, servers, by_socket),
            Follower(self.reviewer, servers, by_event_stream),
            Follower(self.organisation_integrator, servers, by_socket, catches_up=True),
            Follower(self.organisation_integrator, servers, by_event_stream),
            Follower(self.practice_integrator, servers, by_socket),
            Follower(self.practice_integrator, servers, by_event_stream),
        ]


async def a_house(database: Database, pairs: int) -> House:
    clock = FixedClock(SystemClock().now())
    booked: Booked = {}
    async with building(database, clock) as build:
        organisation, practice = await build.organisation(), await build.practice()
        for number in range(CLIENTS):
            zone = "UTC" if clock.now().hour in range(6, 18) else "Pacific/Auckland"
            consultant = await build.consultant(practice, time_zone=zone)
            client = await build.client()
            booked[consultant] = []
            for _ in range(number, pairs, CLIENTS):
                case = await build.case(client, organisation, practice)
                booked[consultant].append(await build.appointment(case.id, consultant))
        return House(
            booked,
            consultant=next(iter(booked)),
            staff=await build.account(Role.PROVIDER_STAFF),
            reviewer=await build.account(Role.ORG_REVIEWER, organisation_id=organisation),
            organisation_integrator=await build.account(Role.INTEGRATOR, organisation_id=organisation),
            practice_integrator=await build.account(Role.INTEGRATOR, practice_id=practice),
        )


@dataclass
class Paced(Load):
    """Makes no more calls than it is let through, so that the writing lasts as long as the killing."""

    permits: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    async def before(self, client: AsyncClient, payload: object) -> None:
        del client, payload
        await self.permits.acquire()

    def let_through(self, calls: int) -> None:
        for _ in range(calls):
            self.permits.release()


@dataclass
class Decider:
    """Ends each request that was confirmed, from a process of its own that nobody kills."""

    database: Database
    house: House
    load: Load
    decided: int = 0

    async def decide(self, pairs: int) -> None:
        done: set[str] = set()
        while len(done) < pairs:
            await self.load.answers.acquire()
            for key in {key for key in self.load.told if key.startswith("confirm-")} - done:
                done.add(key)
                await self._end(self.load.told[key])

    async def _end(self, request_id: str) -> None:
        where: Any = {"database": self.database, "clock": SystemClock()}
        asked: Any = {"by": self.house.reviewer, "want": _WANT, **where}
        await release_request(ReleaseRequest(request_id=request_id), **where)
        match random.randrange(3):
            case 0:
                await approve_request(ApproveRequest(request_id=request_id), **asked)
            case 1:
                await decline_request(DeclineRequest(request_id=request_id, reason=DeclineReason.BUDGET), **asked)
            case _:
                asked["by"] = self.house.staff
                await withdraw_request(WithdrawRequest(request_id=request_id), **asked)
        self.decided += 1


@asynccontextmanager
async def following(followers: Sequence[Follower]) -> AsyncIterator[None]:
    """Have them all follow; each has been told where it stands before the block begins."""
    tasks = [asyncio.create_task(each.follow()) for each in followers]
    try:
        async with asyncio.timeout(30):
            for each, task in zip(followers, tasks, strict=True):
                await asyncio.wait({task, asyncio.ensure_future(each.began.wait())}, return_when="FIRST_COMPLETED")
        yield
        assert not [task for task in tasks if task.done()], "nobody was turned away for good"
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def restart(server: Deployment, times: int, load: Paced, *, restless: float) -> int:
    """Kill a server again and again, with calls under way; now and then what is just starting too. Return the kills."""
    kills = 0
    for _ in range(times):
        load.let_through(_CALLS_A_KILL)
        await asyncio.sleep(random.uniform(0, 0.5))
        await server.kill()
        kills += 1
        if random.random() < restless:
            await server.launch()
            await asyncio.sleep(random.uniform(0, 3))
            await server.kill()
            kills += 1
        await server.start()
    return kills


async def survive(servers: Sequence[Deployment], *, kills: int, restless: float = 0) -> str:
    """Have everybody follow while the servers are killed in turn and at once; return what was counted."""
    pairs = _CALLS_A_KILL // 2 * kills
    front, load = Pair(*servers), Paced()
    front.let_through(_ANY)
    async with servers[0].database() as database:
        house = await a_house(database, pairs)
        decider = Decider(database, house, load)
        await asyncio.gather(*(server.start() for server in servers))
        followers = house.followers(servers)
        async with following(followers), asyncio.TaskGroup() as group:
            group.create_task(load.put_on(front, house.booked))
            group.create_task(decider.decide(pairs))
            times = kills // len(servers)
            counted = await asyncio.gather(*(restart(each, times, load, restless=restless) for each in servers))
            load.let_through(_ANY)
        before = [await whole_log(servers[0], follower.by, database) for follower in followers]
        await asyncio.gather(*(follower.come_level() for follower in followers))
        for follower, least in zip(followers, before, strict=True):
            told = follower.told(database)
            assert told[: len(least)] == least
            assert told == (await whole_log(servers[0], follower.by, database))[: len(told)]
        seen = [len(follower.heard) for follower in followers]
        assert min(seen) >= pairs // CLIENTS, seen
    await front.close()
    assert not [line for line in servers[0].output.splitlines() if "Traceback" in line]
    return report(servers, followers, {"kills": sum(counted), "requests": len(load.told) // 2})


def report(servers: Sequence[Deployment], followers: Sequence[Follower], counted: dict[str, int]) -> str:
    figures = {
        **counted,
        "events told": sum(len(follower.heard) for follower in followers),
        "connections": sum(follower.connections for follower in followers),
        "of these resumed behind a cursor with something to tell": sum(follower.resumed for follower in followers),
    }
    engine = "SQLite" if servers[0].is_embedded else f"PostgreSQL, {len(servers)} servers"
    return engine + "".join(f"\n  {name:<58}{figure:>8,}" for name, figure in figures.items())


@SQLITE
async def test_whoever_follows_a_server_that_is_killed_misses_nothing(database_url: str, tmp_path: Path) -> None:
    async with deployed(tmp_path / "data", database_url) as server:
        await survive([server], kills=4)


@POSTGRESQL
async def test_whoever_follows_either_of_two_servers_that_are_killed_misses_nothing(
    database_url: str, tmp_path: Path
) -> None:
    async with (
        deployed(tmp_path / "data", database_url, workers=0) as left,
        deployed(tmp_path / "data", database_url, workers=0) as right,
    ):
        await survive([left, right], kills=4)


@pytest.mark.torture
@SQLITE
async def test_a_hundred_kills_of_a_server(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with deployed(tmp_path / "data", database_url) as server:
        told = await survive([server], kills=100, restless=0.1)
    with capsys.disabled():
        sys.stdout.write(f"\n{told}\n")


@pytest.mark.torture
@POSTGRESQL
async def test_a_hundred_kills_of_two_servers(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with (
        deployed(tmp_path / "data", database_url, workers=0) as left,
        deployed(tmp_path / "data", database_url, workers=0) as right,
    ):
        told = await survive([left, right], kills=100, restless=0.1)
    with capsys.disabled():
        sys.stdout.write(f"\n{told}\n")


@POSTGRESQL
async def test_what_one_server_commits_the_clients_of_another_are_told(database_url: str, tmp_path: Path) -> None:
    async with (
        deployed(tmp_path / "data", database_url, workers=0) as left,
        deployed(tmp_path / "data", database_url, workers=0) as right,
        left.database() as database,
    ):
        house, load = await a_house(database, CLIENTS), Load()
        await asyncio.gather(left.start(), right.start())
        ears = [Follower(house.staff, [left], each) for each in (by_socket, by_event_stream)]
        async with following(ears):
            await load.put_on(right, house.booked)
            async with asyncio.timeout(30):
                for ear in ears:
                    await ear.hears(2 * CLIENTS)
            expected = await whole_log(right, house.staff, database)
            assert [ear.told(database) for ear in ears] == [expected, expected]
