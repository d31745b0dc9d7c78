"""What every mutation's file shares: run one operation, answer with its view or with typed user errors."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any, Protocol, TypeVar

import strawberry

from models.actor import Actor
from models.clock import Clock
from models.database import Database
from models.rules.refusals import Refusal
from models.views.request import RequestView
from models.views.want import Want
from schema.context import Info
from schema.selection import want_of
from schema.types.errors import CodedError

C_contra = TypeVar("C_contra", contravariant=True)
L = TypeVar("L", bound=StrEnum)
P = TypeVar("P")

CODES = {
    "ALREADY_CONFIRMED": "It was confirmed before; there is nothing more to do.",
    "ALREADY_DECIDED": "Somebody decided first; the message names their outcome.",
    "CASE_CLOSED": "The case takes no requests any more.",
    "CONSENT_MISSING": "The client's consent must be declared.",
    "DATE_NOT_TODAY": "Only today's date, in your own zone, is accepted.",
    "IDEMPOTENCY_KEY_REUSED": "This key came with another input before.",
    "NOT_ALLOWED": "Your role, or the agreement, does not permit it.",
    "NOT_FOUND": "There is no such thing, or you may not see it.",
    "NOT_OPEN": "The request is not in a state that allows it.",
    "NO_SESSIONS": "Ask for, or grant, at least 1.",
    "OPEN_REQUEST_EXISTS": "The case has an open request already.",
    "REQUESTOR_NOT_ALLOWED": "Only the consultant can be the requestor here.",
    "STALE_VERSION": "The request changed since you loaded it; load it again.",
    "TEXT_INVALID": "The text holds invisible control characters.",
    "TEXT_MISSING": "The text is empty.",
    "TEXT_TOO_LONG": "The text is too long.",
    "TOO_MANY_SESSIONS": "More than can be asked for, or granted, here.",
}
"""Every code that a user error can carry, as the schema describes it."""

INPUT = "Everything in one object, so that it fits into one variable."
KEY = (
    "Repeat a call safely: the same key with the same input gives the first result again. Yours alone, for this "
    "mutation; kept for at least 24 hours."
)
VERSION = "The `version` that you loaded; the mutation is refused if it has changed. Null does not check."
REQUEST = "The request as it is now, for your eyes; null where it was refused."
ERRORS = "Why it was refused, for the person; empty where it worked."


class Operation(Protocol[C_contra]):
    def __call__(
        self, command: C_contra, /, *, by: Actor, database: Database, clock: Clock, want: Want
    ) -> Awaitable[RequestView]: ...


def error_codes(listed: type[L]) -> type[L]:
    """Put one mutation's own codes into the schema, each described as everywhere."""
    strawberry.enum(listed, description="What a front end switches on.")
    definition: Any = listed.__strawberry_definition__  # type: ignore[attr-defined]  # set by strawberry.enum
    for value in definition.values:
        value.description = CODES[value.name]
    return listed


async def answer(
    info: Info, operation: Operation[C_contra], command: C_contra, payload: Callable[..., P], error: Any
) -> P:
    """Run ``operation`` and present what it returns; a refusal becomes this mutation's own error type."""
    context = info.context
    want = want_of(info).part("request")
    try:
        view = await operation(command, by=context.actor, database=context.database, clock=context.clock, want=want)
    except Refusal as refusal:
        codes = error.__annotations__["code"]
        if refusal.code not in codes.__members__:
            raise CodedError(refusal.message, refusal.code) from None
        told = error(message=refusal.message, path=list(refusal.path) or None, code=codes[refusal.code])
        return payload(request=None, user_errors=[told])
    return payload(request=view, user_errors=[])
