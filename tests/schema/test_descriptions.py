"""Front-end developers read nothing but the schema: it explains itself."""

import re
from collections.abc import Iterator
from typing import Any

from graphql import get_introspection_query

from tests.builders import World
from tests.schema.house import House

QUERY = get_introspection_query(descriptions=True, input_value_deprecation=True, directive_is_repeatable=True)


async def test_every_type_field_argument_and_value_is_described(house: House, world: World) -> None:
    schema = await house.ask(world.reviewer, QUERY)

    assert not [place for place, description in _described(schema) if not (description or "").strip()]


async def test_descriptions_are_written_for_people(house: House, world: World) -> None:
    schema = await house.ask(world.reviewer, QUERY)

    texts = {place: description for place, description in _described(schema) if description}
    assert not {place: text for place, text in texts.items() if re.search(r"\bTODO\b|:param|\bself\b|Optional\[", text)}


def _described(schema: Any) -> Iterator[tuple[str, str | None]]:
    for kind in schema["types"]:
        if not kind["name"].startswith("__"):
            yield kind["name"], kind["description"]
            for part in ("fields", "inputFields", "enumValues"):
                yield from _members(kind["name"], kind[part] or ())
    for directive in schema["directives"]:  # Strawberry has no place for what a directive's argument means
        yield f"@{directive['name']}", directive["description"]


def _members(owner: str, members: Any) -> Iterator[tuple[str, str | None]]:
    for member in members:
        place = f"{owner}.{member['name']}"
        yield place, member["description"]
        yield from _members(place, member.get("args") or ())
