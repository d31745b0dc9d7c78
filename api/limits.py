"""What a document may ask for, measured before anything else looks at it.

Validation runs its rules side by side, so a rule cannot refuse a document before another rule has choked on it. This
ruler goes first: one pass, each fragment measured once however often it is spread.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

_NESTING = 100
"""Selection sets inside one another, fragments included: what this module's own recursion may reach."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one document may hold, counted with its fragments expanded; ``cost`` is of one operation."""

    tokens: int = 2_000
    comments: int = 200
    depth: int = 15
    """As many as the standard introspection document has."""
    aliases: int = 30
    root_fields: int = 10
    directives: int = 40
    selections: int = 1_000
    repeats: int = 20
    """The same response name in one selection set: comparing them all with one another takes the square."""
    cost: int = 20_000


_NAMES = {
    "tokens": "tokens",
    "depth": "levels",
    "aliases": "aliases",
    "root_fields": "root fields",
    "directives": "directives",
    "selections": "selections with its fragments expanded",
    "repeats": "selections of one name in one place",
}


def too_complex(limit: str, allowed: int) -> GraphQLError:
    """Return the refusal of a document that exceeds one limit; clients can tell which from the extensions."""
    text = f"The document is too complex: it may hold no more than {allowed:,} {_NAMES[limit]}."
    return GraphQLError(text, extensions={"code": "QUERY_TOO_COMPLEX", "limit": limit, "allowed": allowed})


def measure(document: DocumentNode, limits: Limits) -> None:
    """Raise the refusal of a document that exceeds a limit, or whose fragments go in a circle; stop at the first."""
    ruler = _Ruler(document, limits)
    whole = _Size()
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            operation = ruler.measure(definition.selection_set, level=0)
            operation.directives += _directives(definition) + sum(
                map(_directives, definition.variable_definitions or ())
            )
            ruler.refuse("root_fields", operation.names.total())
            whole.add(operation)
            ruler.check(whole)
        elif isinstance(definition, FragmentDefinitionNode):
            ruler.measure_fragment(definition.name.value, level=0)


@dataclass(slots=True)
class _Size:
    selections: int = 0
    aliases: int = 0
    directives: int = 0
    height: int = 0
    names: Counter[str] = field(default_factory=Counter)
    """How often each response name stands directly in this selection set."""

    def add(self, other: "_Size") -> None:
        self.selections += other.selections
        self.aliases += other.aliases
        self.directives += other.directives
        self.height = max(self.height, other.height)
        self.names.update(other.names)


class _Ruler:
    def __init__(self, document: DocumentNode, limits: Limits) -> None:
        self._limits = limits
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._measured: dict[str, _Size] = {}
        self._open: set[str] = set()

    def measure(self, selection_set: SelectionSetNode | None, *, level: int) -> _Size:
        if level > _NESTING:
            raise too_complex("depth", self._limits.depth)
        size = _Size()
        for selection in selection_set.selections if selection_set else ():
            size.add(self._measure_selection(selection, level + 1))
            self.check(size)
        self.refuse("repeats", max(size.names.values(), default=0))
        return size

    def measure_fragment(self, name: str, *, level: int) -> _Size:
        """Measure a fragment once. An unknown one has no size: validation names it."""
        if name in self._measured:
            return self._measured[name]
        if name in self._open:
            text = f"Fragment '{name}' spreads itself, directly or through another fragment."
            raise GraphQLError(text, self._fragments[name], extensions={"code": "BAD_USER_INPUT"})
        self._open.add(name)
        size = self.measure(self._fragments[name].selection_set, level=level) if name in self._fragments else _Size()
        self._open.discard(name)
        self._measured[name] = size
        return size

    def check(self, size: _Size) -> None:
        self.refuse("selections", size.selections)
        self.refuse("aliases", size.aliases)
        self.refuse("directives", size.directives)
        self.refuse("depth", size.height)

    def refuse(self, limit: str, found: int) -> None:
        allowed = getattr(self._limits, limit)
        if found > allowed:
            raise too_complex(limit, allowed)

    def _measure_selection(self, selection: SelectionNode, level: int) -> _Size:
        size = _Size(selections=1, directives=_directives(selection))
        if isinstance(selection, FieldNode):
            self._add_field(size, selection, level)
        elif isinstance(selection, FragmentSpreadNode):
            size.add(self.measure_fragment(selection.name.value, level=level))
        elif isinstance(selection, InlineFragmentNode):
            size.add(self.measure(selection.selection_set, level=level))
        return size

    def _add_field(self, size: _Size, node: FieldNode, level: int) -> None:
        below = self.measure(node.selection_set, level=level)
        size.selections += below.selections
        size.aliases += below.aliases + (node.alias is not None)
        size.directives += below.directives
        size.height = 1 + below.height
        size.names[(node.alias or node.name).value] = 1


def _directives(node: object) -> int:
    directives: Iterable[object] | None = getattr(node, "directives", None)
    return len(tuple(directives or ()))
