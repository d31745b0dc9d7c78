"""The page at /graphiql: GraphiQL with a banner, for whoever is signed in; everybody else is sent to sign in first."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import Any, Final, Protocol
from urllib.parse import quote
from zoneinfo import ZoneInfo

import structlog
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from api.auth import Admission
from api.faults import facts_of
from api.page_templates import AWAY, TEMPLATES, notice, page
from api.perimeter import GRAPHQL
from api.workbench.bundle import ASSETS, Bundle, Entry
from api.workbench.tabs import TABS, requested, tabs_for
from models.actor import Actor
from models.clock import Clock
from models.job_queue import UNAVAILABLE, is_unavailable
from models.rules.confidentiality import Sensitivity, clearance
from models.rules.vocabulary import Role

_log = structlog.get_logger()

PATH: Final = "/graphiql"

ROLES: Final[Mapping[Role, str]] = {
    Role.ORG_REVIEWER: "reviewer for",
    Role.CLINICAL_REVIEWER: "clinical reviewer",
    Role.PROVIDER_STAFF: "provider staff",
    Role.CONSULTANT: "consultant at",
    Role.PRACTICE_MANAGER: "practice manager of",
}
"""What each role is called; the name of the place follows it where it belongs to one."""

FindPlace = Callable[[Actor], Awaitable[str]]
"""By name; it is empty for whoever works for the provider."""


class Sessions(Protocol):
    """Who is signed in by which browser."""

    async def admit(self, connection: HTTPConnection) -> Admission | None: ...
    def keep(self, admission: Admission, response: Response) -> None: ...


class Workbench:
    """The routes of the page, of its files, and of the links in mails, which need not know what opens them."""

    def __init__(self, sessions: Sessions, find_place: FindPlace, clock: Clock, bundle: Bundle | None = None) -> None:
        self._sessions = sessions
        self._find_place = find_place
        self._clock = clock
        self._bundle = bundle or Bundle()
        self.routes = (
            Route(PATH, self.page),
            Route(f"{ASSETS}/{{name}}", self._bundle.answer),
            Route("/requests/{request_id}", self.from_mail),
        )

    async def from_mail(self, request: Request) -> Response:
        """Lead on to the page that shows the request."""
        return RedirectResponse(_place(requested(request.path_params["request_id"])), 303)

    async def page(self, request: Request) -> Response:
        """Answer with the page, with the way to sign in, or with what to do where something is not there."""
        request_id = requested(request.query_params.get("request"))
        admission = None
        try:
            admission = await self._sessions.admit(request)
            response = await self._answer(admission, request_id)
        except UNAVAILABLE as fault:
            if not is_unavailable(fault):
                raise
            _log.error("page failed", **facts_of(fault))
            again = {"action": "Try again", "href": _place(request_id)}
            response = notice("Not right now", AWAY, status=503, headers={"retry-after": "2"}, **again)
        if admission is not None:
            self._sessions.keep(admission, response)
        return response

    async def _answer(self, admission: Admission | None, request_id: str) -> Response:
        if admission is None or admission.actor.role not in TABS:  # a machine has no use for a page
            return RedirectResponse(f"/sign-in?next={quote(_place(request_id), safe='')}", 303)
        entry = self._bundle.entry()
        if entry is None:
            return page("workbench_missing.html", status=503)
        return await self._opened(admission.actor, request_id, entry)

    async def _opened(self, actor: Actor, request_id: str, entry: Entry) -> Response:
        nonce = secrets.token_urlsafe(16)
        today = self._clock.now().astimezone(ZoneInfo(actor.time_zone)).date()
        configuration: dict[str, Any] = {
            "graphql": GRAPHQL,
            "tabs": [asdict(each) for each in tabs_for(actor.role, request_id, today)],
        }
        text = TEMPLATES.get_template("workbench.html").render(
            configuration=configuration,
            entry=entry,
            masked=masked(actor),
            name=actor.name,
            nonce=nonce,
            place=await self._find_place(actor),
            role=ROLES[actor.role],
        )
        # The strictest referrer policy that leaves the sign-out form its origin.
        headers = {"content-security-policy": _policy(nonce), "referrer-policy": "same-origin"}
        return HTMLResponse(text, headers=headers)


def _place(request_id: str) -> str:
    return f"{PATH}?request={request_id}" if request_id else PATH


def masked(actor: Actor) -> str:
    """Say in one sentence what this person is not shown."""
    cleared = clearance(actor)
    if Sensitivity.LINKING not in cleared:
        return "Whatever could tell who it is about is masked: it is empty, or says “Confidential”."
    if Sensitivity.IDENTIFYING not in cleared:
        return "The identity of the client is masked: it is empty, or says “Confidential”."
    if Sensitivity.CLINICAL not in cleared:
        return "Clinical answers are masked: they are empty. It is on record whose identity you look at."
    return "Nothing of your own clients is masked. It is on record what you look at."


def _policy(nonce: str) -> str:
    """Return what the browser lets the page do. Monaco writes style attributes; a style element needs the nonce."""
    return (
        "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; font-src 'self'; "
        f"img-src data:; style-src 'self' 'unsafe-inline'; style-src-elem 'self' 'nonce-{nonce}'; "
        "style-src-attr 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
