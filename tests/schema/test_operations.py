"""The operations that the contract publishes fit the schema, stand alone and waste nothing."""

import re

import pytest
from graphql import OperationDefinitionNode, build_schema, parse, validate

from api.demo.documents import OPERATIONS, read_operation
from schema.build import print_sdl
from tests.schema.documents import EXAMPLES, FRAGMENTS, NAMES


@pytest.mark.parametrize("name", NAMES)
def test_an_operation_is_valid_with_the_fragments_that_it_names(name: str) -> None:
    assert validate(build_schema(print_sdl()), parse(read_operation(name))) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_file_holds_one_named_operation(name: str) -> None:
    text = (OPERATIONS / f"{name}.graphql").read_text()

    [operation] = parse(text).definitions
    assert isinstance(operation, OperationDefinitionNode)
    assert operation.name is not None
    assert text.startswith("# "), "a line for its reader"


def test_no_two_operations_have_one_name() -> None:
    names = [
        re.findall(r"^(?:query|mutation|subscription) (\w+)", read_operation(name), re.MULTILINE) for name in NAMES
    ]

    assert len({name for [name] in names}) == len(NAMES)


def test_every_fragment_is_used() -> None:
    texts = [path.read_text() for path in OPERATIONS.rglob("*.graphql")]
    spread = {name for text in texts for name in re.findall(r"\.\.\.(\w+)", text)}

    assert {re.sub("-", "", each) for each in FRAGMENTS} == {each.lower() for each in spread}


def test_every_operation_has_an_example_that_a_test_has_recorded() -> None:
    recorded = {path.stem.partition(".")[0] for path in EXAMPLES.glob("*.json")}

    assert recorded == set(NAMES)
