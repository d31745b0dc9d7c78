"""What can be followed: each field returns a stream, which whoever serves it reads and sends."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any

import strawberry

from models.queries.event_stream import EventStream, RequestStream
from models.queries.events import EventFilter, resumed
from models.rules.refusals import Refusal
from models.views.request import RequestView
from schema.context import Info
from schema.reading import reading
from schema.selection import want_of
from schema.types.errors import CodedError
from schema.types.event import Event, Filter
from schema.types.request import ExtraSessionsRequest


@strawberry.type(description="What can be followed as it happens. What you may not see sends nothing.")
class Subscription:
    @strawberry.subscription(
        description="What happens from now on, in order and without gaps; or from behind `after` on, so that a client "
        "that comes back misses nothing. It begins with a HEARTBEAT once all that was missed is sent, and one follows "
        "every 30 seconds: each event's `cursor`, a heartbeat's too, is where to resume. What each event shows is what "
        "you may see when it is sent.",
        graphql_type=Event,
    )
    async def events(
        self,
        info: Info,
        filter: Filter = None,
        after: Annotated[
            str | None,
            strawberry.argument(
                description="A cursor of `Query.events` or of this subscription; null for what happens from now on. "
                "CURSOR_EXPIRED where it is older than events can be replayed."
            ),
        ] = None,
    ) -> Any:
        context = info.context
        place = None
        if after is not None:
            async with reading(context) as source:
                place = resumed(source, after, context.replay)
        return EventStream(
            by=context.actor,
            database=context.database,
            clock=context.clock,
            feed=context.feed,
            want=want_of(info),
            filtered=EventFilter() if filter is None else filter.narrowed(),
            after=place,
            heartbeat=context.heartbeat,
        )

    @strawberry.subscription(
        description="One request as it is now, and again whenever something happens to it that you may see. NOT_FOUND "
        "where there is none that you may see, or no longer.",
        graphql_type=ExtraSessionsRequest,
    )
    async def extra_sessions_request(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="As you received it.")]
    ) -> Any:
        context = info.context
        events = EventStream(
            by=context.actor,
            database=context.database,
            clock=context.clock,
            feed=context.feed,
            want=want_of(info).part("events"),
            filtered=EventFilter(request_id=id),
            heartbeat=context.heartbeat,
        )
        stream = RequestStream(events=events, request_id=id, want=want_of(info))
        try:
            await stream.read()
        except Refusal as refusal:
            raise CodedError(refusal.message, refusal.code) from None
        return _coded(stream)


async def _coded(stream: RequestStream) -> AsyncGenerator[RequestView, None]:
    try:
        async with aclosing(stream.changes()) as changes:
            async for request in changes:
                yield request
    except Refusal as refusal:
        raise CodedError(refusal.message, refusal.code) from None
