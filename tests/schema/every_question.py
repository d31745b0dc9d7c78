"""Every query and mutation that can be sent, made from the schema itself: what it gains is asked for too."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    get_named_type,
)

from tests.schema.widest import everything_of, the_schema

_OMITTED = {"after", "idempotencyKey"}
"""A first page, and a first call."""
_LEVELS = {
    **dict.fromkeys(("AppointmentConnection", "AccessEventConnection", "AssistCase", "Appointment"), 3),
    **dict.fromkeys(("ExtraSessionsRequestConnection", "StaffTaskConnection"), 4),
}
"""How deep to select where as deep as elsewhere would be more than one operation may hold."""
_SCALARS: dict[str, Any] = {"Int": 2, "Boolean": True, "Date": "2026-11-23"}


@dataclass(frozen=True, slots=True)
class Question:
    name: str
    document: str
    variables: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Named:
    """What a question names, wherever it may name anything."""

    id: str
    number: str
    reference: str


def every_question(named: Named) -> Iterator[Question]:
    """Yield at least one question for each root field, with every argument, selecting all that there is.

    Raises LookupError for an argument that nothing here knows how to fill.
    """
    schema = the_schema()
    for kind, word in ((schema.query_type, "query"), (schema.mutation_type, "mutation")):
        assert kind is not None
        for name, field in kind.fields.items():
            for position, variables in enumerate(_arguments(field, named)):
                declared = ", ".join(f"${key}: {field.args[key].type}" for key in variables)
                given = ", ".join(f"{key}: ${key}" for key in variables)
                head = f"{word} ({declared}) {{ {name}({given})" if variables else f"{word} {{ {name}"
                for selected in _selections(field):
                    yield Question(f"{name} {position}", f"{head} {selected} }}", variables)


def _selections(field: GraphQLField) -> Iterator[str]:
    """Yield one selection, or of an interface one for each of its types: side by side their fields would clash."""
    kind = get_named_type(field.type)
    if isinstance(kind, GraphQLInterfaceType):
        for each in the_schema().get_possible_types(kind):
            yield f"{{ __typename ... on {each.name} {everything_of(each.name, 3)} }}"
    else:
        assert isinstance(kind, GraphQLObjectType)
        usual = 5 if kind.name.endswith(("Connection", "Payload")) else 4
        yield everything_of(kind.name, _LEVELS.get(kind.name, usual))


def _arguments(field: GraphQLField, named: Named) -> Iterator[dict[str, Any]]:
    """Yield the variables of one question, or of one for each way of naming what it is about."""
    ways = 1
    for argument in field.args.values():
        kind = get_named_type(argument.type)
        if isinstance(kind, GraphQLInputObjectType) and kind.is_one_of:
            ways = max(ways, len(kind.fields))
    for way in range(ways):
        yield {
            name: _value(name, argument, named, way) for name, argument in field.args.items() if name not in _OMITTED
        }


def _value(name: str, of: GraphQLArgument | GraphQLInputField, named: Named, way: int) -> Any:
    bare = of.type.of_type if isinstance(of.type, GraphQLNonNull) else of.type
    value = _value_of(name, get_named_type(of.type), named, way)
    return [value] if isinstance(bare, GraphQLList) else value


def _value_of(name: str, kind: Any, named: Named, way: int) -> Any:
    match kind:
        case GraphQLEnumType():
            return next(iter(kind.values))
        case GraphQLInputObjectType():
            fields = [(key, field) for key, field in kind.fields.items() if key not in _OMITTED]
            chosen = [fields[way % len(fields)]] if kind.is_one_of else fields
            return {key: _value(key, field, named, way) for key, field in chosen}
        case GraphQLScalarType(name="ID"):
            return named.id
        case GraphQLScalarType(name="String"):
            return {"number": named.number, "reference": named.reference}.get(name, "Rest")
        case GraphQLScalarType() if kind.name in _SCALARS:
            return _SCALARS[kind.name]
    msg = f"nobody has said how to fill {name}: {kind}"
    raise LookupError(msg)
