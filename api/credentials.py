"""What a caller is known by: a header of their own, or the cookie that their browser adds without being asked."""

from typing import Final, NamedTuple

from starlette.requests import HTTPConnection
from starlette.responses import Response

from api.errors import FORBIDDEN, HttpRefusal
from api.origins import own_origins

PREFLIGHT: Final = "graphql-require-preflight"
"""A header that a page of another origin can't send unasked: a browser asks us first, and we say no."""


class Credentials(NamedTuple):
    authorization: str | None = None
    secret: str | None = None
    """Of a browser's session, where no other page can have sent it."""


class OwnPages:
    """Tells requests of our own pages from those that another page made a browser send, cookie and all."""

    def __init__(self, public_url: str) -> None:
        self._origins = own_origins(public_url)
        self._is_https = public_url.startswith("https://")
        self.cookie = self.cookie_named("session")

    def cookie_named(self, name: str) -> str:
        """Return what it is called: by https so that browsers let no other host of this site set it."""
        return f"__Host-{name}" if self._is_https else name

    def set_cookie(self, response: Response, name: str, value: str, lasts: int | None = None) -> None:
        """Have the browser keep it for so many seconds, or until it is closed; 0 has it forgotten.

        It is for every path because only so a browser takes a name that begins with ``__Host-``.
        """
        response.set_cookie(name, value, lasts, path="/", secure=self._is_https, httponly=True, samesite="lax")

    def secret_of(self, connection: HTTPConnection) -> str | None:
        """Return what the cookie says, whoever had it sent: for pages that change nothing."""
        return cookies_of(connection).get(self.cookie)

    def of_request(self, connection: HTTPConnection) -> Credentials:
        """Raise the refusal of a cookie that another page may have had sent."""
        authorization, secret = connection.headers.get("authorization"), self.secret_of(connection)
        if authorization is not None or secret is None:
            return Credentials(authorization)
        if PREFLIGHT not in connection.headers:
            message = "A request that is signed in by a cookie needs the header GraphQL-Require-Preflight: 1."
            raise HttpRefusal(403, message, code=FORBIDDEN)
        if not self.are_asking(connection):
            raise HttpRefusal(403, "The cookie counts for this server's own pages alone.", code=FORBIDDEN)
        return Credentials(secret=secret)

    def of_socket(self, connection: HTTPConnection) -> Credentials:
        """Leave out a cookie that another page may have had sent: no preflight goes before a socket."""
        its_own = connection.headers.get("origin") in self._origins
        secret = self.secret_of(connection) if its_own else None
        return Credentials(connection.headers.get("authorization"), secret)

    def are_asking(self, connection: HTTPConnection, *, must_say: bool = False) -> bool:
        """Whether one of them sent it, by what the browser says. Others say nothing, unless they must."""
        said = connection.headers.get("origin"), connection.headers.get("sec-fetch-site")
        if said == (None, None):
            return not must_say
        return (said[0] is None or said[0] in self._origins) and said[1] in {None, "same-origin"}


def cookies_of(connection: HTTPConnection) -> dict[str, str]:
    """Return what the browser keeps for us, each by its name to the letter.

    Starlette leaves out whatever Unicode calls a space, and a browser does not: a sibling host may have it keep a name
    with such a byte before ``__Host-``, which would then be taken for the one that no other host can give.
    """
    found: dict[str, str] = {}
    for each in ";".join(connection.headers.getlist("cookie")).split(";"):
        name, _, value = each.strip(" \t").partition("=")
        found.setdefault(name, value)
    return found
