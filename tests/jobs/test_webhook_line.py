"""Whom a webhook's line talks to, and what it makes of the answer."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from jobs.webhook_line import Lines, look_up
from models.rules.webhooks import WebhookFailure
from tests.jobs.post_office import certificate, playing
from tests.jobs.receiving import Received, Receiver, receiving, respond

BODY = b'{"type":"APPROVED"}'
HEADERS = {"webhook-id": "msg_1"}


class Resolver:
    """Answers for every host, each time with the next of its answers, and keeps what it was asked."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append((host, port))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def post(url: str, **options: Any) -> WebhookFailure | None:
    async with Lines(**{"private": True, **options}).to(url) as line:
        return await line.post(BODY, HEADERS)


async def test_it_posts_the_bytes_to_the_very_path_with_a_few_headers() -> None:
    async with receiving() as receiver:
        assert await post(receiver.url()) is None
    (request,) = receiver.received
    assert request.line == "POST /hooks?token=T0PSECRET HTTP/1.1"
    assert request.body == BODY
    assert request.headers == {
        "webhook-id": "msg_1",
        "host": f"127.0.0.1:{receiver.port}",
        "user-agent": "extra-sessions-webhooks/1",
        "accept-encoding": "identity",
        "content-type": "application/json",
        "content-length": str(len(BODY)),
    }


async def test_one_connection_and_one_look_up_serve_a_line() -> None:
    resolver = Resolver(["127.0.0.1"], ["10.0.0.1"])
    async with receiving() as receiver, Lines(private=True, look_up=resolver).to(receiver.url("hr.example")) as line:
        for _ in range(3):
            assert await line.post(BODY, HEADERS) is None
    assert (receiver.connections, len(receiver.received)) == (1, 3)
    assert resolver.asked == [("hr.example", receiver.port)]
    assert receiver.received[0].headers["host"] == f"hr.example:{receiver.port}"


@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.1"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["10.0.0.1"],
        ["169.254.169.254"],
        ["fe80::1"],
        ["0.0.0.0"],  # noqa: S104 - what a name may lead to
        ["224.0.0.1"],
        ["93.184.215.14", "127.0.0.1"],
        ["2606:4700:4700::1111", "fd00::1"],
    ],
)
async def test_a_name_that_leads_inside_is_refused_before_anything_is_connected(found: list[str]) -> None:
    async with receiving() as receiver:
        url = f"https://hr.example.org:{receiver.port}/x"
        assert await post(url, private=False, look_up=Resolver(found)) is WebhookFailure.REFUSED_ADDRESS
    assert receiver.connections == 0


@pytest.mark.parametrize(
    "host",
    ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "[::1]", "[::ffff:7f00:1]", "user@a.example"],
)
async def test_a_stored_url_that_is_not_allowed_any_more_is_refused_without_looking_it_up(host: str) -> None:
    resolver = Resolver(["93.184.215.14"])
    for url in (f"https://{host}/x", f"http://{host}/x"):
        assert await post(url, private=False, look_up=resolver) is WebhookFailure.REFUSED_ADDRESS
    assert resolver.asked == []


async def test_a_name_that_answers_differently_the_second_time_is_not_asked_again() -> None:
    """DNS rebinding: the address that was checked is the one that is connected to."""
    resolver = Resolver(["127.0.0.1"], ["127.0.0.2"])
    async with receiving() as receiver:
        assert await post(receiver.url("rebinding.example"), look_up=resolver) is None
    assert len(resolver.asked) == 1
    assert len(receiver.received) == 1


async def test_the_next_address_is_tried_where_nobody_answers_at_the_first() -> None:
    async with receiving() as receiver:
        resolver = Resolver(["::1", "127.0.0.1"])  # the server listens on the second alone
        assert await post(receiver.url("hr.example"), look_up=resolver) is None
    assert len(receiver.received) == 1


async def test_a_redirect_is_a_failure_and_is_not_followed() -> None:
    async def redirect(_: Received, writer: asyncio.StreamWriter) -> None:
        await respond(writer, 307, location=inside.url())

    async with receiving() as inside, receiving(redirect) as receiver:
        assert await post(receiver.url()) is WebhookFailure.REDIRECT
    assert (len(receiver.received), inside.connections) == (1, 0)


async def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiving() as proxy, receiving() as receiver:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url(path=""))
        assert await post(receiver.url()) is None
    assert (len(receiver.received), proxy.connections) == (1, 0)


