"""Asks the sign-in provider over HTTP: bounded in time and length, by a line that nobody reads along, nowhere else.

Redirects are not followed, no proxy of the environment is used, and no cookie is kept.
"""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import httpx2
import orjson

from api.setting_kinds import is_guarded

_WHOLE: Final = 5.0
"""Seconds for one question, connecting included: people wait for it."""
_MOST_READ: Final = 256 * 1024
_UNREACHED: Final = "It can't be connected to, or does not speak HTTP as it should."
_DISTRUSTED: Final = (
    "Its certificate has ended, is for another name, or is by no authority that is trusted here: "
    "the system's are, and those in the file that SSL_CERT_FILE names."
)
_HEADERS: Final = {
    "accept": "application/json",
    "accept-encoding": "identity",
    "user-agent": "extra-sessions/1",
}


class ProviderAway(Exception):
    """The sign-in provider gave no answer, or none that can be used. The text is ours and quotes nothing of it."""


class Answer(NamedTuple):
    status: int
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ProviderLine:
    """A connection for each question: there are few."""

    patience: float = _WHOLE

    async def get(self, url: str) -> dict[str, Any]:
        """Return the JSON object that is published there. Raises ProviderAway."""
        answer = await self._ask(httpx2.Request("GET", _checked(url), headers=_HEADERS))
        if answer.status != httpx2.codes.OK:
            raise ProviderAway(f"It answered with status {answer.status}.")
        return answer.document

    async def post_form(self, url: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        """Return what is answered to a form, an error of OAuth's as well. Raises ProviderAway."""
        own = {**_HEADERS, **headers, "content-type": "application/x-www-form-urlencoded"}
        return await self._ask(httpx2.Request("POST", _checked(url), headers=own, content=urlencode(fields).encode()))

    async def _ask(self, request: httpx2.Request) -> Answer:
        request.extensions["timeout"] = dict.fromkeys(("connect", "read", "write", "pool"), self.patience)
        try:
            async with (
                asyncio.timeout(self.patience),
                httpx2.AsyncHTTPTransport(verify=_trust(), trust_env=False) as transport,
            ):
                response = await transport.handle_async_request(request)
                try:
                    return Answer(response.status_code, _object(response.status_code, await _read(response)))
                finally:
                    await response.aclose()
        except (TimeoutError, httpx2.TimeoutException):
            raise ProviderAway("It did not answer in time.") from None
        except (httpx2.TransportError, httpx2.InvalidURL, OSError, UnicodeError) as fault:
            raise ProviderAway(_DISTRUSTED if _is_distrust(fault) else _UNREACHED) from None


def _is_distrust(fault: BaseException | None) -> bool:
    while fault is not None:
        if isinstance(fault, ssl.SSLCertVerificationError):
            return True
        fault = fault.__cause__ or fault.__context__
    return False


def _checked(url: str) -> str:
    if not is_guarded(url):
        raise ProviderAway("An address that it names is neither https nor on this machine.")
    return url


async def _read(response: httpx2.Response) -> bytes:
    body = bytearray()
    async for part in response.aiter_raw():
        body += part
        if len(body) > _MOST_READ:
            raise ProviderAway(f"Its answer is longer than {_MOST_READ:,} bytes.")
    return bytes(body)


def _object(status: int, body: bytes) -> dict[str, Any]:
    if httpx2.codes.is_redirect(status):
        raise ProviderAway("It redirects to another address: set the one that answers itself.")
    if httpx2.codes.is_server_error(status):
        raise ProviderAway(f"It answered with status {status}.")
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = None
    if not isinstance(document, dict):
        raise ProviderAway(f"It answered with status {status}, and not with a JSON object.")
    return document


@cache
def _trust() -> ssl.SSLContext:
    """Return what trusts the system's authorities, or those that SSL_CERT_FILE names; they take a while to read."""
    return ssl.create_default_context()
