"""The media type of an answer follows the caller's Accept header, and the status follows the media type."""

import pytest

from api.negotiation import GRAPHQL_RESPONSE, JSON, is_json, negotiate
from tests.api.edge import Edge


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("application/graphql-response+json", GRAPHQL_RESPONSE),
        ("application/graphql-response+json, application/json;q=0.9", GRAPHQL_RESPONSE),
        ("application/json, application/graphql-response+json", GRAPHQL_RESPONSE),
        ("application/json, application/graphql-response+json;q=0.5", JSON),
        ("application/graphql-response+json;q=0, */*", JSON),
        ("APPLICATION/JSON; charset=utf-8", JSON),
        ("text/html, application/json;q=0", None),
        ("text/event-stream", None),
        ("application/json;q=much", None),
    ],
)
def test_the_best_liked_media_type_is_chosen(accept: str | None, expected: str | None) -> None:
    assert negotiate(accept) == expected


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/json", True),
        ("application/json; charset=UTF-8", True),
        ('application/json;charset="utf-8"', True),
        ("application/json; charset=utf-16", False),
        ("text/plain", False),
        ("multipart/form-data; boundary=application/json", False),
        (None, False),
    ],
)
def test_only_json_in_utf_8_is_read(content_type: str | None, expected: bool) -> None:  # noqa: FBT001 - a table's column
    assert is_json(content_type) is expected


@pytest.mark.parametrize(("accept", "status"), [(JSON, 200), (GRAPHQL_RESPONSE, 400)])
async def test_an_operation_that_never_ran_has_no_data(accept: str, status: int) -> None:
    async with Edge().client() as client:
        answer = await client.post("/graphql", json={"query": "{ unheardOf }"}, headers={"accept": accept})

    assert answer.status_code == status
    assert answer.headers["content-type"] == f"{accept}; charset=utf-8"
    assert answer.json().keys() == {"errors"}


async def test_an_operation_that_ran_is_answered_with_200_whatever_its_fields_refused() -> None:
    async with Edge().client() as client:
        answer = await client.post("/graphql", json={"query": "{ forbidden }"}, headers={"accept": GRAPHQL_RESPONSE})

    assert answer.status_code == 200
    assert answer.json()["data"] == {"forbidden": None}
    assert answer.json()["errors"][0]["extensions"] == {"code": "FORBIDDEN"}
    assert answer.json()["errors"][0]["path"] == ["forbidden"]


async def test_a_null_root_still_counts_as_having_run() -> None:
    async with Edge().client() as client:
        answer = await client.post("/graphql", json={"query": "{ crashHard }"}, headers={"accept": GRAPHQL_RESPONSE})

    assert answer.status_code == 200
    assert answer.json()["data"] is None


async def test_an_answer_that_nobody_can_read_is_not_computed() -> None:
    edge = Edge()
    async with edge.client() as client:
        answer = await client.post("/graphql", json={"query": "{ account }"}, headers={"accept": "text/html"})

    assert answer.status_code == 406
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert edge.contexts == []
