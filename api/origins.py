"""Which pages of other hosts a browser may let in: the origins of the settings, exactly as they are written there."""

import ipaddress
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

_USUAL_PORTS: Final = {"http": 80, "https": 443}


class Origins:
    """The origin that people reach this server at, and those of single-page front ends elsewhere."""

    def __init__(self, public_url: str, allowed: str = "") -> None:
        """Take the allowed ones divided by commas."""
        self.others = tuple(each for each in allowed.split(",") if each)
        self._known = {*own_origins(public_url), *self.others}

    def lets_in(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Whether a request comes from a page that may make it, or from no page at all.

        A machine sends no origin; it needs no such check, because no browser adds its token by itself.
        """
        return all(value.decode("latin-1") in self._known for name, value in headers if name == b"origin")


def own_origins(public_url: str) -> frozenset[str]:
    """Return the origins of this server's own pages: on a machine of one's own, by each of its names for itself."""
    own = origin_of(public_url)
    parts = urlsplit(own)
    if not is_this_machine(parts.hostname or ""):
        return frozenset({own})
    port = "" if parts.port is None else f":{parts.port}"
    return frozenset({own, *(f"{parts.scheme}://{host}{port}" for host in ("localhost", "127.0.0.1", "[::1]"))})


def origin_of(url: str) -> str:
    """Return the origin of a URL as browsers write it: without the port that the scheme implies."""
    parts = urlsplit(url)
    port = "" if parts.port in {None, _USUAL_PORTS.get(parts.scheme)} else f":{parts.port}"
    host = parts.hostname or ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
