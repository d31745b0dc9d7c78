"""Parses, measures, validates and prices each document once; an operation then only checks its cost."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

import structlog
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.exceptions import CannotGetOperationTypeError
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from api.cost import OperationPrice, price_operations
from api.limits import Limits, measure, too_complex
from api.persisted import PersistedDocuments
from api.tally import current

_RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
_MOST_ERRORS = 20
_KEPT_DOCUMENTS = 500
_KEPT_TOKENS = 100_000
"""A parsed token takes about 600 bytes: 60 MB at most, however long the documents are."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document that is ready to run, or the errors of one that is not."""

    document: DocumentNode
    errors: tuple[GraphQLError, ...]
    prices: dict[str | None, OperationPrice]


class Documents:
    """Prepared documents by their text, the least used forgotten first. Only valid ones are kept. For one schema."""

    def __init__(self, limits: Limits, *, kept_tokens: int = _KEPT_TOKENS) -> None:
        self.limits = limits
        self.persisted = PersistedDocuments()
        self._kept_tokens = kept_tokens
        self._known: OrderedDict[str, Prepared] = OrderedDict()
        self._tokens = 0
        self.hits = 0

    def prepare(self, text: str, schema: GraphQLSchema) -> Prepared:
        """Raise GraphQLError for text that does not parse or is too complex to validate."""
        known = self._known.get(text)
        if known is not None:
            self._known.move_to_end(text)
            self.hits += 1
            return known
        document = self._parse(text)
        measure(document, self.limits)
        errors = validate(schema, document, _RULES, max_errors=_MOST_ERRORS, hide_suggestions=True)
        if errors:
            return Prepared(document, tuple(errors), {})
        prepared = Prepared(document, (), price_operations(document, schema))
        self._remember(text, prepared)
        return prepared

    def _parse(self, text: str) -> DocumentNode:
        limits = self.limits
        try:
            return parse(text, max_lexical_tokens=limits.tokens, max_comments=limits.comments)
        except GraphQLSyntaxError as error:
            if "Parsing aborted" in error.message:
                nested = "nested" in error.message
                raise (too_complex("depth", limits.depth) if nested else too_complex("tokens", limits.tokens)) from None
            raise

    def _remember(self, text: str, prepared: Prepared) -> None:
        self._known[text] = prepared
        self._tokens += prepared.document.token_count
        while len(self._known) > _KEPT_DOCUMENTS or self._tokens > self._kept_tokens:
            _, forgotten = self._known.popitem(last=False)
            self._tokens -= forgotten.document.token_count


class DocumentGuard(SchemaExtension):
    """Takes parsing and validation over from Strawberry, one instance for each operation."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def on_operation(self) -> Iterator[None]:
        context = self.execution_context
        context.query = self._documents.persisted.text_of(context.query, context.operation_extensions)
        yield

    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        self._schema: GraphQLSchema = context.schema._schema  # noqa: SLF001 - Strawberry has no public name for it
        self._prepared = self._documents.prepare(context.query or "", self._schema)
        context.graphql_document = self._prepared.document
        # Strawberry would run the first of several operations. This error is one that it hands to the view.
        if context._provided_operation_name is None and _holds_several(self._prepared.document):  # noqa: SLF001 - no public one
            raise CannotGetOperationTypeError(None)
        yield

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        errors = list(self._prepared.errors)
        if not errors and (price := self._prepared.prices.get(context.operation_name)):
            tell_of(price.field)
            refusal = price.refusal(context.variables or {}, allowed=self._documents.limits.cost, schema=self._schema)
            errors = [refusal] if refusal else []
        context.pre_execution_errors = errors
        if not errors:
            self._documents.persisted.keep(context.query or "", context.operation_extensions)
        yield


def tell_of(field: str) -> None:
    """Tell the log and the metrics what is asked for: the schema's word, as the caller's own could say anything."""
    structlog.contextvars.bind_contextvars(operation=field)
    if tally := current.get():
        tally.operation = field


def _holds_several(document: DocumentNode) -> bool:
    return sum(isinstance(node, OperationDefinitionNode) for node in document.definitions) > 1