async def test_no_cookie_is_kept() -> None:
    async def bake(_: Received, writer: asyncio.StreamWriter) -> None:
        await respond(writer, 200, set_cookie="a=b")

    async with receiving(bake) as receiver, Lines(private=True).to(receiver.url()) as line:
        await line.post(BODY, HEADERS)
        await line.post(BODY, HEADERS)
    assert "cookie" not in receiver.received[1].headers


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (200, None),
        (302, WebhookFailure.REDIRECT),
        (404, WebhookFailure.CLIENT_ERROR),
        (410, WebhookFailure.GONE),
        (503, WebhookFailure.SERVER_ERROR),
    ],
)
async def test_the_status_alone_says_what_became_of_it(status: int, failure: WebhookFailure | None) -> None:
    async with receiving(status) as receiver:
        assert await post(receiver.url()) is failure


async def test_one_that_never_answers_is_waited_for_so_long() -> None:
    async def never(_: Received, writer: asyncio.StreamWriter) -> None:
        del writer
        await asyncio.Event().wait()

    async with receiving(never) as receiver:
        assert await post(receiver.url(), patience=0.2) is WebhookFailure.TIMEOUT


async def test_a_resolver_that_never_answers_too() -> None:
    async def never(host: str, port: int) -> list[str]:
        del host, port
        await asyncio.Event().wait()
        return []

    assert await post("https://hr.example/", look_up=never, patience=0.1) is WebhookFailure.TIMEOUT


async def test_a_head_that_drips_is_waited_for_so_long() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del reader
        for letter in "HTTP/1.1 200 OK\r\nx-slow: " + "z" * 1_000:
            writer.write(letter.encode())
            await writer.drain()
            await asyncio.sleep(0.02)

    async with playing(drip) as port:
        assert await post(f"http://127.0.0.1:{port}/", patience=0.3) is WebhookFailure.TIMEOUT


async def test_of_an_endless_body_a_little_is_read_and_the_connection_is_given_up() -> None:
    poured = 0

    async def pour(_: Received, writer: asyncio.StreamWriter) -> None:
        nonlocal poured
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n")
        while True:
            writer.write(b"x" * 8_192)
            await writer.drain()
            poured += 8_192

    async with receiving(pour) as receiver, Lines(private=True).to(receiver.url()) as line:
        assert await line.post(BODY, HEADERS) is None
        assert await line.post(BODY, HEADERS) is None
        assert receiver.connections == 2
    assert poured < 32 * 1024 * 1024  # what the kernel's buffers took, not what was read


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x00\xff\x00\xff\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 2000 Many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: " + b"y" * 300_000,
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
    ],
    ids=["nothing", "bytes", "another protocol", "a long status", "an endless head", "two lengths"],
)
async def test_what_is_not_http_is_a_bad_answer(answer: bytes) -> None:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()

    async with playing(play) as port:
        assert await post(f"http://127.0.0.1:{port}/") is WebhookFailure.BAD_ANSWER


async def test_nobody_there_is_a_failed_connection() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert await post(f"http://127.0.0.1:{taken.getsockname()[1]}/") is WebhookFailure.CONNECTION


async def test_a_name_that_nobody_knows() -> None:
    async def unknown(host: str, port: int) -> list[str]:
        del host, port
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    assert await post("https://hr.example/", look_up=unknown) is WebhookFailure.UNKNOWN_HOST
    assert await post("https://hr.example/", look_up=Resolver([])) is WebhookFailure.UNKNOWN_HOST


async def test_the_machines_own_resolver_gives_addresses() -> None:
    assert "127.0.0.1" in await look_up("localhost", 443)


@asynccontextmanager
async def secured(folder: Path, **shown: Any) -> AsyncIterator[tuple[Receiver, Any]]:
    own = certificate(folder / "own.pem", **shown)
    async with receiving(tls=own.serving()) as receiver:
        yield receiver, own.trusting()


async def test_a_certificate_is_checked_for_the_host_that_was_named(tmp_path: Path) -> None:
    async with secured(tmp_path) as (receiver, trusted):
        assert await post(receiver.url(), tls=trusted) is None
        resolver = Resolver(["127.0.0.1"])  # the certificate is that address's, and not the name's
        assert await post(receiver.url("hr.example"), tls=trusted, look_up=resolver) is WebhookFailure.TLS
    assert len(receiver.received) == 1


@pytest.mark.parametrize("shown", [{}, {"until": timedelta(days=-1)}], ids=["that signs itself", "that has expired"])
async def test_a_certificate_is_refused(tmp_path: Path, shown: dict[str, Any]) -> None:
    async with secured(tmp_path, **shown) as (receiver, trusted):
        options = {"tls": trusted} if shown else {}
        assert await post(receiver.url(), **options) is WebhookFailure.TLS
    assert receiver.received == []


async def test_plain_http_where_tls_is_meant_is_a_failure_of_tls() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        await respond(writer, 400)

    async with playing(refuse) as port:
        assert await post(f"https://127.0.0.1:{port}/") is WebhookFailure.TLS


async def test_no_log_holds_the_url(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with receiving(200, 500) as receiver:
        await post(receiver.url())
        await post(receiver.url())
    await post(receiver.url())
    assert "T0PSECRET" not in caplog.text
