"""Posts to where integrators say: to addresses of the public internet alone, and by the very address that was checked.

A name is looked up once for each line, all that it leads to is checked, and one of these is connected to: whoever
answers differently the next time is not asked. Redirects are not followed, no proxy of the environment is used, no
cookie is kept, and of an answer's body a little is read and thrown away.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Final

import httpx2

from models.rules.webhooks import UrlInvalid, WebhookFailure, check_url, failure_of, is_public

LookUp = Callable[[str, int], Awaitable[list[str]]]

_CONNECT: Final = 5.0
_WHOLE: Final = 15.0
_BODY: Final = 1.0
"""Seconds in which an answer's body may come: its status has said all that counts."""
_MOST_READ: Final = 16 * 1024
_MOST_ADDRESSES: Final = 3
_AGENT: Final = "extra-sessions-webhooks/1"


async def look_up(host: str, port: int) -> list[str]:
    """Return the addresses of a host, as the machine's resolver gives them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


@cache
def _system_trust() -> ssl.SSLContext:
    """Return what trusts the system's authorities, or those that SSL_CERT_FILE names; they take a while to read."""
    return ssl.create_default_context()


class AddressRefused(Exception):
    """A host leads to an address that is not one of the public internet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """How this deployment reaches its integrators' endpoints."""

    private: bool = False
    """Whether addresses of its own network are allowed, and http."""
    look_up: LookUp = look_up
    tls: ssl.SSLContext = field(default_factory=_system_trust)
    patience: float = _WHOLE
    """Seconds that one sending may take, looking up and connecting included."""

    @asynccontextmanager
    async def to(self, url: str) -> AsyncIterator["Line"]:
        """Open a line; nothing is looked up or connected before the first sending, and one connection serves all."""
        limits = httpx2.Limits(max_connections=1, max_keepalive_connections=1)
        async with httpx2.AsyncHTTPTransport(verify=self.tls, trust_env=False, limits=limits) as transport:
            yield Line(self, url, transport)


class Line:
    """One endpoint's, for a few sendings in a row."""

    def __init__(self, lines: Lines, url: str, transport: httpx2.AsyncHTTPTransport) -> None:
        self._lines = lines
        self._text = url
        self._transport = transport
        self._addresses: list[str] = []

    async def post(self, body: bytes, headers: Mapping[str, str]) -> WebhookFailure | None:
        """Send it and say why that failed; None where it was taken over. Raises nothing that quotes the URL."""
        try:
            async with asyncio.timeout(self._lines.patience):
                return failure_of(await self._status(body, headers))
        except (TimeoutError, httpx2.TimeoutException):
            return WebhookFailure.TIMEOUT
        except (AddressRefused, UrlInvalid):
            return WebhookFailure.REFUSED_ADDRESS
        except (socket.gaierror, UnicodeError):
            return WebhookFailure.UNKNOWN_HOST
        except httpx2.ProtocolError:
            return WebhookFailure.BAD_ANSWER
        except (httpx2.TransportError, OSError) as fault:
            return WebhookFailure.TLS if _is_of_tls(fault) else WebhookFailure.CONNECTION

    async def _status(self, body: bytes, headers: Mapping[str, str]) -> int:
        url = httpx2.URL(self._text)
        if not self._addresses:
            check_url(self._text, private=self._lines.private)  # what is allowed may have changed since it was stored
            self._addresses = await self._checked(url)
        while True:
            try:
                return await self._ask(url, self._addresses[0], body, headers)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                if len(self._addresses) == 1:
                    raise
                self._addresses.pop(0)

    async def _checked(self, url: httpx2.URL) -> list[str]:
        """Return where the host is; one address that is not allowed refuses them all."""
        found = await self._lines.look_up(url.host, url.port or (443 if url.scheme == "https" else 80))
        if not found:
            raise socket.gaierror
        if not self._lines.private and not all(map(is_public, found)):
            raise AddressRefused
        return found[:_MOST_ADDRESSES]

    async def _ask(self, url: httpx2.URL, address: str, body: bytes, headers: Mapping[str, str]) -> int:
        own = {"host": url.netloc.decode("ascii"), "user-agent": _AGENT, "accept-encoding": "identity"}
        timeouts = {"connect": _CONNECT, "read": _WHOLE, "write": _WHOLE, "pool": _WHOLE}
        request = httpx2.Request(
            "POST",
            url.copy_with(host=address),
            headers={**headers, **own, "content-type": "application/json"},
            content=body,
            extensions={"timeout": timeouts, "sni_hostname": url.host.rstrip(".")},
        )
        response = await self._transport.handle_async_request(request)
        try:
            with suppress(TimeoutError, httpx2.TransportError):
                async with asyncio.timeout(_BODY):
                    await _throw_away(response)
        finally:
            await response.aclose()
        return response.status_code


async def _throw_away(response: httpx2.Response) -> None:
    """Read the body, so that the connection can serve again; a long one costs the connection instead."""
    left = _MOST_READ
    async for part in response.aiter_raw(chunk_size=None):
        left -= len(part)
        if left < 0:
            return


def _is_of_tls(fault: BaseException | None) -> bool:
    while fault is not None:
        if isinstance(fault, ssl.SSLError):
            return True
        fault = fault.__cause__ or fault.__context__
    return False
