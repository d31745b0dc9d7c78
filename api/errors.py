"""What a caller is told when something goes wrong: a code always, a text only where it cannot give anything away."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import structlog
from graphql import FieldNode, GraphQLError, ValueNode

from api.faults import facts_of
from models.job_queue import is_unavailable

BAD_USER_INPUT = "BAD_USER_INPUT"
FORBIDDEN = "FORBIDDEN"
INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"
RATE_LIMITED = "RATE_LIMITED"
SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE"
UNAUTHENTICATED = "UNAUTHENTICATED"

FAULTS = frozenset({INTERNAL_SERVER_ERROR, SERVICE_UNAVAILABLE})
"""What is nobody's doing who asked."""
TRY_AGAIN = "The service can't reach its data right now. Try again shortly; a mutation with the same idempotencyKey."

_LONGEST = 300
_REWORDED = (
    # The library quotes what it was given, as Python writes it. The caller knows their own input; their logs need not.
    (re.compile(r",? ?Did you mean .*|, found:? .*|, but encountered error .*", re.DOTALL), "."),
    (re.compile(r"(cannot represent (?:an? )?[\w -]+?): .*", re.DOTALL), r"\1."),
    (re.compile(r"not to be None\b"), "not to be null"),
    (re.compile(r"\.{2,}$"), "."),
)

_log = structlog.get_logger()


class PresentedError(TypedDict, total=False):
    """One entry of ``errors`` in a response."""

    message: str
    locations: Sequence[Mapping[str, int]]
    path: Sequence[str | int]
    extensions: Mapping[str, Any]


class HttpRefusal(Exception):
    """A request that is turned away before any operation runs."""

    def __init__(self, status: int, message: str, *, code: str = BAD_USER_INPUT, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def body(self) -> dict[str, Any]:
        return {"errors": [{"message": str(self), "extensions": {"code": self.code}}]}


def present(error: GraphQLError) -> PresentedError:
    """Return what the caller may read of an error, and log it: by code and field, a fault also by kind and place."""
    code, message, extensions = _judge(error)
    field = _field_of(error)
    if code in FAULTS:
        _log.error("operation failed", code=code, field=field, **facts_of(_root_cause(error)))
    else:
        _log.info("operation refused", code=code, field=field)
    presented: PresentedError = {"message": message, "extensions": extensions}
    if error.locations:
        presented["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path is not None:
        presented["path"] = list(error.path)
    return presented


def _field_of(error: GraphQLError) -> str:
    """Return the schema's name of the field that failed; a path would hold aliases, the caller's own words."""
    if error.path is None:
        return ""
    return next((node.name.value for node in error.nodes or () if isinstance(node, FieldNode)), "")


def _judge(error: GraphQLError) -> tuple[str, str, Mapping[str, Any]]:
    """Tell apart what we refused ourselves, what is wrong with the document, and what nobody foresaw."""
    if _is_graphql(error) and (extensions := error.extensions or {}).get("code"):
        return extensions["code"], error.message, extensions
    if _is_about_the_document(error):
        return BAD_USER_INPUT, _reworded(error.message), {"code": BAD_USER_INPUT}
    if is_unavailable(_root_cause(error)):
        return SERVICE_UNAVAILABLE, TRY_AGAIN, {"code": SERVICE_UNAVAILABLE}
    return INTERNAL_SERVER_ERROR, "Something went wrong on our side.", {"code": INTERNAL_SERVER_ERROR}


def _is_graphql(error: GraphQLError) -> bool:
    return error.original_error is None or isinstance(error.original_error, GraphQLError)


def _is_about_the_document(error: GraphQLError) -> bool:
    """An error without a path precedes execution. With one, it is the caller's if it points at an argument's value.

    A scalar's own complaint about a value that stands in the document comes wrapped, and before execution.
    """
    at_values = bool(error.nodes) and all(isinstance(node, ValueNode) for node in error.nodes or ())
    if error.path is None:
        return at_values or _is_graphql(error)
    return at_values and _is_graphql(error)


def _reworded(message: str) -> str:
    for pattern, replacement in _REWORDED:
        message = pattern.sub(replacement, message)
    return message if len(message) <= _LONGEST else message[: _LONGEST - 1] + "…"


def _root_cause(error: BaseException) -> BaseException:
    while isinstance(error, GraphQLError) and error.original_error is not None:
        error = error.original_error
    return error
