"""Documents by their hash, over each of the transports: as Apollo's and urql's clients ask for them."""

import hashlib
from typing import Any

import pytest
from graphql import GraphQLError

from api.persisted import PersistedDocuments
from tests.api.edge import SECRET
from tests.api.live import live

JSON = "application/json"
RESPONSE = "application/graphql-response+json"
STREAM = "text/event-stream"
QUERY = "{ account }"


def by_hash(query: str, **more: Any) -> dict[str, Any]:
    digest = hashlib.sha256(query.encode()).hexdigest()
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest, **more}}}


@pytest.mark.parametrize(("accept", "status"), [(JSON, 200), (RESPONSE, 400), (STREAM, 200)])
async def test_an_unknown_hash_is_asked_for_and_then_known_to_all_transports(accept: str, status: int) -> None:
    async with live() as (_, server), server.socket() as peer:
        missed = await server.post(None, accept=accept, **by_hash(QUERY))
        sent = await server.post(QUERY, accept=accept, **by_hash(QUERY))
        known = [await server.post(None, accept=each, **by_hash(QUERY)) for each in (JSON, RESPONSE, STREAM)]
        await peer.ask("1", None, **by_hash(QUERY))
        heard = await peer.hears()

    assert missed.status_code == status
    assert '"message":"PersistedQueryNotFound"' in missed.text
    assert '"code":"PERSISTED_QUERY_NOT_FOUND"' in missed.text
    assert all('"account":"acc_1"' in each.text for each in (sent, *known))
    assert heard["payload"] == {"data": {"account": "acc_1"}}


async def test_a_socket_makes_one_known_too_and_a_subscription_may_be_one() -> None:
    ticks = "subscription { ticks(count: 1) }"
    async with live() as (_, server), server.socket() as peer:
        await peer.ask("1", None, **by_hash(ticks))
        missed = await peer.hears()
        await peer.ask("2", ticks, **by_hash(ticks))
        await peer.hears_all(2)
        await peer.ask("3", None, **by_hash(ticks))
        heard = await peer.hears_all(2)
        streamed = await server.post(None, accept=f"{JSON}, {STREAM}", **by_hash(ticks))

    assert (missed["type"], missed["payload"][0]["message"]) == ("error", "PersistedQueryNotFound")
    assert heard[0]["payload"] == {"data": {"ticks": 0}}
    assert "ticks" in streamed.text


@pytest.mark.parametrize(
    "asked",
    [
        {"query": "{ day }", **by_hash(QUERY)},
        {"query": QUERY, **by_hash(QUERY, version=2)},
        {"query": QUERY, **by_hash(QUERY, sha256Hash=7)},
        {"query": QUERY, "extensions": {"persistedQuery": None}},
        {"query": None, "extensions": {"persistedQuery": [SECRET]}},
    ],
)
async def test_what_does_not_belong_together_is_refused(asked: dict[str, Any]) -> None:
    async with live() as (_, server), server.socket() as peer:
        answers = [await server.post(accept=each, **asked) for each in (JSON, STREAM)]
        await peer.ask("1", **asked)
        heard = await peer.hears()
        after = await server.post(None, accept=JSON, **by_hash(QUERY))

    for answer in answers:
        assert '"code":"BAD_USER_INPUT"' in answer.text
        assert SECRET not in answer.text
    assert [error["extensions"]["code"] for error in heard["payload"]] == ["BAD_USER_INPUT"]
    assert "PersistedQueryNotFound" in after.text, "nothing was kept"


@pytest.mark.parametrize("query", ["{", "{ unheardOf }", "{" + "a: account " * 40 + "}"])
async def test_only_documents_that_validate_are_kept(query: str) -> None:
    async with live() as (_, server):
        await server.post(query, accept=JSON, **by_hash(query))
        answer = await server.post(None, accept=JSON, **by_hash(query))

    assert "PersistedQueryNotFound" in answer.text


def test_the_memory_is_bounded_and_the_least_used_goes_first() -> None:
    kept = PersistedDocuments(most=2, most_characters=100)

    def knows(query: str) -> bool:
        try:
            return kept.text_of(None, by_hash(query)["extensions"]) == query
        except GraphQLError:
            return False

    for query in ("{ a }", "{ b }"):
        kept.keep(query, by_hash(query)["extensions"])
    assert knows("{ a }")
    kept.keep("{ c }", by_hash("{ c }")["extensions"])
    assert [knows(query) for query in ("{ a }", "{ b }", "{ c }")] == [True, False, True]

    long = "{ " + "d" * 96 + " }"
    kept.keep(long, by_hash(long)["extensions"])
    assert [knows(query) for query in ("{ a }", "{ c }", long)] == [False, False, True]
