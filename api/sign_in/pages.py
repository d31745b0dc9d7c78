"""The pages that people sign in by: at the provider's and back, or in a demo by choosing who to be."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import urlencode

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from api.credentials import OwnPages, cookies_of
from api.faults import facts_of
from api.page_templates import AWAY, STYLE, notice, style
from api.sign_in.attempts import Attempts
from api.sign_in.client import CALLBACK
from api.sign_in.next_page import local_path
from api.sign_in.openid import SignInFailed, SignInProvider, attempt_of
from api.sign_in.transaction import LIFETIME
from models.actor import Actor
from models.job_queue import UNAVAILABLE, is_unavailable

SIGN_IN: Final = "/sign-in"
_COOKIE: Final = "sign-in-"
_MOST_ATTEMPTS: Final = 4
"""Of one browser at a time: each has a cookie, and a server takes no headers of any length."""

FindActor = Callable[[str], Awaitable[Actor | None]]
BeginSession = Callable[[Request, str, Response], Awaitable[bool]]
"""Takes the account's id, and has the answer take the cookie along; False where no such person may sign in."""
Answer = Callable[[Request], Awaitable[Response]]
_log = structlog.get_logger()


class Pages(Protocol):
    """One way to sign in."""

    def routes(self) -> tuple[BaseRoute, ...]: ...


@dataclass(frozen=True, slots=True)
class Door:
    """What every way to sign in ends with."""

    find_actor: FindActor
    begin_session: BeginSession
    attempts: Attempts

    def knock(self, request: Request) -> None:
        """Count an attempt. Raises SignInFailed for one too many, and for what no person does.

        A picture that some page has loaded from here would else use up what the reader's whole office may try.
        """
        if request.headers.get("sec-fetch-dest", "document") != "document":
            _log.warning("sign-in refused", reason="no page of its own")
            raise SignInFailed("Open this as a page of its own to sign in.", 403)
        if seconds := self.attempts.refuse(request.client.host if request.client else None):
            _log.warning("sign-in refused", reason="too many attempts")
            text = "There were too many attempts to sign in just now. Wait a minute, then try again."
            raise SignInFailed(text, 429, retry_after=seconds)

    async def let_in(self, request: Request, name: str, next_page: str) -> Response:
        """Sign in whoever this is. Raises SignInFailed: an unknown, a disabled and a machine's account look alike."""
        actor = await self.find_actor(name)
        response = RedirectResponse(local_path(next_page), 303)
        account_id = None if actor is None else actor.account_id
        if account_id is None or not await self.begin_session(request, account_id, response):
            _log.warning("sign-in refused", reason="no account")
            raise SignInFailed("There is no account here that is open to you. Ask whoever runs this service.", 403)
        return response


class ProviderPages:
    """Sends the browser to the provider, and takes it back."""

    def __init__(self, provider: SignInProvider, door: Door, pages: OwnPages) -> None:
        self._provider = provider
        self._door = door
        self._pages = pages
        self._prefix = pages.cookie_named(_COOKIE)
        self._named = re.compile(rf"{self._prefix}[A-Za-z0-9_-]{{12}}")

    def routes(self) -> tuple[BaseRoute, ...]:
        return (
            Route(SIGN_IN, for_people(self._begin), methods=["GET"]),
            Route(CALLBACK, for_people(self._finish), methods=["GET"]),
            Route(STYLE, style, methods=["GET"]),
        )

    async def _begin(self, request: Request) -> Response:
        if "signed-out" in request.query_params:
            return await self._signed_out()
        self._door.knock(request)
        begun = await self._provider.begin(request.query_params.get("next", ""))
        response = RedirectResponse(begun.url, 303)
        others = self._attempts_of(request)
        for name in others if len(others) >= _MOST_ATTEMPTS else ():
            self._pages.set_cookie(response, name, "", 0)
        self._pages.set_cookie(response, self._prefix + begun.attempt, begun.transaction, LIFETIME)
        return response

    async def _signed_out(self) -> Response:
        """Say so, and where the provider's own session ends: it would let the next one at this computer in again."""
        elsewhere = await self._provider.sign_out_url()
        text = "You can close this page now."
        if elsewhere:
            text = "Your sign-in provider may still know you in this browser. Do others use it? Sign out there too."
        return notice("You are signed out", text, action="Sign in again", elsewhere=elsewhere)

    async def _finish(self, request: Request) -> Response:
        self._door.knock(request)
        params = dict(request.query_params)
        name = self._prefix + attempt_of(params.get("state", ""))
        transaction = self._attempts_of(request).get(name)
        try:
            finished = await self._provider.finish(params, transaction)
            response = await self._door.let_in(request, finished.name, finished.next)
        except SignInFailed as failed:
            response = failure(failed, failed.next)
        if transaction is not None:
            self._pages.set_cookie(response, name, "", 0)
        return response

    def _attempts_of(self, request: Request) -> dict[str, str]:
        cookies = cookies_of(request)
        return {name: cookies[name] for name in cookies if self._named.fullmatch(name)}


class NoPages:
    """Where no client of the provider's is set up: machines and front ends sign in by tokens, browsers not at all."""

    def routes(self) -> tuple[BaseRoute, ...]:
        return Route(SIGN_IN, self._tell, methods=["GET"]), Route(STYLE, style, methods=["GET"])

    async def _tell(self, _request: Request) -> Response:
        return notice("Signing in here is not set up", "Ask whoever runs this server.", status=404)


def for_people(answer: Answer) -> Answer:
    """Let a page say what went wrong, to a person."""

    async def guarded(request: Request) -> Response:
        try:
            return await answer(request)
        except SignInFailed as failed:
            return failure(failed, request.query_params.get("next", ""))
        except UNAVAILABLE as fault:
            if not is_unavailable(fault):
                raise
            _log.error("sign-in failed", **facts_of(fault))
            away = SignInFailed(AWAY, 503, retry_after=2)
            return failure(away, request.query_params.get("next", ""))

    return guarded


def failure(failed: SignInFailed, next_page: str = "") -> Response:
    """Return the page of somebody who was not signed in."""
    headers = {"retry-after": str(failed.retry_after)} if failed.retry_after else {}
    href = f"{SIGN_IN}?{urlencode({'next': local_path(next_page)})}" if next_page else SIGN_IN
    return notice(
        "You are not signed in", str(failed), action="Try again", href=href, status=failed.status, headers=headers
    )
