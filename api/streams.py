"""Runs subscriptions: reads each stream part by part and gives every event the form that was asked for.

Streams of one scope that ask the same and stand at one place share what is read and executed: who they are decides
nothing that any of them is shown. Whoever may be shown what is sealed shares with nobody but themselves, because each
look is on record by account.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Hashable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import orjson
from graphql import (
    DocumentNode,
    Executor,
    FieldNode,
    GraphQLError,
    OperationDefinitionNode,
    VariableNode,
    create_source_event_stream,
    execute_subscription_event,
)
from graphql import ExecutionResult as Executed
from strawberry import Schema
from strawberry.http import GraphQLRequestData
from strawberry.types import ExecutionResult

from api.shared_pages import FRESH, Page, SharedPages
from models.actor import Actor
from models.event_cursor import Position
from models.queries.event_stream import MOST_AT_ONCE, Beat, EventStream, Part
from models.rules.confidentiality import Sensitivity, may_read

_PAGE_BYTES: Final = 262_144
"""What a page may hold, but for its last event: a consumer that does not read keeps one."""
_AT_A_TIME: Final = 10
"""Events that are executed before anybody else has a turn."""

_NOWHERE: Final = Position(None, datetime.min.replace(tzinfo=UTC))

Write = Callable[[ExecutionResult], bytes]


class Subscriptions:
    """Runs the subscriptions of one schema."""

    def __init__(self, schema: Schema, *, write: Write, most_fields: int, fresh: float = FRESH) -> None:
        """``most_fields`` is what one page's events may cost together, counted as an operation's cost is.

        ``fresh`` is for how many seconds a page is shared.
        """
        self._schema = schema
        self._write = write
        self._most_fields = most_fields
        self._shared = SharedPages(fresh)

    async def run(
        self, document: DocumentNode, asked: GraphQLRequestData, *, context: Any, cost: int
    ) -> AsyncGenerator[bytes, None]:
        """Yield each result as it is sent; an operation that can't begin has one, of ``errors`` alone."""
        executor = Executor.build(
            self._schema._schema,  # noqa: SLF001 - Strawberry has no public name for it
            document,
            context_value=context,
            raw_variable_values=asked.variables,
            operation_name=asked.operation_name,
            hide_suggestions=True,
        )
        if isinstance(executor, list):
            yield self._write(ExecutionResult(data=None, errors=executor))
            return
        source = create_source_event_stream(executor)
        stream: Any = await source if executor.is_awaitable(source) else source
        if isinstance(stream, Executed):
            yield self._write(ExecutionResult(data=None, errors=stream.errors))
            return
        if isinstance(stream, EventStream):
            most = max(1, min(MOST_AT_ONCE, self._most_fields // max(1, cost)))
            running = _Running(executor, stream, _sharing(context.actor, executor, asked), most)
            payloads = self._events(running)
        else:
            payloads = self._others(executor, stream)
        try:
            async with aclosing(payloads):
                async for payload in payloads:
                    yield payload
        except GraphQLError as refusal:
            yield self._write(ExecutionResult(data=None, errors=[refusal]))
        except Exception as fault:  # noqa: BLE001 - who presents it tells what is ours from what is the database's
            yield self._write(ExecutionResult(data=None, errors=[GraphQLError("", original_error=fault)]))

    async def _events(self, running: "_Running") -> AsyncGenerator[bytes, None]:
        """Yield events and heartbeats. A shared page may lead further than this stream asked for, or not so far.

        It begins with a read, whether or not anything has happened to anybody since.
        """
        place, begun = _NOWHERE, False
        async with aclosing(running.stream.parts()) as parts:
            async for part in parts:
                if isinstance(part, Beat):
                    reached = Beat(max(part.place, place, key=_number))
                    yield await self._executed(running.executor, running.stream.beat(reached))
                    continue
                place = max(part.after, place, key=_number)
                while not begun or _number(place) < part.until:
                    begun = True
                    page = await self._shared.get(
                        _beginning(running, place, part), partial(self._read, running, part._replace(after=place))
                    )
                    for payload in page.payloads:
                        yield payload
                    place = page.place

    async def _read(self, running: "_Running", part: Part) -> Page:
        stretch = await running.stream.read(part, most=running.most)
        payloads: list[bytes] = []
        size = 0
        for number, view in enumerate(stretch.events):
            if size > _PAGE_BYTES:
                return Page(payloads, stretch.positions[number - 1])
            payloads.append(await self._executed(running.executor, view))
            size += len(payloads[-1])
            if number % _AT_A_TIME == 0:
                await asyncio.sleep(0)
        rest = part.behind(stretch)
        return Page(payloads, Position(part.until, part.at) if rest is None else rest.after)

    async def _others(self, executor: Executor[Any], stream: Any) -> AsyncGenerator[bytes, None]:
        async with aclosing(aiter(stream)) as values:
            async for value in values:
                yield await self._executed(executor, value)

    async def _executed(self, executor: Executor[Any], value: Any) -> bytes:
        executing = execute_subscription_event(executor.build_per_event_executor(value))
        result: Any = await executing if executor.is_awaitable(executing) else executing
        return self._write(ExecutionResult(data=result.data, errors=result.errors))


@dataclass(frozen=True, slots=True)
class _Running:
    """One subscription to the log."""

    executor: Executor[Any]
    stream: EventStream
    sharing: Hashable
    most: int
    """Events in one page."""


def _beginning(running: _Running, place: Position, part: Part) -> Hashable:
    """Return what pages are shared by. One that leads nowhere serves nobody for whom there is more."""
    return running.sharing, place.seq, place.at if place.seq is None else None, _number(place) < part.until


def _number(place: Position) -> int:
    """Return up to which number the log is behind this place; a moment alone is before all of them."""
    return -1 if place.seq is None else place.seq


def _sharing(actor: Actor, executor: Executor[Any], asked: GraphQLRequestData) -> Hashable:
    """Return what streams have in common that are shown the same: scope, zone, document and variables.

    Not where they began: the variable of ``after`` is left out, unless it says more than that.
    """
    by = (actor.role, actor.organisation_id, actor.practice_id, actor.consultant_id, actor.time_zone)
    sealed = any(may_read(actor, kind) for kind in (Sensitivity.IDENTIFYING, Sensitivity.CLINICAL))
    began = _began_by(executor.operation, asked.query or "")
    variables = {name: value for name, value in (asked.variables or {}).items() if name != began}
    return (
        *by,
        actor.account_id if sealed else None,
        asked.query,
        asked.operation_name,
        orjson.dumps(variables, option=orjson.OPT_SORT_KEYS),
    )


def _began_by(operation: OperationDefinitionNode, text: str) -> str | None:
    """Return the variable that is the root field's ``after`` and nothing else."""
    for field in operation.selection_set.selections:
        if isinstance(field, FieldNode):
            for argument in field.arguments or ():
                if argument.name.value == "after" and isinstance(argument.value, VariableNode):
                    name = argument.value.name.value
                    return name if text.count(f"${name}") == 2 else None  # noqa: PLR2004 - declared and used once
    return None
