"""A program written by hand for tenants: each of them asks for what is theirs, and for what is another's by its id."""

from collections.abc import Iterable
from typing import Any

from tests.confidentiality.arguments import Hole
from tests.confidentiality.directed_streams import follows
from tests.confidentiality.programs import Say, Step
from tests.confidentiality.walk import Document
from tests.schema.widest import everything_of

_DAYS = 'from: "2026-11-20", to: "2026-11-27"'
_OWN = Hole("known", "req", 0)


def _another(kind: str) -> Hole:
    """Name the one that was made last: of a practice or an organisation that is not the viewer's."""
    return Hole("foreign", kind, -1, twin=True)


_QUESTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("requests(first: 50) { __typename totalCount nodes { __typename id reference } }", {}),
    (f"calendar({_DAYS}) {{ __typename totalCount nodes {everything_of('Appointment', 2)} }}", {}),
    (f"request(by: {{id: $id}}) {everything_of('ExtraSessionsRequest', 3)}", {"id": _OWN}),
    (f"node(id: $id) {{ __typename ... on AssistCase {everything_of('AssistCase', 2)} }}", {"id": _another("case")}),
    (f"node(id: $id) {{ __typename ... on Appointment {everything_of('Appointment', 2)} }}", {"id": _another("apt")}),
    (f"request(by: {{id: $id}}) {everything_of('ExtraSessionsRequest', 2)}", {"id": _another("req")}),
    ("request(by: {reference: $text}) { __typename id }", {"text": _another("reference")}),
    ("case(by: {number: $text}) { __typename id }", {"text": _another("number")}),
    (f"consultant(id: $id) {everything_of('Consultant', 2)}", {"id": _another("con")}),
    (f"calendar({_DAYS}, consultantId: $id) {{ __typename totalCount }}", {"id": _another("con")}),
    (f"events(first: 50) {{ __typename nodes {everything_of('Event', 3)} }}", {}),
    ("events(filter: {caseId: $id}) { __typename nodes { __typename type } }", {"id": _another("case")}),
    ("events(filter: {requestId: $id}) { __typename nodes { __typename type } }", {"id": _another("req")}),
)
_TYPES = {"id": "ID!", "text": "String!"}
_MOVES = {
    f"{move}ExtraSessionsRequest": f"mutation Asked($id: ID!) {{ __typename {move}ExtraSessionsRequest(input: {given}) "
    + everything_of(f"{move.title()}ExtraSessionsRequestPayload", 2)
    + " }"
    for move, given in (("withdraw", "{requestId: $id}"), ("decline", "{requestId: $id, reason: OTHER}"))
}


def a_day(viewers: Iterable[str]) -> list[Step]:
    """Return what these viewers do, one after another."""
    steps: list[Step] = []
    for viewer in viewers:
        steps.append(follows(viewer))
        steps.append(follows(viewer, "extraSessionsRequest(id: $id) { __typename id }", id=_another("req")))
        steps += [_asks(viewer, question, variables) for question, variables in _QUESTIONS]
        steps += [
            Say(viewer, Document(text, {"id": _another("req")}, (), f"Mutation.{name}", ()))
            for name, text in _MOVES.items()
        ]
    return steps


def _asks(viewer: str, question: str, variables: dict[str, Any]) -> Say:
    declared = ", ".join(f"${name}: {_TYPES[name]}" for name in variables)
    text = f"query Asked{f'({declared})' if declared else ''} {{ __typename {question} }}"
    return Say(viewer, Document(text, variables, (), f"Query.{question.partition('(')[0]}", ()))
