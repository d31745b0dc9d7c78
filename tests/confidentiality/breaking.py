"""Requests that can't be answered: without a sign-in, unreadable, of the wrong kind, or too much."""

import orjson

from tests.confidentiality.stage import GRAPHQL

_SMALL = "{ viewer { name } }"
_UNKNOWN = "{ requests(first: 2) { nodes { secretName } } nothingLikeIt }"
_DEEP = "{ requests " + "{ nodes { reconsiderationOf " * 9 + "{ id }" + " } }" * 9 + " }"
_DEAR = (
    "{ a: requests(first: 100) { nodes { id timeline { type } deadlines { kind } case { requests(first: 100) { nodes"
    " { id timeline { type summary } case { appointments(first: 100) { nodes { id } } } } } } } } }"
)
_BODIES: dict[str, bytes] = {
    "syntax": orjson.dumps({"query": "{ viewer { name "}),
    "unknown field": orjson.dumps({"query": _UNKNOWN}),
    "unknown operation": orjson.dumps({"query": f"query A {_SMALL}", "operationName": "B"}),
    "no body": b"",
    "not JSON": b"\xff{",
    "a list": orjson.dumps([{"query": _SMALL}]),
    "wrong type": orjson.dumps(
        {"query": "query ($n: Int) { requests(first: $n) { totalCount } }", "variables": {"n": "x"}}
    ),
    "too complex": orjson.dumps({"query": _DEAR}),
    "too deep": orjson.dumps({"query": _DEEP}),
    "missing variable": orjson.dumps({"query": "query ($id: ID!) { node(id: $id) { id } }"}),
}


def broken(how: str, token: str) -> tuple[str, dict[str, str], bytes]:
    """Return method, headers and body of a request that is wrong in this one way."""
    headers = {**GRAPHQL, "authorization": f"Bearer {token}"}
    if how == "no token":
        del headers["authorization"]
    elif how == "another's token":
        headers["authorization"] = f"Bearer {token[:-8]}AAAAAAAA"
    elif how == "wrong media type":
        headers["content-type"] = "text/plain"
    elif how == "not acceptable":
        headers["accept"] = "image/png"
    return "GET" if how == "GET" else "POST", headers, _BODIES.get(how, orjson.dumps({"query": _SMALL}))
