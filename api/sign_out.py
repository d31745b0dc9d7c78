"""Signs a browser out: a form of our own pages is posted here."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.status import HTTP_303_SEE_OTHER

from api.browser_sessions import BrowserSessions
from api.credentials import OwnPages
from api.errors import FORBIDDEN, HttpRefusal
from api.graphql import refused


class SignOut:
    def __init__(self, sessions: BrowserSessions, pages: OwnPages) -> None:
        self._sessions = sessions
        self._pages = pages

    async def answer(self, request: Request) -> Response:
        """Another page must not sign anybody out, so a browser has to say where the form stood."""
        if not self._pages.are_asking(request, must_say=True):
            return refused(HttpRefusal(403, "Sign out from a page of this server.", code=FORBIDDEN))
        response = RedirectResponse("/sign-in?signed-out", HTTP_303_SEE_OTHER)
        await self._sessions.end(request, response)
        return response
