"""Reads what a client asks for, and writes what it is answered: the same over HTTP, event streams and sockets."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from graphql import GraphQLError
from strawberry.http import GraphQLRequestData
from strawberry.types import ExecutionResult

from api.errors import FAULTS, HttpRefusal, PresentedError, present
from api.persisted import names_document
from api.tally import Outcome, current

_PARAMETERS: Final[Mapping[str, tuple[type, str]]] = {
    "query": (str, "a text"),
    "operationName": (str, "a text"),
    "variables": (dict, "an object"),
    "extensions": (dict, "an object"),
}
_NEVER_RAN: Final = b'{"errors":'


def read_request(document: Mapping[str, Any]) -> GraphQLRequestData:
    """Return the operation that a client asks for. Raises the refusal of one that has another shape."""
    values = {name: _parameter(document, name) for name in _PARAMETERS}
    if not values["query"] and not names_document(values["extensions"]):
        raise HttpRefusal(400, "The request has no query.")
    return GraphQLRequestData(
        query=values["query"] or None,
        variables=values["variables"],
        operation_name=values["operationName"],
        extensions=values["extensions"],
    )


def presented(result: ExecutionResult) -> dict[str, Any]:
    """Return what the client reads, and tell the tally how it ended.

    ``data`` is left out of an operation that never ran, as the specification asks.
    """
    shown = [present(error) for error in result.errors or ()]
    if tally := current.get():
        tally.outcome = _outcome(shown, result.data)
    if result.data is None and all(error.path is None for error in result.errors or ()):
        return {"errors": shown}
    return {"data": result.data, "errors": shown} if shown else {"data": result.data}


def written(result: ExecutionResult) -> bytes:
    """Return the same as JSON."""
    return orjson.dumps(presented(result))


def errors_of_one_that_never_ran(answer: bytes) -> bytes | None:
    """Return the list of errors, as JSON, of an operation that could not begin; None for any other answer."""
    return answer[len(_NEVER_RAN) : -1] if answer.startswith(_NEVER_RAN) else None


def error_list(refusal: HttpRefusal | GraphQLError) -> bytes:
    """Return the list of errors, as JSON, that says why an operation was turned away."""
    return orjson.dumps(refusal.body()["errors"] if isinstance(refusal, HttpRefusal) else [present(refusal)])


def _parameter(document: Mapping[str, Any], name: str) -> Any:
    kind, description = _PARAMETERS[name]
    value = document.get(name)
    if value is not None and not isinstance(value, kind):
        raise HttpRefusal(400, f"'{name}' must be {description}.")
    return value


def _outcome(errors: Sequence[PresentedError], data: Mapping[str, Any] | None) -> Outcome:
    if any(error["extensions"]["code"] in FAULTS for error in errors):
        return Outcome.FAILED
    if errors:
        return Outcome.REFUSED
    payloads = (data or {}).values()
    told = any(isinstance(payload, dict) and payload.get("userErrors") for payload in payloads)
    return Outcome.USER_ERROR if told else Outcome.ANSWERED
