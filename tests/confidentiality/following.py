"""Follows subscriptions while a program plays: they are told of what happened when the program says so, and at once.

What runs a stream is the product's own; only who says when to look at the log is another, so that what is sent does not
hang on which of two tasks was faster.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any

import orjson
from graphql import GraphQLError
from strawberry import Schema
from strawberry.http import GraphQLRequestData
from strawberry.types import ExecutionResult

from api.documents import Documents
from api.errors import present
from api.limits import Limits
from api.streams import Subscriptions
from models.actor import Actor
from models.feed import Feed, Growth, Listening
from schema.context import Context
from tests.confidentiality.walk import Document

_MOST_FIELDS = 20_000
ENDED = b"complete"
"""What stands behind the last message of a stream that has ended by itself."""
_LONG = 3_600.0
_MOST_BYSTANDERS = 2
_PATIENCE = 30.0
"""Seconds in which a stream must have read what there is."""
VIEWER, PRODUCT, BYSTANDER = "a viewer", "the product", "a bystander"
"""On whose behalf statements are run: by those of the last two no viewer is answered."""
_ON_BEHALF: ContextVar[str] = ContextVar("on_behalf", default=VIEWER)


def on_behalf() -> str:
    """Return on whose behalf the present task asks the database."""
    return _ON_BEHALF.get()


@contextmanager
def asking_for(whom: str) -> Iterator[None]:
    token = _ON_BEHALF.set(whom)
    try:
        yield
    finally:
        _ON_BEHALF.reset(token)


class Patient(Listening):
    """A stream's ear that waits for growth or for a nudge, however long, and can be seen to wait."""

    def __init__(self, ear: Listening) -> None:
        self.audience, self.place = ear.audience, ear.place
        self._ear = ear
        self._waits = False

    async def next(self, *, patience: float) -> Growth | None:  # noqa: ARG002 - the program says when time is up
        self._waits = True
        growth = await self._ear.next(patience=_LONG)
        self._waits = False
        return growth

    @property
    def is_idle(self) -> bool:
        return self._waits and not self._ear._heard.is_set()  # noqa: SLF001 - only a test asks

    def nudge(self) -> None:
        """Let the time for a heartbeat have come."""
        self._ear._heard.set()  # noqa: SLF001 - only a test's time stands still


class QuietFeed(Feed):
    """Looks at the log when it is told to. Its looks are the product's own: what they read, nobody is told."""

    def __init__(self, *surroundings: Any) -> None:
        super().__init__(*surroundings)
        self.ears: list[Patient] = []

    @asynccontextmanager
    async def listening(self, by: Actor) -> AsyncIterator[Listening]:
        async with super().listening(by) as ear:
            patient = Patient(ear)
            self.ears.append(patient)
            try:
                yield patient
            finally:
                self.ears.remove(patient)

    async def look(self) -> None:
        """Look until there is nothing new."""
        seen = None
        while seen != self.place.seq:
            seen = self.place.seq
            async with self._looking:
                await self._look()

    async def _keep_looking(self) -> None:
        await asyncio.Event().wait()

    async def _look(self) -> None:
        with asking_for(PRODUCT):
            await super()._look()

    async def _begin(self) -> None:
        with asking_for(PRODUCT):
            await super()._begin()


@dataclass(slots=True)
class Followed:
    """One subscription that somebody has open, and what it has sent since it was last asked."""

    name: str
    viewer: str
    document: Document
    task: "asyncio.Task[None]"
    sent: list[bytes]


@dataclass(slots=True)
class Streams:
    """The subscriptions of one world."""

    schema: Schema
    context: Context
    """Whose actor is whoever follows."""
    feed: QuietFeed
    followed: list[Followed] = field(default_factory=list)
    bystanders: list[Followed] = field(default_factory=list)
    """Streams of other organisations' people, beside each of a viewer's: nobody compares what they are sent."""
    _documents: Documents = field(default_factory=lambda: Documents(Limits()))
    _subscriptions: Subscriptions = field(init=False)
    _opened: int = 0

    def __post_init__(self) -> None:
        self._subscriptions = Subscriptions(self.schema, write=_written, most_fields=_MOST_FIELDS, fresh=inf)

    def open(self, viewer: str, by: Actor, content: bytes, document: Document, *, bystander: bool = False) -> None:
        """Begin to follow; what is sent is there once ``drain`` returns."""
        sent: list[bytes] = []
        task = asyncio.create_task(self._follow(by, content, sent, BYSTANDER if bystander else on_behalf()))
        self._opened += not bystander
        name = f"stream {self._opened}, of {viewer}"
        (self.bystanders if bystander else self.followed).append(Followed(name, viewer, document, task, sent))

    @property
    def has_room_for_bystanders(self) -> bool:
        return sum(not each.task.done() for each in self.bystanders) < _MOST_BYSTANDERS

    async def drain(self, *, beat: bool = False) -> None:
        """Let every stream tell all that has happened; then, with ``beat``, that it still runs."""
        async with asyncio.timeout(_PATIENCE):
            await self._settle()
            if self.feed.ears:
                await self.feed.look()
                await self._settle()
            if beat:
                for ear in self.feed.ears:
                    ear.nudge()
                await self._settle()

    async def close(self, keep: int = 0) -> None:
        """End all streams but the last ones."""
        ended = self.followed[: len(self.followed) - keep]
        self.followed = self.followed[len(ended) :]
        if not keep:
            ended += self.bystanders
            self.bystanders = []
        for each in ended:
            each.task.cancel()
        await asyncio.gather(*(each.task for each in ended), return_exceptions=True)

    async def _settle(self) -> None:
        while not self._is_settled():  # noqa: ASYNC110 - no one event says that nobody is at work
            await asyncio.sleep(0)

    def _is_settled(self) -> bool:
        everybody = (*self.followed, *self.bystanders)
        for ended in (each.task for each in everybody if each.task.done()):
            ended.result()  # a fault of the test's own is told at once
        open_ones = sum(not each.task.done() for each in everybody)
        return open_ones == len(self.feed.ears) and all(ear.is_idle for ear in self.feed.ears)

    async def _follow(self, by: Actor, content: bytes, sent: list[bytes], whose: str) -> None:
        with asking_for(whose):
            body = orjson.loads(content)
            asked = GraphQLRequestData(body["query"], body.get("variables"), None, None)
            async with aclosing(self._run(by, asked)) as payloads:
                async for payload in payloads:
                    sent.append(payload)  # noqa: PERF401 - whoever collects looks while it grows
            sent.append(ENDED)

    async def _run(self, by: Actor, asked: GraphQLRequestData) -> AsyncGenerator[bytes, None]:
        """Yield what a transport sends."""
        served = self.schema._schema  # noqa: SLF001 - Strawberry has no public name for it
        try:
            prepared = self._documents.prepare(asked.query or "", served)
        except GraphQLError as refusal:
            yield _written(ExecutionResult(data=None, errors=[refusal]))
            return
        errors = list(prepared.errors)
        for price in prepared.prices.values():
            refusal_of_cost = price.refusal(asked.variables or {}, allowed=_MOST_FIELDS, schema=served)
            errors += [refusal_of_cost] if refusal_of_cost else []
        if errors:
            yield _written(ExecutionResult(data=None, errors=errors))
            return
        context = replace(self.context, actor=by)
        results = self._subscriptions.run(prepared.document, asked, context=context, cost=1)
        async with aclosing(results):
            async for result in results:
                yield result


def _written(result: ExecutionResult) -> bytes:
    shown = [present(error) for error in result.errors or ()]
    return orjson.dumps({"data": result.data, "errors": shown} if shown else {"data": result.data})
