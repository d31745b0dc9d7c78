"""What every request passes on its way in and out: a number for the logs, safe headers, and no fault's text outside."""

import secrets
import time
from collections.abc import Mapping
from contextlib import nullcontext

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import INTERNAL_SERVER_ERROR, HttpRefusal
from api.faults import facts_of
from api.graphql import refused
from api.metrics import report_request
from api.tally import Tally, current
from api.traces import NoTraces, Traces

_log = structlog.get_logger()

SAFE_HEADERS: Mapping[str, str] = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
GRAPHQL = "/graphql"
"""The route whose requests are counted."""
_BEGINNINGS = frozenset({"http.response.start", "websocket.http.response.start"})
"""The second turns a socket away before it is one."""
_HTTPS_ONLY = {"strict-transport-security": "max-age=31536000"}


class Perimeter:
    """ASGI middleware around the whole application. It logs each request by its route: a URL can carry anything."""

    def __init__(self, app: ASGIApp, *, https: bool, traces: Traces | None = None) -> None:
        self._app = app
        self._traces = traces or NoTraces()
        self._headers = {**SAFE_HEADERS, **_HTTPS_ONLY} if https else dict(SAFE_HEADERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._pass_socket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        passage = _Passage(send, self._headers)
        counting = current.set(passage.tally)
        traced = self._traces.request(passage.tally) if scope["path"] == GRAPHQL else nullcontext()
        with structlog.contextvars.bound_contextvars(request_id=passage.request_id), traced:
            try:
                await self._app(scope, receive, passage.send)
            except Exception as fault:  # noqa: BLE001 - the last one to see it: beyond here its text would be logged
                _log.error("request failed", code=INTERNAL_SERVER_ERROR, **facts_of(fault))
                if passage.tally.status is None:
                    failure = HttpRefusal(500, "Something went wrong on our side.", code=INTERNAL_SERVER_ERROR)
                    await refused(failure)(scope, receive, passage.send)
            passage.report(scope)
        current.reset(counting)
        structlog.contextvars.unbind_contextvars("operation")

    async def _pass_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A socket gets its number too. What is done on it is logged and counted where it ends."""
        passage = _Passage(send, self._headers)
        with structlog.contextvars.bound_contextvars(request_id=passage.request_id):
            try:
                await self._app(scope, receive, passage.send)
            except Exception as fault:  # noqa: BLE001 - as above
                _log.error("socket failed", code=INTERNAL_SERVER_ERROR, **facts_of(fault))


class _Passage:
    """One response on its way out."""

    def __init__(self, send: Send, headers: Mapping[str, str]) -> None:
        self.request_id = secrets.token_hex(8)
        self.tally = Tally()
        self._send = send
        self._headers = headers
        self._began = time.perf_counter()

    async def send(self, message: Message) -> None:
        if message["type"] == "websocket.accept":
            message.setdefault("headers", [])
            MutableHeaders(scope=message)["x-request-id"] = self.request_id
        elif message["type"] in _BEGINNINGS:
            self.tally.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["x-request-id"] = self.request_id
            for name, value in self._headers.items():
                headers.setdefault(name, value)
        await self._send(message)

    def report(self, scope: Scope) -> None:
        """Write the request's line; one for GraphQL is counted, and says what it asked for and how it ended."""
        route = getattr(scope.get("route"), "path", None)
        seconds = time.perf_counter() - self._began
        facts = {"route": route, "status": self.tally.status, "milliseconds": round(seconds * 1000, 1)}
        if route == GRAPHQL:
            facts |= {"operation": self.tally.operation, "outcome": self.tally.end.value}
            report_request(self.tally, seconds)
        _log.info("request", statements=self.tally.statements, **facts)
