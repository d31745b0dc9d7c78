"""What one operation may cost: the fields that it can make the server resolve, with its variables' page sizes.

Priced once for each validated document; an operation then costs a handful of multiplications.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLError,
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_introspection_query,
    get_named_type,
    is_composite_type,
    is_list_type,
    parse,
    value_from_ast_untyped,
)

_UNSIZED_LIST = 5
"""What a list without a page size is taken to hold."""
_UNKNOWN_PAGE = 100
"""What a page is taken to hold where neither the caller nor the schema says."""
SEVERAL = "several"
INTROSPECTION = "introspection"
_META = frozenset({"__schema", "__type"})


@dataclass(frozen=True, slots=True)
class PageSize:
    """How many items a list can bring: known from the document, or said by a variable."""

    fallback: int
    variable: str | None = None

    def given(self, variables: Mapping[str, Any]) -> int:
        value = variables.get(self.variable, self.fallback) if self.variable else self.fallback
        if isinstance(value, list):
            return len(value)
        return max(0, int(value)) if isinstance(value, int | float) else self.fallback


@dataclass(frozen=True, slots=True)
class Price:
    """Fields that are resolved once, and lists whose items each have a price of their own."""

    fields: int = 0
    lists: tuple[tuple[PageSize, "Price"], ...] = ()

    def __add__(self, other: "Price") -> "Price":
        return Price(self.fields + other.fields, self.lists + other.lists)

    def given(self, variables: Mapping[str, Any]) -> int:
        return self.fields + sum(size.given(variables) * price.given(variables) for size, price in self.lists)


@dataclass(frozen=True, slots=True)
class OperationPrice:
    """Data and introspection are priced apart: the schema is long, and reading it touches no data."""

    data: Price
    introspection: Price
    field: str
    """The one root field that it asks for, by the schema's name; else ``SEVERAL`` or ``INTROSPECTION``."""

    def refusal(self, variables: Mapping[str, Any], *, allowed: int, schema: GraphQLSchema) -> GraphQLError | None:
        """Return why this operation must not run with these variables, if so."""
        cost = self.data.given(variables)
        if cost > allowed:
            text = f"The operation is too complex: it may bring {cost:,} fields, and {allowed:,} are allowed."
            return GraphQLError(text, extensions={"code": "QUERY_TOO_COMPLEX", "cost": cost, "allowed": allowed})
        if self.introspection.lists and self.introspection.given(variables) > _standard_introspection(schema):
            text = "The operation asks more of the schema than the standard introspection document does."
            return GraphQLError(text, extensions={"code": "QUERY_TOO_COMPLEX"})
        return None


def price_operations(document: DocumentNode, schema: GraphQLSchema) -> dict[str | None, OperationPrice]:
    """Return each operation's price by its name. The document must be valid, and measured: its fragments are walked."""
    return {
        node.name.value if node.name else None: _Pricer(document, schema, node).price_operation()
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
    }


def _standard_introspection(schema: GraphQLSchema) -> int:
    """Return what the standard introspection document costs, with all that it can ask for."""
    text = get_introspection_query(
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
        one_of=True,
    )
    [price] = price_operations(parse(text), schema).values()
    return price.introspection.given({})


