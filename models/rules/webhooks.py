"""Where a webhook may be sent to, what is refused about one, and when sending to it is given up."""

import ipaddress
import re
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import SplitResult, urlsplit

from models.rules.refusals import Refusal
from models.rules.vocabulary import EventType


class WebhookState(StrEnum):
    ENABLED = "ENABLED"
    SWITCHED_OFF = "SWITCHED_OFF"
    """By the product itself, because nothing could be sent there."""
    DISABLED = "DISABLED"
    """By the provider's staff."""


class WebhookFailure(StrEnum):
    """Why an event could not be sent: all that is kept of it."""

    REDIRECT = "REDIRECT"
    CLIENT_ERROR = "CLIENT_ERROR"
    GONE = "GONE"
    SERVER_ERROR = "SERVER_ERROR"
    BAD_ANSWER = "BAD_ANSWER"
    TIMEOUT = "TIMEOUT"
    UNKNOWN_HOST = "UNKNOWN_HOST"
    REFUSED_ADDRESS = "REFUSED_ADDRESS"
    TLS = "TLS"
    CONNECTION = "CONNECTION"
    ACCOUNT_DISABLED = "ACCOUNT_DISABLED"


class ReplayStart(StrEnum):
    """From where a webhook's events are sent again, where no cursor says it."""

    EARLIEST = "EARLIEST"
    NOW = "NOW"


LONGEST_URL: Final = 2_048
OVERLAP: Final = timedelta(hours=24)
"""For so long after a rotation the old secret signs beside the new one."""
SECRET_BYTES: Final = 32

_NAME: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*\.?", re.IGNORECASE)
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)
_INSIDE: Final = frozenset({"localhost", "local", "internal", "localdomain", "lan", "home", "corp", "intranet", "arpa"})
"""How the names of one machine or of a network inside end. Names are also looked up, at each sending."""
_UNICAST: Final = ipaddress.ip_network("2000::/3")
"""All of IPv6 that is given to anybody: what lies outside is old, local or another protocol's."""
_AT_ONCE: Final = frozenset({WebhookFailure.GONE, WebhookFailure.ACCOUNT_DISABLED})


class UrlInvalid(Refusal):
    code = "URL_INVALID"

    def __init__(self, message: str) -> None:
        super().__init__(message, ("url",))


class AccountUnfit(Refusal):
    code = "ACCOUNT_UNFIT"

    def __init__(self) -> None:
        super().__init__("There is no enabled machine account (INTEGRATOR) with this sign-in name.", ("account",))


class TypesMissing(Refusal):
    code = "TYPES_MISSING"

    def __init__(self) -> None:
        super().__init__("Name at least one type that is stored, or send null for all of them.", ("types",))


def check_url(url: str, *, private: bool) -> None:
    """Raise UrlInvalid unless webhooks may be sent there, as far as that can be told without looking up a name.

    ``private`` is a deployment's word that addresses of its own network are allowed, and http too.
    """
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise UrlInvalid(f"Use at most {LONGEST_URL:,} printable ASCII characters, without spaces or backslashes.")
    parts, port = _split(url)
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        raise UrlInvalid("Use an absolute https URL, such as https://hr.example.org/hooks.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise UrlInvalid("Leave out user, password and fragment; a token may stand in path or query.")
    if port == 0:
        raise UrlInvalid("A port is a number from 1 to 65535.")
    _check_host(parts.hostname or "", private=private)


def is_public(address: str) -> bool:
    """Whether this is an address of the whole internet, and leads to no other that is not."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and (found not in _UNICAST or found.sixtofour or found.teredo):
        return False  # or an IPv4 address in disguise: whoever means it can write it plainly
    return found.is_global and not (found.is_multicast or found.is_reserved)


def check_types(types: Collection[EventType] | None) -> None:
    """Raise TypesMissing for a list that lets nothing through."""
    if types is not None and not set(types) - {EventType.HEARTBEAT}:
        raise TypesMissing


def is_given_up(failure: WebhookFailure, *, since: datetime, at: datetime, after: timedelta) -> bool:
    """Whether sending ends with this failure; where the endpoint is gone, or its account disabled, at once."""
    return failure in _AT_ONCE or at - since >= after


def failure_of(status: int) -> WebhookFailure | None:
    """Return what an answer's status says; None for one that takes the event over."""
    if status == 410:  # noqa: PLR2004 - Gone
        return WebhookFailure.GONE
    return _BY_CLASS.get(status // 100, WebhookFailure.BAD_ANSWER)


_BY_CLASS: Final = {
    2: None,
    3: WebhookFailure.REDIRECT,
    4: WebhookFailure.CLIENT_ERROR,
    5: WebhookFailure.SERVER_ERROR,
}


def _split(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # a bracket that never ends, a port that is no number
        raise UrlInvalid("This is not a URL: look at its host and port.") from None
    return parts, port


def _check_host(host: str, *, private: bool) -> None:
    if ":" in host or _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):  # browsers read 127.1 and 2130706433 too
        if not _is_address(host):
            raise UrlInvalid("Write an address as four decimal numbers, or as IPv6 in brackets.")
        if not private and not is_public(host):
            raise UrlInvalid("This address is not one of the public internet.")
    elif not _NAME.fullmatch(host):
        raise UrlInvalid("This is not a host's name; write one of another alphabet in its xn-- form.")
    elif not private and host.lower().rstrip(".").rpartition(".")[2] in _INSIDE:
        raise UrlInvalid("This is a name inside a network, not one of the public internet.")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
