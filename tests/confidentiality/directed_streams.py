"""Programs written by hand for whoever follows events: all that can be followed, resumed early, late and too late."""

from collections.abc import Iterator
from typing import Any

from tests.confidentiality.arguments import PLACE, Hole
from tests.confidentiality.programs import Batch, Do, Follow, Hide, Say, Step, Wait
from tests.confidentiality.walk import Document
from tests.schema.widest import everything_of

_EVENT = everything_of("Event", 2)
_PAGE = "{ __typename pageInfo { __typename hasNextPage endCursor } nodes " + _EVENT + " }"
_TYPES = {"id": "ID!", "after": "String", "filter": "EventFilter"}
_EVENTS = f"events(filter: $filter, after: $after) {_EVENT}"
_REQUEST = f"extraSessionsRequest(id: $id) {everything_of('ExtraSessionsRequest', 2)}"
_FIRST, _LAST = Hole("cursor", PLACE, 0), Hole("cursor", PLACE, -1)
_LONG_AFTER = Wait(24 * 95)
"""Longer than events can be replayed."""


def follows(viewer: str, what: str = _EVENTS, **variables: Any) -> Follow:
    return Follow(viewer, 0, given=_document("subscription", what, variables))


def looks_back(viewer: str, first: int = 20, **variables: Any) -> Say:
    """Ask for a page of events."""
    return Say(viewer, _document("query", f"events(first: {first}, filter: $filter, after: $after) {_PAGE}", variables))


def _document(kind: str, what: str, variables: dict[str, Any]) -> Document:
    if "$filter" in what:
        variables = {"filter": None, "after": None, **variables}
    declared = ", ".join(f"${name}: {_TYPES[name]}" for name in variables)
    root = f"{kind.title()}.{what.partition('(')[0]}"
    meta = "__typename " if kind == "query" else ""
    return Document(f"{kind} Followed({declared}) {{ {meta}{what} }}", variables, (), root, ())


def follows_all(viewer: str, known: Hole) -> Iterator[Step]:
    """Follow in every way, one request, and one that is not there."""
    yield looks_back(viewer, 1)
    yield follows(viewer)
    yield follows(viewer, after=_FIRST)
    yield follows(viewer, after=Hole("forged", PLACE, 0))
    yield follows(viewer, filter={"requestId": known, "types": ["APPROVED", "WITHDRAWN"]}, after=_FIRST)
    for each in (known, Hole("unknown", "req")):
        yield follows(viewer, _REQUEST, id=each)


def too_late(viewer: str) -> Iterator[Step]:
    """Come back when what was missed can't be sent again."""
    yield _LONG_AFTER
    yield looks_back(viewer, after=_FIRST)
    yield follows(viewer, after=_FIRST)


def a_followed_day(asked: Hole, ended: list[Hole], hidden: Hole) -> list[Step]:
    """Play days that several follow: what is hidden happens alone and together with what is known."""
    begin: list[Step] = [Hide("submit", 2), looks_back("reviewer", 5), follows("reviewer"), follows("second")]
    begin += [follows("integrator"), follows("reviewer", _REQUEST, id=asked), follows("second", _REQUEST, id=hidden)]
    apart: list[Step] = [Hide("submit", 2), Hide("mark", 1), Hide("relay", 2), Hide("read", 1), Hide("submit", 1)]
    together: list[Step] = [Hide("decide elsewhere", 2, apart=False), Do("ask", asked.index), Hide("draft", 1)]
    known: list[Step] = [*together, *(Do("withdraw", each.index) for each in ended), Wait(5)]
    back: list[Step] = [follows("reviewer", after=_FIRST), looks_back("reviewer", after=_LAST), follows("integrator")]
    ends: list[Step] = [Do("confirm", 0), Batch(), Hide("submit", 2), Wait(1), follows("second", after=_LAST)]
    return [*begin, *apart, *known, *back, *ends, *too_late("reviewer")]
