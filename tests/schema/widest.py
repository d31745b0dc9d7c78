"""The widest question that can be asked about a thing: every field of it, and every field of its parts."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from graphql import GraphQLObjectType, GraphQLSchema, build_schema, get_named_type

from schema.build import print_sdl

LEVELS = 4


@cache
def the_schema() -> GraphQLSchema:
    return build_schema(print_sdl())


def everything_of(type_name: str, levels: int = LEVELS) -> str:
    """Return a selection of all that the type has, so many levels down; lists of pages are cut to one element."""
    kind = the_schema().type_map[type_name]
    assert isinstance(kind, GraphQLObjectType)
    selected = ["__typename"]
    for name, field in kind.fields.items():
        page = "(first: 1)" if "first" in field.args else ""
        below = get_named_type(field.type)
        if not isinstance(below, GraphQLObjectType):
            selected.append(name)
        elif levels > 1:
            selected.append(f"{name}{page} {everything_of(below.name, levels - 1)}")
    return "{ " + " ".join(selected) + " }"


def everything_listed() -> str:
    """Return a selection of all that a list of requests shows; edges would say the same, beyond what may be asked."""
    page, request = everything_of("PageInfo"), everything_of("ExtraSessionsRequest")
    return f"{{ __typename totalCount pageInfo {page} nodes {request} }}"


def fields_of(answer: Any) -> Iterator[tuple[str, str, Any]]:
    """Yield each field that an answer holds: its type's name, its own, and its value."""
    if isinstance(answer, list):
        for element in answer:
            yield from fields_of(element)
    elif isinstance(answer, dict):
        for name, value in answer.items():
            if name != "__typename":
                yield answer["__typename"], name, value
            yield from fields_of(value)
