"""Each field of the schema says how sensitive it is, or nothing builds; an organisation reads what is routine."""

from typing import Any

import pytest
import strawberry
from graphql import EnumValueNode, ObjectTypeDefinitionNode, parse

from models.keyring import Keyring
from models.rules.confidentiality import MASKED_NAME
from schema.build import build_schema, print_sdl
from schema.sensitivity import show_sensitivity
from tests.builders import World, released
from tests.operations.acting import approve, decline
from tests.operations.questioning import drafted
from tests.schema.house import House
from tests.schema.widest import everything_listed, everything_of, fields_of

NOTHING: tuple[Any, ...] = (None, [], MASKED_NAME)


def shown_levels() -> dict[tuple[str, str], str]:
    """Return what the contract says of each field of each type, as a front end reads it."""
    levels = {}
    for node in parse(print_sdl()).definitions:
        if isinstance(node, ObjectTypeDefinitionNode):
            for field in node.fields or ():
                [directive] = field.directives or ()
                assert directive.name.value == "sensitivity"
                [level] = directive.arguments or ()
                assert isinstance(level.value, EnumValueNode)
                levels[node.name.value, field.name.value] = level.value.value
    return levels


def test_every_field_of_every_type_shows_one_sensitivity() -> None:
    levels = shown_levels()

    assert levels["Client", "displayName"] == "IDENTIFYING"
    assert levels["Practice", "suburb"] == "LINKING"
    assert levels["Query", "calendar"] == "LINKING"
    assert levels["ApproveExtraSessionsRequestError", "message"] == "ROUTINE"


def test_a_field_without_a_sensitivity_does_not_build() -> None:
    @strawberry.type
    class Practice:
        id: strawberry.ID
        name: str
        suburb: str
        time_zone: str
        founder: str

    @strawberry.type
    class Query:
        practice: Practice

    with pytest.raises(LookupError, match=r"Practice\.founder|Query\.practice"):
        show_sensitivity(strawberry.Schema(query=Query))
    with pytest.raises(LookupError, match=r"Practice\.founder"):
        show_sensitivity(strawberry.Schema(query=_viewing(Practice)))


def test_a_type_without_sensitivities_does_not_build() -> None:
    @strawberry.type
    class Symptom:
        name: str

    with pytest.raises(LookupError, match=r"Symptom\.name"):
        show_sensitivity(strawberry.Schema(query=_viewing(Symptom)))


def test_a_sensitivity_of_what_is_no_longer_there_does_not_build() -> None:
    @strawberry.type
    class Organisation:
        id: strawberry.ID

    with pytest.raises(LookupError, match=r"Organisation\.name"):
        show_sensitivity(strawberry.Schema(query=_viewing(Organisation)))
    with pytest.raises(LookupError, match=r"types that are not there: .*Client"):
        show_sensitivity(strawberry.Schema(query=_viewing(str)))


def test_the_whole_schema_builds() -> None:
    assert build_schema().get_type_by_name("Client") is not None


async def test_an_organisation_reads_nothing_above_routine(
    world: World, keyring: Keyring, subtests: pytest.Subtests
) -> None:
    """By the contract's own words: whatever it may reach, each value that is not routine is held back."""
    house, levels = House(world, keyring), shown_levels()
    ids = [await released(world)]
    await approve(world, ids[0])
    ids.append(await released(world))
    await decline(world, ids[1])
    ids.append(await drafted(world))
    questions: list[tuple[str, dict[str, Any]]] = [
        (f"{{ {name}(first: 3) {everything_listed()} }}", {}) for name in ("requests", "reviewQueue")
    ]
    questions += [(f"{{ viewer {everything_of('Viewer')} }}", {})]
    questions += [
        (f"query ($id: ID!) {{ request(by: {{id: $id}}) {everything_of('ExtraSessionsRequest')} }}", {"id": each})
        for each in ids
    ]

    for who in ("reviewer", "organisation_integrator"):
        read = set()
        for document, variables in questions:
            with subtests.test(f"{who}: {document[:40]}"):
                answer = await house.ask(getattr(world, who), document, **variables)
                for kind, field, value in fields_of(answer):
                    read.add((kind, field))
                    assert levels[kind, field] == "ROUTINE" or value in NOTHING, f"{kind}.{field}"
        assert len({each for each in read if levels[each] != "ROUTINE"}) > 12, "what is held back was asked for"


def _viewing(kind: Any) -> type:
    """Return a Query whose ``viewer`` is of this type, and with all else that a Query must have."""
    declared = ("node", "nodes", "calendar", "appointment", "case", "consultant", "request", "requests")
    staffs = ("access_events", "staff_tasks", "request_summary", "request_statistics", "webhooks")
    others = dict.fromkeys((*declared, *staffs, "review_queue", "events"), str)
    return strawberry.type(type("Query", (), {"__annotations__": {"viewer": kind, **others}}))
