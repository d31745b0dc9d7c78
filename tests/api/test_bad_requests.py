"""Whatever a body holds, the answer is a coded error: never a 500, and never an operation that nobody asked for."""

from typing import Any

import orjson
import pytest
from httpx2 import Response

from tests.api.edge import Edge

HELLO = {"query": "{ account }"}


async def post(content: bytes, **headers: str) -> tuple[Response, Edge]:
    edge = Edge()
    async with edge.client() as client:
        answer = await client.post("/graphql", content=content, headers={"content-type": "application/json", **headers})
    return answer, edge


def code_of(answer: Response) -> Any:
    [error] = answer.json()["errors"]
    return error["extensions"]["code"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"3",
        b'"text"',
        b"[]",
        b'[{"query": "{ account }"}]',
        b"{",
        b"\xff\xfe",
        b'{"query": "\xff"}',
        b'{"query": "\\ud800"}',
        b'{"query": NaN}',
        b"[" * 50_000,
        b'{"a":' * 10_000,
        b"{}",
        b'{"query": null}',
        b'{"query": ""}',
        b'{"query": 5}',
        b'{"query": ["{ account }"]}',
        b'{"query": "{ account }", "variables": []}',
        b'{"query": "{ account }", "variables": "x"}',
        b'{"query": "{ account }", "operationName": 1}',
        b'{"query": "{ account }", "operationName": false}',
        b'{"query": "{ account }", "extensions": [1]}',
        b'{"query": "{ account }", "operationName": "Missing"}',
        b'{"query": "query A { account } query B { account }"}',
        b'{"query": "fragment F on Query { account }"}',
        b'{"query": "subscription { ticks }"}',
    ],
)
async def test_a_body_that_is_no_request_gets_400(body: bytes) -> None:
    answer, _ = await post(body)

    assert answer.status_code == 400
    assert code_of(answer) == "BAD_USER_INPUT"
    assert "data" not in answer.json()


async def test_of_two_operations_the_named_one_runs() -> None:
    body = {"query": "query A { account } query B { item { name } }", "operationName": "B"}

    answer, _ = await post(orjson.dumps(body))

    assert answer.json() == {"data": {"item": {"name": "one"}}}


async def test_a_body_over_the_limit_is_not_read_to_its_end() -> None:
    answer, _ = await post(orjson.dumps({"query": "{ account }" + " " * 70_000}))

    assert answer.status_code == 413
    assert code_of(answer) == "BAD_USER_INPUT"


async def test_a_body_that_understates_its_length_is_counted_all_the_same() -> None:
    read = 0

    async def endless() -> Any:
        nonlocal read
        for _ in range(100):
            read += 1
            yield b" " * 10_000

    edge = Edge()
    async with edge.client() as client:
        answer = await client.post("/graphql", content=endless(), headers={"content-type": "application/json"})

    assert answer.status_code == 413
    assert edge.documents.hits == 0


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_only_post_is_served(method: str) -> None:
    edge = Edge()
    async with edge.client() as client:
        answer = await client.request(method, "/graphql", params={"query": "{ account }"})

    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert edge.contexts == []


@pytest.mark.parametrize(
    "content_type", ["text/plain", "multipart/form-data; boundary=x", "application/json; charset=utf-16"]
)
async def test_a_form_that_a_foreign_page_can_post_is_refused(content_type: str) -> None:
    answer, edge = await post(orjson.dumps(HELLO), **{"content-type": content_type})

    assert answer.status_code == 415
    assert edge.contexts == []


async def test_nobody_is_served_without_signing_in() -> None:
    edge = Edge()
    async with edge.client() as client:
        answer = await client.post("/graphql", json=HELLO, headers={"authorization": "Bearer bad"})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert code_of(answer) == "UNAUTHENTICATED"
    assert edge.contexts == []


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("query ($input: RenameInput!) { account }", {"input": {"name": "x"}}),
        ("mutation ($input: RenameInput!) { rename(input: $input) }", {}),
        ("mutation ($input: RenameInput!) { rename(input: $input) }", {"input": None}),
        ("mutation ($input: RenameInput!) { rename(input: $input) }", {"input": [[[]]]}),
        ("mutation ($input: RenameInput!) { rename(input: $input) }", {"input": {"name": {"deep": []}}}),
        ("mutation ($input: RenameInput!) { rename(input: $input) }", {"input": {"name": "x", "nmae": 1}}),
        ("mutation ($input: RenameInput!) { rename(input: $input) }", {"input": {"name": "x", "count": 2**31}}),
        ("mutation ($input: RenameInput!) { rename(input: $input) }", {"input": {"name": "x", "count": 1.5}}),
        ("query ($first: Int = 5) { items(first: $first) { total } }", {"first": None}),
        ("query ($on: Date!) { day(on: $on) }", {"on": "tomorrow"}),
        ("query ($on: Date!) { day(on: $on) }", {"on": 5}),
        ('{ day(on: "2026-02-30") }', {}),
        ("{ colour(like: BLUE) }", {}),
        ("{ itme { name } }", {}),
        ("{ item }", {}),
        ("{", {}),
        ("{ account } }", {}),
        ("{ ...Missing }", {}),
        ("{ ...F } fragment F on Query { ...F }", {}),
        ("{ account " + "@skip(if: true) " * 3 + "}", {}),
    ],
)
async def test_bad_input_is_coded_and_quotes_neither_python_nor_the_input(
    query: str, variables: dict[str, Any]
) -> None:
    answer, _ = await post(orjson.dumps({"query": query, "variables": variables}))

    assert answer.status_code == 200
    for error in answer.json()["errors"]:
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        for phrase in ("Did you mean", "None", "isoformat", "found: ", "Traceback", "{'", "tomorrow"):
            assert phrase not in error["message"]


@pytest.mark.parametrize("depth", [150, 300, 900])
async def test_deep_variables_are_refused(depth: int) -> None:
    query = b"query ($ids: [ID!]!) { nodes(ids: $ids) { name } }"
    deep = b"[" * depth + b'"x"' + b"]" * depth

    answer, _ = await post(b'{"query": "%s", "variables": {"ids": %s}}' % (query, deep))

    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
