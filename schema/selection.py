"""Turns what an operation selects into a ``Want``, so that the data layer loads just that."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLResolveInfo,
    InlineFragmentNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    value_from_ast_untyped,
)
from strawberry.types.nodes import get_variable_values
from strawberry.utils.str_converters import to_snake_case

from models.views.want import Page, Want, merged, page
from schema.context import Info

_PAGED = frozenset({"appointments", "requests"})
"""Lists below the root that take ``first`` and ``after``; their want is kept for each page."""
_DEFAULT_PAGE = 20
_snake_case = cache(to_snake_case)
"""Names come here validated, so there are no more of them than the schema has."""


def want_of(info: Info, type_name: str | None = None) -> Want:
    """Return what the current field selects; of an abstract type, what it selects where it is a ``type_name``."""
    raw = info._raw_info  # noqa: SLF001 - Strawberry's own view of it expands fragments again and again
    return merged(*(_want(raw, node.selection_set, type_name) for node in raw.field_nodes))


def _want(raw: GraphQLResolveInfo[Any], selections: SelectionSetNode | None, type_name: str | None) -> Want:
    want = Want()
    for node in _fields(raw, selections, type_name):
        if node.name.value.startswith("__"):
            continue
        name = _snake_case(node.name.value)
        want.names.add(name)
        if node.selection_set is None:
            continue
        below = _want(raw, node.selection_set, None)
        if name in _PAGED:
            pages = want.pages.setdefault(name, {})
            asked = _page(raw, node)
            pages[asked] = merged(pages[asked], below) if asked in pages else below
        else:
            want.parts[name] = merged(want.parts[name], below) if name in want.parts else below
    return want


def _fields(
    raw: GraphQLResolveInfo[Any], selections: SelectionSetNode | None, type_name: str | None
) -> Iterator[FieldNode]:
    for node in selections.selections if selections else ():
        if not _is_included(raw, node):
            continue
        if isinstance(node, FieldNode):
            yield node
            continue
        fragment = raw.fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
        if isinstance(fragment, FragmentDefinitionNode | InlineFragmentNode) and _applies(fragment, type_name):
            yield from _fields(raw, fragment.selection_set, type_name)


def _applies(fragment: FragmentDefinitionNode | InlineFragmentNode, type_name: str | None) -> bool:
    condition = fragment.type_condition
    return condition is None or type_name is None or condition.name.value in {type_name, "Node"}


def _is_included(raw: GraphQLResolveInfo[Any], node: Any) -> bool:
    return not _condition(raw, node, "skip", usual=False) and _condition(raw, node, "include", usual=True)


def _condition(raw: GraphQLResolveInfo[Any], node: Any, name: str, *, usual: bool) -> bool:
    """Return what a directive's one argument, ``if``, says; ``usual`` where the directive is absent."""
    for directive in node.directives or ():
        if directive.name.value == name:
            return bool(_value(raw, directive.arguments[0].value))
    return usual


def _page(raw: GraphQLResolveInfo[Any], node: FieldNode) -> Page:
    given = {argument.name.value: _value(raw, argument.value) for argument in node.arguments or ()}
    return page(given.get("first"), _DEFAULT_PAGE, given.get("after"))


def _value(raw: GraphQLResolveInfo[Any], value: ValueNode) -> Any:
    if isinstance(value, VariableNode):
        return get_variable_values(raw).get(value.name.value)
    return value_from_ast_untyped(value)
