"""The port for those who watch a process: what it serves, where, and what the public port then does not."""

import socket
from contextlib import AsyncExitStack

import pytest
import structlog
from httpx2 import AsyncClient
from starlette.applications import Starlette

from api.app import create_app
from api.lookout import lookout
from api.settings import Settings, SettingsError
from tests.api.house import House

HOST = "127.0.0.1"


def serving_at(lines: list[structlog.typing.EventDict]) -> int:
    return next(int(line["port"]) for line in lines if line["event"] == "metrics are served")


async def served(stack: AsyncExitStack, settings: Settings) -> int:
    with structlog.testing.capture_logs() as lines:
        await stack.enter_async_context(lookout(Starlette(), settings))
    return serving_at(lines)


async def test_a_server_shows_metrics_and_health_on_their_own_port_alone(house: House) -> None:
    settings = house.settings.model_copy(update={"metrics_port": 0})
    app = create_app(settings)
    with structlog.testing.capture_logs() as lines:
        async with (
            app.router.lifespan_context(app),
            AsyncClient(base_url=f"http://{HOST}:{serving_at(lines)}") as client,
        ):
            metrics, alive, ready = [await client.get(path) for path in ("/metrics", "/healthz", "/readyz")]
            other = await client.get("/graphql")

    assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "extra_sessions_event_head 0.0\n" in metrics.text
    assert (alive.json(), ready.json()["status"]) == ({"status": "ok"}, "ready")
    assert other.status_code == 404

    async with house.client() as public:
        assert (await public.get("/metrics")).status_code == 404


async def test_nothing_is_served_where_no_port_is_set(house: House) -> None:
    with structlog.testing.capture_logs() as lines:
        async with house.client():
            pass

    assert not [line for line in lines if line["event"] == "metrics are served"]


async def test_each_process_of_a_machine_takes_the_next_free_port() -> None:
    async with AsyncExitStack() as stack:
        first = await served(stack, Settings(mode="demo", metrics_port=0))
        second = await served(stack, Settings(mode="demo", metrics_port=first))

        assert first < second < first + 64


async def test_an_address_of_another_machine_is_refused_by_name() -> None:
    elsewhere = Settings(mode="demo", metrics_port=9_000, metrics_host="192.0.2.1")
    with pytest.raises(SettingsError, match="EXTRA_SESSIONS_METRICS_HOST"):
        async with lookout(Starlette(), elsewhere):
            pass


async def test_the_port_is_given_back() -> None:
    async with AsyncExitStack() as stack:
        port = await served(stack, Settings(mode="demo", metrics_port=0))

    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind((HOST, port))
