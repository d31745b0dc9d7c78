"""Which pages of other hosts a browser may let in: the origins of the settings, exactly as they are written there."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

_USUAL_PORTS: Final = {"http": 80, "https": 443}


class Origins:
    """The origin that people reach this server at, and those of single-page front ends elsewhere."""

    def __init__(self, public_url: str, allowed: str = "") -> None:
        """Take the allowed ones divided by commas."""
        self.others = tuple(each for each in allowed.split(",") if each)
        self._known = {origin_of(public_url), *self.others}

    def lets_in(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Whether a request comes from a page that may make it, or from no page at all.

        A machine sends no origin; it needs no such check, because no browser adds its token by itself.
        """
        return all(value.decode("latin-1") in self._known for name, value in headers if name == b"origin")


def origin_of(url: str) -> str:
    """Return the origin of a URL as browsers write it: without the port that the scheme implies."""
    parts = urlsplit(url)
    port = "" if parts.port in {None, _USUAL_PORTS.get(parts.scheme)} else f":{parts.port}"
    host = parts.hostname or ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"
