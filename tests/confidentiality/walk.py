"""Writes GraphQL documents by walking the schema itself: variables, fragments, aliases, every argument there is.

Nothing here knows a field by name, so what the schema gains is asked for too.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_composite_type,
)

from tests.confidentiality.arguments import PLACE, Hole, draw_value, in_line

DEPTH = 6
MOST_SELECTED = 110
MOST_ALIASES = 25


@dataclass(slots=True)
class Picked:
    """One selected field: of which type, under which key of the answer, and what of it."""

    parent: str
    name: str
    key: str
    below: "list[Picked]" = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Document:
    """An operation to be sent in both worlds. Its holes, in text and variables, are filled by each with its own."""

    text: str
    variables: dict[str, Any]
    inline: tuple[Hole, ...]
    operation: str
    root: tuple[Picked, ...]
    """The whole tree of what is selected, to tell what an answer reached."""


@dataclass(slots=True)
class Writer:
    """Writes one document."""

    schema: GraphQLSchema
    dice: Random
    density: float
    selected: int = 0
    aliases: int = 0
    declared: list[str] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    inline: list[Hole] = field(default_factory=list)
    fragments: list[str] = field(default_factory=list)

    def chance(self, share: float) -> bool:
        return self.dice.random() < share

    def write(self, kind: str, roots: list[str]) -> Document:
        """Write an operation of the given root fields; ``kind`` is ``query``, ``mutation`` or ``subscription``."""
        parent = self.schema.type_map[kind.title()]
        assert isinstance(parent, GraphQLObjectType)
        picked: list[Picked] = []
        texts = []
        for position, name in enumerate(roots):
            key = name if roots.count(name) == 1 else f"{name}{position}"
            texts.append(self._field(parent, name, key, picked, DEPTH))
        declared = f"({', '.join(self.declared)})" if self.declared else ""
        text = f"{kind} Generated{declared} {{ {' '.join(texts)} }} {' '.join(self.fragments)}".strip()
        return Document(text, self.variables, tuple(self.inline), f"{parent.name}.{roots[0]}", tuple(picked))

    def _field(
        self, parent: GraphQLObjectType | GraphQLInterfaceType, name: str, key: str, into: Any, left: int
    ) -> str:
        definition = parent.fields[name]
        if key == name and self.aliases < MOST_ALIASES and self.chance(0.15):
            key = f"a{self.aliases}_{name}"
        self.aliases += key != name
        self.selected += 1
        picked = Picked(parent.name, name, key)
        into.append(picked)
        text = (name if key == name else f"{key}: {name}") + self._arguments(definition) + self._directive()
        below = get_named_type(definition.type)
        return f"{text} {self._selection(below, picked.below, left - 1)}" if is_composite_type(below) else text

    def _directive(self) -> str:
        if not self.chance(0.03):
            return ""
        return f" @{self.dice.choice(('include', 'skip'))}(if: {self.dice.choice(('true', 'false'))})"

    def _selection(self, parent: Any, into: list[Picked], left: int) -> str:
        if isinstance(parent, GraphQLInterfaceType):
            return self._narrowed(parent, into, left)
        inside = " ".join(self._some_fields(parent, into, left)) or "__typename"
        if self.chance(0.1):
            return f"{{ ... on {parent.name} {{ {inside} }} }}"
        if self.chance(0.15):
            name = f"F{len(self.fragments)}"
            self.fragments.append(f"fragment {name} on {parent.name} {{ {inside} }}")
            return f"{{ ...{name} }}"
        return f"{{ {inside} }}"

    def _narrowed(self, parent: GraphQLInterfaceType, into: list[Picked], left: int) -> str:
        """Select of an interface what all have, and what one of its types has beside."""
        concrete = self.dice.choice(sorted(self.schema.get_possible_types(parent), key=lambda kind: kind.name))
        own = " ".join(self._some_fields(concrete, into, left)) or "__typename"
        return f"{{ __typename ... on {concrete.name} {{ {own} }} }}"

    def _some_fields(self, parent: Any, into: list[Picked], left: int) -> list[str]:
        names = sorted(parent.fields)
        self.dice.shuffle(names)
        texts = []
        for name in names:
            composite = is_composite_type(get_named_type(parent.fields[name].type))
            if (composite and left <= 1) or self.selected >= MOST_SELECTED or not self.chance(self.density):
                continue
            texts.append(self._field(parent, name, name, into, left))
        return texts

    def _arguments(self, definition: GraphQLField) -> str:
        given = []
        of_log = get_named_type(definition.type).name in {"Event", "EventConnection"}
        for name, argument in definition.args.items():
            if isinstance(argument.type, GraphQLNonNull) or self.chance(0.5):
                given.append(f"{name}: {self._argument(PLACE if of_log and name == 'after' else name, argument)}")
        return f"({', '.join(given)})" if given else ""

    def _argument(self, name: str, argument: GraphQLArgument) -> str:
        value = draw_value(self.dice, name, argument.type)
        if self.chance(0.6):
            variable = f"v{len(self.variables)}"
            self.declared.append(f"${variable}: {argument.type}")
            self.variables[variable] = value
            return f"${variable}"
        return in_line(value, self.inline)


def visited(picked: Iterable[Picked], data: Any) -> Iterator[tuple[Picked, Any]]:
    """Yield each selected field that an answer's data holds, on an object that is there, with its value."""
    if isinstance(data, list):
        for element in data:
            yield from visited(picked, element)
    elif isinstance(data, dict):
        for each in picked:
            if each.key in data:
                yield each, data[each.key]
                yield from visited(each.below, data[each.key])
