"""Answer further details, as the schema has it."""

from enum import StrEnum
from typing import Annotated

import strawberry

from models.operations.answer_details import AnswerDetails, answer_details
from schema.context import Info
from schema.mutations.answering import ERRORS, INPUT, KEY, REQUEST, VERSION, answer, error_codes
from schema.types.errors import UserError
from schema.types.request import ExtraSessionsRequest


@error_codes
class AnswerFurtherDetailsErrorCode(StrEnum):
    STALE_VERSION = "STALE_VERSION"
    NOT_ALLOWED = "NOT_ALLOWED"
    NOT_FOUND = "NOT_FOUND"
    NOT_OPEN = "NOT_OPEN"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    UNKNOWN_QUESTION = "UNKNOWN_QUESTION"
    ANSWERS_INCOMPLETE = "ANSWERS_INCOMPLETE"
    TEXT_TOO_LONG = "TEXT_TOO_LONG"
    TEXT_INVALID = "TEXT_INVALID"


@strawberry.input(description="The answer to one question.")
class FurtherDetailsAnswerInput:
    code: str = strawberry.field(description="The question's `code`.")
    text: str = strawberry.field(
        description="Up to 2,000 characters; empty for no answer, where none is required. Never shown to the "
        "organisation."
    )


@strawberry.input(description="The answers to the round that waits, all at once.")
class AnswerFurtherDetailsInput:
    request_id: strawberry.ID = strawberry.field(description="The request's id.")
    answers: list[FurtherDetailsAnswerInput] = strawberry.field(
        description="One for each required question of the last of `clinicalReview.rounds`, and for others at will."
    )
    expected_version: int | None = strawberry.field(default=None, description=VERSION)
    idempotency_key: strawberry.ID | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="Why it was refused.")
class AnswerFurtherDetailsError(UserError):
    code: AnswerFurtherDetailsErrorCode = strawberry.field(description="What a front end switches on.")


@strawberry.type(description="What came of it.")
class AnswerFurtherDetailsPayload:
    request: ExtraSessionsRequest | None = strawberry.field(description=REQUEST)
    user_errors: list[AnswerFurtherDetailsError] = strawberry.field(description=ERRORS)


@strawberry.mutation(
    description="Answer what the clinical review has asked, until 17:00 of the fifth business day; the request then "
    "goes to that review. For the consultant, or the practice's manager in the place of one who has left."
)
async def answer_further_details(
    info: Info, input: Annotated[AnswerFurtherDetailsInput, strawberry.argument(description=INPUT)]
) -> AnswerFurtherDetailsPayload:
    command = AnswerDetails(
        request_id=input.request_id,
        answers=tuple((each.code, each.text) for each in input.answers),
        expected_version=input.expected_version,
        idempotency_key=input.idempotency_key,
    )
    return await answer(info, answer_details, command, AnswerFurtherDetailsPayload, AnswerFurtherDetailsError)
