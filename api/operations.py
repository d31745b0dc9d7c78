"""Runs one operation for whichever transport asks: what it yields is what the client reads, as JSON."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Any, Final, Generic, Protocol, TypeVar, cast

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode
from graphql import OperationType as Kind
from strawberry import Schema
from strawberry.http import GraphQLRequestData
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from api.connections import Connections
from api.documents import Documents
from api.errors import BAD_USER_INPUT
from api.requests import written
from api.tally import current
from models.actor import Actor

ContextT = TypeVar("ContextT")
NAME_ONE: Final = "Say by operationName which operation of the document to run."
AT_ONCE: Final = frozenset({OperationType.QUERY, OperationType.MUTATION})


class Operations(Protocol):
    """What stands behind the transports."""

    def is_subscription(self, asked: GraphQLRequestData) -> bool:
        """Whether it is one that can begin: a client of plain JSON can't be answered."""
        ...

    def run(self, actor: Actor, asked: GraphQLRequestData) -> AsyncGenerator[bytes, None]:
        """Yield each result as JSON; the end means that it is complete. Close it to stop it.

        A query or a mutation has one result. An operation that can't begin has one too, of ``errors`` alone.
        """
        ...


class _CannotBegin(Exception):
    """What is asked for can't be run, for these reasons."""

    def __init__(self, *errors: GraphQLError) -> None:
        super().__init__()
        self.errors = errors


class SchemaOperations(Generic[ContextT]):
    """Runs them by a schema whose extension is the guard of these ``documents``; each gets a context of its own."""

    def __init__(
        self,
        schema: Schema,
        documents: Documents,
        *,
        open_context: Callable[[Actor], ContextT],
        connections: Connections,
    ) -> None:
        self._schema = schema
        self._documents = documents
        self._open_context = open_context
        self._connections = connections

    def is_subscription(self, asked: GraphQLRequestData) -> bool:
        try:
            return self._begin(asked)[1] is Kind.SUBSCRIPTION
        except _CannotBegin:
            return False

    async def run(self, actor: Actor, asked: GraphQLRequestData) -> AsyncGenerator[bytes, None]:
        try:
            asked, kind = self._begin(asked)
        except _CannotBegin as refusal:
            yield written(ExecutionResult(data=None, errors=list(refusal.errors)))
            return
        if kind is not Kind.SUBSCRIPTION:
            yield written(await self._execute(actor, asked))
            return
        if tally := current.get():
            tally.lasts = True
        async with aclosing(self._subscribe(actor, asked)) as results:
            async for result in results:
                yield written(result)

    def _begin(self, asked: GraphQLRequestData) -> tuple[GraphQLRequestData, Kind]:
        """Return what is asked for, with the text of its document, and of which kind it is."""
        try:
            text = self._documents.persisted.text_of(asked.query, asked.extensions)
            prepared = self._documents.prepare(text or "", self._schema._schema)  # noqa: SLF001 - Strawberry has no public name for it
        except GraphQLError as refusal:
            raise _CannotBegin(refusal) from None
        if prepared.errors:
            raise _CannotBegin(*prepared.errors)
        asked = GraphQLRequestData(text, asked.variables, asked.operation_name, asked.extensions)
        return asked, _kind_of(prepared.document, asked.operation_name)

    async def _execute(self, actor: Actor, asked: GraphQLRequestData) -> ExecutionResult:
        return await self._schema.execute(
            asked.query,
            variable_values=asked.variables,
            context_value=self._open_context(actor),
            operation_name=asked.operation_name,
            allowed_operation_types=AT_ONCE,
            operation_extensions=asked.extensions,
        )

    async def _subscribe(self, actor: Actor, asked: GraphQLRequestData) -> AsyncGenerator[ExecutionResult, None]:
        """Yield the results of one subscription, while there is room for it."""
        with self._connections.subscribing(actor) as refusal:
            if refusal is not None:
                yield ExecutionResult(data=None, errors=[refusal])
                return
            stream = await self._schema.subscribe(
                asked.query,
                variable_values=asked.variables,
                context_value=self._open_context(actor),
                operation_name=asked.operation_name,
                operation_extensions=asked.extensions,
            )
            async with aclosing(cast("AsyncGenerator[Any, None]", stream)) as results:
                async for result in cast("AsyncIterator[ExecutionResult]", results):
                    yield result


def _kind_of(document: DocumentNode, name: str | None) -> Kind:
    """Return the kind of the operation of this name; without one, of the document's only operation."""
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    named = [node for node in operations if name is None or (node.name and node.name.value == name)]
    if len(named) != 1:
        raise _CannotBegin(GraphQLError(NAME_ONE, extensions={"code": BAD_USER_INPUT}))
    return named[0].operation
