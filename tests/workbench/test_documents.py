"""The documents that GraphiQL opens with: each can be run as it stands, and says what its words mean."""

import json
import re
from datetime import date
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values

from api.workbench.tabs import ABOUT_ONE, DOCUMENTS, TABS, Tab, tabs_for
from models.ids import new_id
from models.rules.vocabulary import ClinicalDeclineReason, DeclineReason, QuestionTopic, Role
from tests.architecture.tree import ROOT

NAMES = sorted(path.stem for path in DOCUMENTS.glob("*.graphql"))
LISTS = {
    "decline": DeclineReason,
    "ask_a_question": QuestionTopic,
    "decline_on_clinical_grounds": ClinicalDeclineReason,
}
"""What somebody must choose a word from."""


@pytest.fixture(scope="module")
def contract() -> GraphQLSchema:
    return build_schema((ROOT / "frontend-contract/schema.graphql").read_text())


def read(name: str) -> str:
    return (DOCUMENTS / f"{name}.graphql").read_text()


def values(tab: Tab) -> dict[str, Any]:
    """Return the variables without their comments."""
    return dict(json.loads(re.sub(r"^\s*//.*$", "", tab.variables, flags=re.MULTILINE) or "{}"))


def test_every_document_is_opened_for_somebody_and_none_is_missing() -> None:
    assert {name for names in TABS.values() for name in names} == set(NAMES)
    assert all(ABOUT_ONE & set(names) for names in TABS.values())
    assert all((DOCUMENTS / f"{path.stem}.graphql").exists() for path in DOCUMENTS.glob("*.jsonc"))


@pytest.mark.parametrize("name", NAMES)
def test_a_document_is_valid_and_begins_with_what_it_is_for(name: str, contract: GraphQLSchema) -> None:
    document = parse(read(name))
    [operation] = document.definitions

    assert not validate(contract, document)
    assert read(name).startswith("# ")
    assert isinstance(operation, OperationDefinitionNode)
    assert operation.name
    assert operation.name.value == "".join(word.capitalize() for word in name.split("_"))


@pytest.mark.parametrize("role", TABS)
def test_the_variables_are_what_the_documents_take(role: Role, contract: GraphQLSchema) -> None:
    for tab in tabs_for(role, new_id("req"), date(2026, 11, 23)):
        [operation] = parse(tab.query).definitions
        assert isinstance(operation, OperationDefinitionNode)
        given = values(tab)
        chosen = given.get("input", {})
        chosen.update({name: "OTHER" for name in ("reason",) if chosen.get(name) == ""})
        chosen.update({name: "PERIOD" for name in ("topic",) if chosen.get(name) == ""})
        taken = get_variable_values(contract, operation.variable_definitions or (), given)
        assert not isinstance(taken, list), taken


@pytest.mark.parametrize("role", TABS)
@pytest.mark.parametrize("request_id", ["", new_id("req")], ids=["by itself", "by a link"])
def test_what_the_page_opens_with_can_be_run_at_once(role: Role, request_id: str) -> None:
    first = tabs_for(role, request_id, date(2026, 11, 23))[0]
    [operation] = parse(first.query).definitions

    assert isinstance(operation, OperationDefinitionNode)
    assert operation.operation is OperationType.QUERY
    assert '""' not in first.variables, "nothing is to be filled in"


@pytest.mark.parametrize("name", LISTS)
def test_each_word_that_can_be_chosen_is_explained_as_the_schema_does(name: str, contract: GraphQLSchema) -> None:
    told = dict(re.findall(r"^#   ([A-Z_]+) +(.*)$", read(name), re.MULTILINE))
    meant = contract.type_map[LISTS[name].__name__]
    assert isinstance(meant, GraphQLEnumType)
    explained = {word: str(value.description).rstrip(".").lower() for word, value in meant.values.items()}
    assert {word: text.lower() for word, text in told.items()} == explained
