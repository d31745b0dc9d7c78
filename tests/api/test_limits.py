"""Documents that ask for too much are refused before anything has worked on them."""

import sys
from types import FrameType
from typing import Any

import pytest
from graphql import GraphQLError, build_schema, get_introspection_query, parse

from api.documents import Documents
from api.limits import Limits, measure
from tests.api.edge import Edge


async def ask(query: str, variables: dict[str, Any] | None = None, *, edge: Edge | None = None) -> dict[str, Any]:
    async with (edge or Edge()).client() as client:
        answer = await client.post("/graphql", json={"query": query, "variables": variables})
    result: dict[str, Any] = answer.json()
    return result


def bomb(levels: int, width: int = 3, leaf: str = "name") -> str:
    """Return a short document whose fragments expand to ``width ** levels`` fields."""
    fragments = [f"fragment F{n} on Item {{ {f'...F{n + 1} ' * width} }}" for n in range(levels)]
    return "{ item { ...F0 } } " + " ".join(fragments) + f" fragment F{levels} on Item {{ {leaf} }}"


def refused_limit(answer: dict[str, Any]) -> Any:
    [error] = answer["errors"]
    assert error["extensions"]["code"] == "QUERY_TOO_COMPLEX"
    assert "data" not in answer
    return error["extensions"].get("limit")


@pytest.mark.parametrize(
    ("query", "limit"),
    [
        ("{ item { " + "parts { " * 15 + "name" + " }" * 15 + " } }", "depth"),
        ("{ item { " + " ".join(f"a{n}: name" for n in range(31)) + " } }", "aliases"),
        (
            "{ account item { name } items { total } " + " ".join(f"a{n}: account" for n in range(8)) + " }",
            "root_fields",
        ),
        ("{ item { name " + "...F @include(if: true) " * 41 + "} } fragment F on Item { name }", "directives"),
        ("{ item { " + "name " * 21 + "} }", "repeats"),
        ("{ item { name } } # " + "name " * 5, None),
        ("{ item { " + "name " * 2_001 + "} }", "tokens"),
        ("{ account }" + "\n#" * 201, "tokens"),
        ("{ item { " + "parts { " * 300 + "name" + " }" * 300 + " } }", "depth"),
        ("{ nodes(ids: " + "[" * 300 + "]" * 300 + ") { name } }", "depth"),
    ],
)
async def test_each_limit_names_itself(query: str, limit: str | None) -> None:
    answer = await ask(query)

    if limit is None:
        assert "errors" not in answer
    else:
        assert refused_limit(answer) == limit


async def test_aliases_in_a_fragment_count_as_often_as_it_is_spread() -> None:
    fragment = "fragment F on Item { " + " ".join(f"a{n}: name" for n in range(8)) + " }"

    answer = await ask("{ item { ...F parts { ...F parts { ...F parts { ...F } } } } } " + fragment)

    assert refused_limit(answer) == "aliases"


@pytest.mark.parametrize("query", [bomb(12), bomb(60, 2), bomb(30, 3, leaf="parts { name }"), bomb(6, leaf="")])
async def test_a_fragment_bomb_is_refused_before_anything_expands_it(query: str) -> None:
    assert refused_limit(await ask(query)) in {"selections", "repeats"}


@pytest.mark.parametrize("levels", [10, 90])
def test_measuring_a_fragment_bomb_takes_steps_in_line_with_its_length(levels: int) -> None:
    document = parse(bomb(levels, 2))
    steps = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal steps
        steps += event == "call"

    sys.setprofile(count)
    try:
        with pytest.raises(GraphQLError):
            measure(document, Limits(depth=1_000, repeats=1_000))
    finally:
        sys.setprofile(None)

    assert steps < 60 * (levels + 10)


async def test_a_chain_of_fragments_longer_than_python_can_nest_is_refused() -> None:
    answer = await ask(bomb(150, 1))

    assert refused_limit(answer) == "depth"


async def test_fragments_that_spread_each_other_are_told_so() -> None:
    query = "{ item { ...A } } fragment A on Item { parts { ...B } } fragment B on Item { parts { ...A } }"

    answer = await ask(query)

    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert "spreads itself" in answer["errors"][0]["message"]


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{ items(first: 6000) { nodes { name parts { name } } } }", {}),
        ("query ($n: Int!) { items(first: $n) { nodes { name } } }", {"n": 20_000}),
        ("query ($n: Int = 20000) { items(first: $n) { nodes { name } } }", {}),
        ("{ items { nodes { more { nodes { more { nodes { name more { total } } } } } } } }", {}),
        ("query ($ids: [ID!]!) { nodes(ids: $ids) { parts { parts { name } } } }", {"ids": ["x"] * 1_000}),
        ("{ item { " + "parts { " * 7 + "name" + " }" * 7 + " } }", {}),
        ("{ items(first: 6000) { ...F } } fragment F on Items { nodes { ... on Item { name parts { name } } } }", {}),
    ],
)
async def test_an_operation_that_could_bring_too_much_is_refused_by_its_variables(
    query: str, variables: dict[str, Any]
) -> None:
    edge = Edge()

    answer = await ask(query, variables, edge=edge)

    assert refused_limit(answer) is None
    assert answer["errors"][0]["extensions"]["allowed"] == 20_000


async def test_the_same_document_runs_with_a_smaller_page() -> None:
    edge = Edge()
    query = "query ($n: Int!) { items(first: $n) { nodes { name } } }"

    refused = await ask(query, {"n": 20_000}, edge=edge)
    answered = await ask(query, {"n": 2}, edge=edge)
    nonsense = await ask(query, {"n": -1}, edge=edge)

    assert refused_limit(refused) is None
    assert len(answered["data"]["items"]["nodes"]) == 2
    assert "errors" not in nonsense
    assert edge.documents.hits == 2


async def test_the_standard_introspection_document_is_answered() -> None:
    full = get_introspection_query(
        specified_by_url=True, directive_is_repeatable=True, schema_description=True, input_value_deprecation=True
    )

    answer = await ask(full)

    assert "errors" not in answer
    assert answer["data"]["__schema"]["queryType"]["name"] == "Query"


async def test_introspection_is_no_way_round_the_cost() -> None:
    fields = " ".join(
        f"a{n}: fields {{ name args {{ name type {{ name fields {{ name args {{ name }} }} }} }} }}" for n in range(20)
    )

    answer = await ask("{ __schema { types { " + fields + " } } }")

    assert refused_limit(answer) is None


async def test_a_document_is_parsed_and_validated_once() -> None:
    edge = Edge()
    for _ in range(3):
        await ask("{ account }", edge=edge)

    assert edge.documents.hits == 2
    assert len(edge.contexts) == 3


async def test_a_document_that_is_not_valid_is_not_kept() -> None:
    edge = Edge()
    for _ in range(3):
        await ask("{ unheardOf }", edge=edge)

    assert edge.documents.hits == 0


@pytest.mark.parametrize(("others", "tokens"), [(500, 1), (20, 100)])
def test_old_documents_make_room_by_number_and_by_length(others: int, tokens: int) -> None:
    schema = build_schema("type Query { nodes(ids: [ID!]!): [ID] }")
    documents = Documents(Limits(), kept_tokens=100_000 if tokens == 1 else 2_000)
    first = '{ nodes(ids: ["first"]) }'
    documents.prepare(first, schema)
    documents.prepare(first, schema)
    assert documents.hits == 1

    for number in range(others):
        documents.prepare(f"{{ a{number}: nodes(ids: [{'1 ' * tokens}]) }}", schema)
    documents.prepare(first, schema)

    assert documents.hits == 1