class _Pricer:
    def __init__(self, document: DocumentNode, schema: GraphQLSchema, operation: OperationDefinitionNode) -> None:
        self._schema = schema
        self._operation = operation
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._priced: dict[tuple[str, PageSize | None], Price] = {}
        self._defaults = {
            node.variable.name.value: value_from_ast_untyped(node.default_value)
            for node in operation.variable_definitions or ()
            if node.default_value
        }

    def price_operation(self) -> OperationPrice:
        root = cast("GraphQLObjectType", self._schema.get_root_type(self._operation.operation))
        introspection, data, fields = Price(), Price(), set[str]()
        for node, parent in self._flat(self._operation.selection_set, root):
            price = self._price_field(node, parent, None)
            if node.name.value in _META:
                introspection += price
            elif node.name.value != "__typename":
                data += price
                fields.add(node.name.value)
            else:
                data += price
        field = fields.pop() if len(fields) == 1 else SEVERAL if fields else INTROSPECTION
        return OperationPrice(data, introspection, field)

    def _flat(
        self, selection_set: SelectionSetNode, parent: GraphQLCompositeType
    ) -> Iterator[tuple[FieldNode, GraphQLCompositeType]]:
        """Yield the fields of a selection set, those of its fragments among them."""
        for selection in selection_set.selections:
            if isinstance(selection, FieldNode):
                yield selection, parent
            else:
                yield from self._flat(*self._inside(selection, parent))

    def _inside(
        self, selection: SelectionNode, parent: GraphQLCompositeType
    ) -> tuple[SelectionSetNode, GraphQLCompositeType]:
        """Return what a fragment selects, and of which type."""
        if isinstance(selection, FragmentSpreadNode):
            node: FragmentDefinitionNode | InlineFragmentNode = self._fragments[selection.name.value]
        else:
            node = cast("InlineFragmentNode", selection)
        condition = node.type_condition
        narrowed = self._schema.get_type(condition.name.value) if condition else parent
        return node.selection_set, cast("GraphQLCompositeType", narrowed)

    def _price(self, selection_set: SelectionSetNode, parent: GraphQLCompositeType, page: PageSize | None) -> Price:
        price = Price()
        for selection in selection_set.selections:
            price += self._price_selection(selection, parent, page)
        return price

    def _price_selection(self, selection: SelectionNode, parent: GraphQLCompositeType, page: PageSize | None) -> Price:
        if isinstance(selection, FieldNode):
            return self._price_field(selection, parent, page)
        if not isinstance(selection, FragmentSpreadNode):
            return self._price(*self._inside(selection, parent), page)
        key = selection.name.value, page
        if key not in self._priced:
            self._priced[key] = self._price(*self._inside(selection, parent), page)
        return self._priced[key]

    def _price_field(self, node: FieldNode, parent: GraphQLCompositeType, page: PageSize | None) -> Price:
        """Price one field. A page size counts for its own list, or for the lists right below it: a connection's."""
        definition = cast("GraphQLField", self._schema.get_field(parent, node.name.value))
        own_page = self._page_size(node, definition)
        below = get_named_type(definition.type)
        if not node.selection_set or not is_composite_type(below):
            return Price(fields=1)
        if not _is_list(definition.type):
            return Price(fields=1) + self._price(node.selection_set, below, own_page)
        size = own_page or page or self._meta_size(node.name.value) or PageSize(_UNSIZED_LIST)
        item = self._price(node.selection_set, below, None)
        return Price(fields=1, lists=((size, item),))

    def _page_size(self, node: FieldNode, definition: GraphQLField) -> PageSize | None:
        """Return the page that a field asks for: by ``first``, or by the ``ids`` that it names."""
        name = next((name for name in ("first", "ids") if name in definition.args), None)
        if name is None:
            return None
        value = next((argument.value for argument in node.arguments or () if argument.name.value == name), None)
        default = definition.args[name].default_value
        return self._stated(value, default if isinstance(default, int) else _UNKNOWN_PAGE)

    def _stated(self, value: ValueNode | None, default: int) -> PageSize:
        if isinstance(value, IntValueNode):
            return PageSize(max(0, int(value.value)))
        if isinstance(value, ListValueNode):
            return PageSize(len(value.values))
        if isinstance(value, VariableNode):
            name = value.name.value
            fallback = self._defaults.get(name, default)
            return PageSize(fallback if isinstance(fallback, int) else default, name)
        return PageSize(default if value is None else _UNKNOWN_PAGE)

    def _meta_size(self, name: str) -> PageSize | None:
        return PageSize(len(self._schema.type_map)) if name == "types" else None


def _is_list(type_: GraphQLOutputType) -> bool:
    return is_list_type(type_.of_type if isinstance(type_, GraphQLNonNull) else type_)
