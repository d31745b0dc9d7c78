"""Runs subscriptions: reads each stream part by part and gives every event the form that was asked for.

Streams of one scope that ask the same and stand at one place share what is read and executed: who they are decides
nothing that any of them is shown. Whoever may be shown what is sealed shares with nobody but themselves, because each
look is on record by account.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable
from contextlib import aclosing
from dataclasses import dataclass
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

from models.actor import Actor
from models.queries.event_stream import MOST_AT_ONCE, Beat, EventStream, Part
from models.rules.confidentiality import Sensitivity, may_read

_PAGE_BYTES: Final = 262_144
"""What a page may hold, but for its last event: a consumer that does not read keeps one."""
_KEPT_PAGES: Final = 64
_AT_A_TIME: Final = 10
"""Events that are executed before anybody else has a turn."""

Write = Callable[[ExecutionResult], bytes]


@dataclass(frozen=True, slots=True)
class Page:
    """The first events of a part, as they are sent, and what is left of it."""

    payloads: list[bytes]
    rest: Part | None


class SharedPages:
    """Pages by what they were made of. The same one is made once, while those who want it wait for it."""

    def __init__(self) -> None:
        self._pages: OrderedDict[Hashable, asyncio.Task[Page]] = OrderedDict()

    async def get(self, key: Hashable, make: Callable[[], Awaitable[Page]]) -> Page:
        task = self._pages.get(key)
        if task is None or (task.done() and _failed(task)):
            task = asyncio.create_task(_made(make))
            self._pages[key] = task
            while len(self._pages) > _KEPT_PAGES:
                self._pages.popitem(last=False)
        return await asyncio.shield(task)


async def _made(make: Callable[[], Awaitable[Page]]) -> Page:
    return await make()


def _failed(task: asyncio.Task[Page]) -> bool:
    return task.cancelled() or task.exception() is not None


class Subscriptions:
    """Runs the subscriptions of one schema."""

    def __init__(self, schema: Schema, *, write: Write, most_fields: int) -> None:
        """``most_fields`` is what one page's events may cost together, counted as an operation's cost is."""
        self._schema = schema
        self._write = write
        self._most_fields = most_fields
        self._shared = SharedPages()

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
        async with aclosing(running.stream.parts()) as parts:
            async for part in parts:
                if isinstance(part, Beat):
                    yield await self._executed(running.executor, running.stream.beat(part))
                    continue
                rest: Part | None = part
                while rest is not None:
                    page = await self._shared.get((running.sharing, rest), partial(self._read, running, rest))
                    for payload in page.payloads:
                        yield payload
                    rest = page.rest

    async def _read(self, running: "_Running", part: Part) -> Page:
        stretch = await running.stream.read(part, most=running.most)
        payloads: list[bytes] = []
        size = 0
        for number, view in enumerate(stretch.events):
            if size > _PAGE_BYTES:
                return Page(payloads, part._replace(after=stretch.positions[number - 1]))
            payloads.append(await self._executed(running.executor, view))
            size += len(payloads[-1])
            if number % _AT_A_TIME == 0:
                await asyncio.sleep(0)
        return Page(payloads, part.behind(stretch))

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
