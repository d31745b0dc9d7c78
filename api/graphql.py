"""Mounts the schema: GraphQL over HTTP with its media types and status codes, one context for each operation."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeVar, cast

import orjson
import structlog
from cross_web import AsyncHTTPRequestAdapter, HTTPException, StarletteRequestAdapter
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry import Schema
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult

from api.errors import INTERNAL_SERVER_ERROR, SERVICE_UNAVAILABLE, TRY_AGAIN, HttpRefusal
from api.event_streams import EventStreams
from api.faults import facts_of
from api.negotiation import GRAPHQL_RESPONSE, JSON, is_json, negotiate, takes_event_stream
from api.operations import AT_ONCE, NAME_ONE
from api.requests import presented, read_request
from models.actor import Actor
from models.job_queue import UNAVAILABLE, is_unavailable

ContextT = TypeVar("ContextT")
_log = structlog.get_logger()


class BoundedRequest(StarletteRequestAdapter):
    """Reads no more of a body than is allowed, whatever length was announced."""

    def __init__(self, request: Request, *, most: int) -> None:
        super().__init__(request)
        self._stream = request.stream()
        self._most = most

    async def get_body(self) -> bytes:
        """Raise the refusal of a body that is too long."""
        body = bytearray()
        async for chunk in self._stream:
            body += chunk
            if len(body) > self._most:
                raise HttpRefusal(413, f"The body is longer than {self._most:,} bytes.", connection="close")
        return bytes(body)


class GraphQLEndpoint(GraphQL[ContextT, None]):
    """POST only, one operation to a request, no page in a browser: that and the sockets have places of their own."""

    def __init__(
        self,
        schema: Schema,
        *,
        authenticate: Callable[[HTTPConnection], Awaitable[Actor]],
        open_context: Callable[[Actor], ContextT],
        max_body_bytes: int,
        streams: EventStreams | None = None,
    ) -> None:
        super().__init__(schema, graphql_ide=None, allow_queries_via_get=False, subscription_protocols=())
        self._authenticate = authenticate
        self._open_context = open_context
        self._streams = streams
        self.request_adapter_class = partial(BoundedRequest, most=max_body_bytes)  # type: ignore[assignment]  # any callable will do

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            answer = await self._answer(request)
            await answer(scope, receive, send)
        except ClientDisconnect:
            return
        except HttpRefusal as refusal:
            await self._refuse(refusal, request, send)
        except UNAVAILABLE as fault:  # before an operation could begin: nobody can be signed in
            if not is_unavailable(fault):
                raise
            _log.error("request failed", code=SERVICE_UNAVAILABLE, **facts_of(fault))
            later = HttpRefusal(503, TRY_AGAIN, code=SERVICE_UNAVAILABLE, retry_after="2")
            await self._refuse(later, request, send)

    async def _refuse(self, refusal: HttpRefusal, request: Request, send: Send) -> None:
        answer = refused(refusal, negotiate(request.headers.get("accept")) or JSON)
        await answer(request.scope, request.receive, send)

    async def _answer(self, request: Request) -> ASGIApp:
        if request.method != "POST":
            raise HttpRefusal(405, "GraphQL is served to POST requests.", allow="POST")
        if not is_json(request.headers.get("content-type")):
            raise HttpRefusal(415, "Send the request as application/json in UTF-8.")
        accept = request.headers.get("accept")
        if self._streams is not None and takes_event_stream(accept):
            return await self._answer_either_way(request, self._streams, negotiate(accept))
        try:
            return await self.run(request)
        except HTTPException as error:
            raise HttpRefusal(error.status_code, error.reason) from None

    async def _answer_either_way(self, request: Request, streams: EventStreams, media_type: str | None) -> ASGIApp:
        """Stream what must be streamed; all else too, where the caller takes nothing but that."""
        admission = await streams.doorway.reception.admit_request(request)
        data = await self.parse_http_body(self.request_adapter_class(request))
        if media_type is None or streams.operations.is_subscription(data):
            return partial(streams.answer, asked=(admission, data))
        result = await self.execute_single(request_data=data, context=self._open_context(admission.actor))
        return self.create_response(await self.process_result(request, result), Response(media_type=media_type))

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        """Settle the media type before anything else is done."""
        media_type = negotiate(request.headers.get("accept"))
        if media_type is None:
            raise HttpRefusal(406, f"Answers are {GRAPHQL_RESPONSE} or {JSON}.")
        return Response(media_type=media_type)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> ContextT:
        """Sign in before a byte of the body is read."""
        del response
        return self._open_context(await self._authenticate(request))

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData:
        try:
            document = orjson.loads(await request.get_body())
        except orjson.JSONDecodeError:
            raise HttpRefusal(400, "The body is not JSON in UTF-8.") from None
        if not isinstance(document, dict):
            raise HttpRefusal(400, "The body must be one JSON object; a batch is not served.")
        return read_request(document)

    async def execute_single(self, *_: Any, **given: Any) -> ExecutionResult:
        """Run one query or mutation; a subscription has nobody here to send its events to."""
        data: GraphQLRequestData = given["request_data"]
        try:
            return await self.schema.execute(
                data.query,
                variable_values=data.variables,
                context_value=given["context"],
                operation_name=data.operation_name,
                allowed_operation_types=AT_ONCE,
                operation_extensions=data.extensions,
            )
        except CannotGetOperationTypeError:
            raise HttpRefusal(400, NAME_ONE) from None
        except InvalidOperationTypeError:
            raise HttpRefusal(400, "Subscriptions are not served to plain HTTP requests.") from None

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        del request
        return cast("GraphQLHTTPResponse", presented(result))

    def create_response(
        self, response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse], sub_response: Response
    ) -> Response:
        media_type = sub_response.media_type or JSON
        single = cast("GraphQLHTTPResponse", response_data)  # batching is off
        return _response(_status(single, media_type), single, media_type)

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)


def refused(refusal: HttpRefusal, media_type: str = JSON) -> Response:
    """Return the answer to a request that was turned away, in the shape of every GraphQL answer."""
    return _response(refusal.status, refusal.body(), media_type, refusal.headers)


def _status(response_data: GraphQLHTTPResponse, media_type: str) -> int:
    """Clients of the older type take any other status than 200 for no answer; a fault of ours they must see."""
    if "data" in response_data:
        return 200
    codes = {error["extensions"]["code"] for error in response_data["errors"] or () if isinstance(error, dict)}
    if INTERNAL_SERVER_ERROR in codes:
        return 500
    if SERVICE_UNAVAILABLE in codes:
        return 503
    return 400 if media_type == GRAPHQL_RESPONSE else 200


def _response(status: int, body: object, media_type: str, headers: Mapping[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, {**(headers or {}), "content-type": f"{media_type}; charset=utf-8"})
