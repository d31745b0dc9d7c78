"""Front-end developers read nothing but the schema: it explains itself."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from graphql import get_introspection_query

from models.actor import SYSTEM
from models.rules import vocabulary
from models.rules.shown_events import timeline_events
from models.views import request as views
from schema.types.request import TimelineEntry
from tests.builders import World
from tests.schema.house import House

_PUBLISHED = "__strawberry_definition__"
QUERY = get_introspection_query(descriptions=True, input_value_deprecation=True, directive_is_repeatable=True)


async def test_every_type_field_argument_and_value_is_described(house: House, world: World) -> None:
    schema = await house.ask(world.reviewer, QUERY)

    assert not [place for place, description in _described(schema) if not (description or "").strip()]


async def test_descriptions_are_written_for_people(house: House, world: World) -> None:
    schema = await house.ask(world.reviewer, QUERY)

    texts = {place: description for place, description in _described(schema) if description}
    assert not {place: text for place, text in texts.items() if re.search(r"\bTODO\b|:param|\bself\b|Optional\[", text)}


def test_every_word_of_a_list_in_the_schema_is_in_it() -> None:
    published = {word: kind.__strawberry_definition__ for word, kind in _lists() if hasattr(kind, _PUBLISHED)}
    missing = {
        (word, name)
        for word, definition in published.items()
        for name in set(definition.wrapped_cls.__members__) - {value.name for value in definition.values}
    }
    assert missing == {("Role", "SYSTEM")}, "an answer that holds one of these would fail"


def test_every_event_has_a_sentence_for_its_timeline() -> None:
    sentences = {views.TimelineEntry(event, date(2026, 11, 23), None): event for event in timeline_events(SYSTEM)}
    said = [TimelineEntry.summary(entry) for entry in sentences]
    assert len(set(said)) == len(timeline_events(SYSTEM))


def _lists() -> Iterator[tuple[str, Any]]:
    return ((name, kind) for name, kind in vars(vocabulary).items() if isinstance(kind, type))


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
