"""Draft an answer, as the schema has it."""

from enum import StrEnum
from typing import Annotated

import strawberry

from models.operations import draft_answer as drafting
from schema.context import Info
from schema.mutations.answering import ERRORS, INPUT, KEY, REQUEST, VERSION, answer, error_codes
from schema.types.errors import UserError
from schema.types.request import ExtraSessionsRequest


@error_codes
class DraftAnswerErrorCode(StrEnum):
    STALE_VERSION = "STALE_VERSION"
    NOT_ALLOWED = "NOT_ALLOWED"
    NOT_FOUND = "NOT_FOUND"
    NOT_OPEN = "NOT_OPEN"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    TEXT_MISSING = "TEXT_MISSING"
    TEXT_TOO_LONG = "TEXT_TOO_LONG"
    TEXT_INVALID = "TEXT_INVALID"
    IDENTIFIER_FOUND = "IDENTIFIER_FOUND"


@strawberry.input(description="What to answer about which request.")
class DraftAnswerInput:
    request_id: strawberry.ID = strawberry.field(description="The request's id.")
    answer: str = strawberry.field(
        description="1 to 1,000 characters. The organisation will read it: name nobody, no case, no day, no place."
    )
    expected_version: int | None = strawberry.field(default=None, description=VERSION)
    idempotency_key: strawberry.ID | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="Why it was refused.")
class DraftAnswerError(UserError):
    code: DraftAnswerErrorCode = strawberry.field(description="What a front end switches on.")


@strawberry.type(description="What came of it.")
class DraftAnswerPayload:
    request: ExtraSessionsRequest | None = strawberry.field(description=REQUEST)
    user_errors: list[DraftAnswerError] = strawberry.field(description=ERRORS)


@strawberry.mutation(
    description="Answer the organisation's question. For the consultant, or the practice's manager in the place of one "
    "who has left. The provider's staff read it before the organisation does; until they release it, it can be "
    "drafted anew."
)
async def draft_answer(
    info: Info, input: Annotated[DraftAnswerInput, strawberry.argument(description=INPUT)]
) -> DraftAnswerPayload:
    command = drafting.DraftAnswer(
        request_id=input.request_id,
        answer=input.answer,
        expected_version=input.expected_version,
        idempotency_key=input.idempotency_key,
    )
    return await answer(info, drafting.draft_answer, command, DraftAnswerPayload, DraftAnswerError)
