"""What every mutation's file shares: run one operation, answer with its view or with typed user errors."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any, Protocol, TypeVar

import strawberry

from models.actor import Actor
from models.clock import Clock
from models.conflicts import through_conflicts
from models.database import Database
from models.rules.refusals import Refusal
from models.views.base import View
from models.views.want import Want
from schema.context import Info
from schema.selection import want_of
from schema.types.errors import CodedError

C_contra = TypeVar("C_contra", contravariant=True)
L = TypeVar("L", bound=StrEnum)
P = TypeVar("P")

CODES = {
    "ACCOUNT_UNFIT": "No enabled machine account has this sign-in name.",
    "ALREADY_CONFIRMED": "It was confirmed before; there is nothing more to do.",
    "ALREADY_DECIDED": "Somebody decided first; the message names their outcome.",
    "ANSWERS_INCOMPLETE": "A required question has no answer; the message says which.",
    "ALREADY_RELAYED": "The outcome has reached both parties already.",
    "ALREADY_RECONSIDERED": "It was asked once before, or this request is itself a reconsideration.",
    "CASE_CLOSED": "The case takes no requests any more.",
    "CLOSES_BY_ITSELF": "The task ends once what it asks for is done; the message says what.",
    "CONSENT_MISSING": "The client's consent must be declared.",
    "CURSOR_EXPIRED": "The cursor is from before what can be replayed: start at EARLIEST.",
    "DATE_NOT_TODAY": "Only today's date, in your own zone, is accepted.",
    "DECISION_OVERDUE": "It is too late for a question: decide now.",
    "IDEMPOTENCY_KEY_REUSED": "This key came with another input before.",
    "IDENTIFIER_FOUND": "The text tells who it is about; the message says what of it stands where.",
    "NOT_ALLOWED": "Your role, or the agreement, does not permit it.",
    "NOT_FOUND": "There is no such thing, or you may not see it.",
    "NOTHING_REFUSED": "There is no outcome yet, or it granted all that was asked for.",
    "NOT_OPEN": "The request is not in a state that allows it.",
    "NOT_PART_OF_VERDICT": "The field goes with another verdict; leave it out.",
    "NO_DRAFT": "There is no draft to release yet.",
    "NO_SESSIONS": "Ask for, or grant, at least 1.",
    "OPEN_REQUEST_EXISTS": "The case has an open request already.",
    "REASON_MISSING": "A decline needs a reason.",
    "REQUESTOR_NOT_ALLOWED": "Only the consultant can be the requestor here.",
    "STALE_VERSION": "The request changed since you loaded it; load it again.",
    "TASK_ENDED": "The task has ended already.",
    "TEXT_INVALID": "The text holds invisible control characters.",
    "TEXT_MISSING": "The text is empty.",
    "TEXT_TOO_LONG": "The text is too long.",
    "TOO_MANY_QUESTIONS": "No more questions can be asked about this request: decide on what it says.",
    "TOO_LATE": "The time to ask for it is over; the message names its last day.",
    "TOO_MANY_SESSIONS": "More than can be asked for, or granted, here.",
    "TYPES_MISSING": "An empty list lets nothing through; null is every type.",
    "UNKNOWN_QUESTION": "None of the questions that there are has this code, or it was answered twice.",
    "URL_INVALID": "Nothing can be sent there; the message says why.",
}
"""Every code that a user error can carry, as the schema describes it."""

INPUT = "Everything in one object, so that it fits into one variable."
KEY = (
    "Repeat a call safely: the same key with the same input gives the first result again. Yours alone, for this "
    "mutation; kept for at least 24 hours."
)
VERSION = "The `version` that you loaded; the mutation is refused if it has changed. Null does not check."
REQUEST = "The request as it is now, for your eyes; null where it was refused."
WEBHOOK = "The webhook as it is now; null where it was refused."
ERRORS = "Why it was refused, for the person; empty where it worked."


class Operation(Protocol[C_contra]):
    def __call__(
        self, command: C_contra, /, *, by: Actor, database: Database, clock: Clock, want: Want
    ) -> Awaitable[View]: ...


def error_codes(listed: type[L]) -> type[L]:
    """Put one mutation's own codes into the schema, each described as everywhere."""
    strawberry.enum(listed, description="What a front end switches on.")
    definition: Any = listed.__strawberry_definition__  # type: ignore[attr-defined]  # set by strawberry.enum
    for value in definition.values:
        value.description = CODES[value.name]
    return listed


async def answer(  # noqa: PLR0913 - what to run, and how to present what comes of it
    info: Info,
    operation: Operation[C_contra],
    command: C_contra,
    payload: Callable[..., P],
    error: Any,
    *,
    of: str = "request",
) -> P:
    """Run ``operation`` and present what it returns; a refusal becomes this mutation's own error type.

    ``of`` is the payload's field for the object that the operation is about.
    """
    context = info.context
    want = want_of(info).part(of)

    def run() -> Awaitable[View]:
        return operation(command, by=context.actor, database=context.database, clock=context.clock, want=want)

    try:
        view = await through_conflicts(run)
    except Refusal as refusal:
        codes = error.__annotations__["code"]
        if refusal.code not in codes.__members__:
            raise CodedError(refusal.message, refusal.code) from None
        told = error(message=refusal.message, path=list(refusal.path) or None, code=codes[refusal.code])
        return payload(**{of: None}, user_errors=[told])
    return payload(**{of: view}, user_errors=[])
