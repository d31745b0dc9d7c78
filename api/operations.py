"""Runs one operation for whichever transport asks: what it yields is what the client reads, as JSON."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from graphql import DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode
from graphql import OperationType as Kind
from strawberry import Schema
from strawberry.http import GraphQLRequestData
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from api.connections import Connections
from api.cost import OperationPrice
from api.documents import Documents, Prepared, tell_of
from api.errors import BAD_USER_INPUT
from api.requests import written
from api.streams import Subscriptions
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
        self._graphql: GraphQLSchema = schema._schema  # noqa: SLF001 - Strawberry has no public name for it
        self._subscriptions = Subscriptions(schema, write=written, most_fields=documents.limits.cost)
        self._documents = documents
        self._open_context = open_context
        self._connections = connections

    def is_subscription(self, asked: GraphQLRequestData) -> bool:
        try:
            return self._begin(asked).operation.operation is Kind.SUBSCRIPTION
        except _CannotBegin:
            return False

    async def run(self, actor: Actor, asked: GraphQLRequestData) -> AsyncGenerator[bytes, None]:
        try:
            begun = self._begin(asked)
        except _CannotBegin as refusal:
            yield _refused(*refusal.errors)
            return
        if begun.operation.operation is not Kind.SUBSCRIPTION:
            yield written(await self._execute(actor, begun.asked))
            return
        if tally := current.get():
            tally.lasts = True
        async with aclosing(self._subscribe(actor, begun)) as results:
            async for result in results:
                yield result

    def _begin(self, asked: GraphQLRequestData) -> "_Begun":
        """Find the document and the operation in it."""
        try:
            text = self._documents.persisted.text_of(asked.query, asked.extensions)
            prepared = self._documents.prepare(text or "", self._graphql)
        except GraphQLError as refusal:
            raise _CannotBegin(refusal) from None
        if prepared.errors:
            raise _CannotBegin(*prepared.errors)
        asked = GraphQLRequestData(text, asked.variables, asked.operation_name, asked.extensions)
        return _Begun(asked, prepared, _operation_of(prepared.document, asked.operation_name))

    async def _execute(self, actor: Actor, asked: GraphQLRequestData) -> ExecutionResult:
        return await self._schema.execute(
            asked.query,
            variable_values=asked.variables,
            context_value=self._open_context(actor),
            operation_name=asked.operation_name,
            allowed_operation_types=AT_ONCE,
            operation_extensions=asked.extensions,
        )

    async def _subscribe(self, actor: Actor, begun: "_Begun") -> AsyncGenerator[bytes, None]:
        """Yield the results of one subscription, if it may cost what it does and there is room for it."""
        asked, price = begun.asked, begun.price
        variables = asked.variables or {}
        tell_of(price.field)
        if refusal := price.refusal(variables, allowed=self._documents.limits.cost, schema=self._graphql):
            yield _refused(refusal)
            return
        self._documents.persisted.keep(asked.query or "", asked.extensions)
        with self._connections.subscribing(actor) as full:
            if full is not None:
                yield _refused(full)
                return
            context, cost = self._open_context(actor), price.data.given(variables)
            running = self._subscriptions.run(begun.prepared.document, asked, context=context, cost=cost)
            async with aclosing(running) as results:
                async for result in results:
                    yield result


@dataclass(frozen=True, slots=True)
class _Begun:
    """An operation that is found and valid."""

    asked: GraphQLRequestData
    prepared: Prepared
    operation: OperationDefinitionNode

    @property
    def price(self) -> OperationPrice:
        return self.prepared.prices[self.operation.name.value if self.operation.name else None]


def _refused(*errors: GraphQLError) -> bytes:
    return written(ExecutionResult(data=None, errors=list(errors)))


def _operation_of(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """Return the operation of this name; without one, the document's only operation."""
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    named = [node for node in operations if name is None or (node.name and node.name.value == name)]
    if len(named) != 1:
        raise _CannotBegin(GraphQLError(NAME_ONE, extensions={"code": BAD_USER_INPUT}))
    return named[0]
