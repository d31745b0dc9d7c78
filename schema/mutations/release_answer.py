"""Release an answer, as the schema has it."""

from enum import StrEnum
from typing import Annotated

import strawberry

from models.operations import release_answer as releasing
from schema.context import Info
from schema.mutations.answering import ERRORS, INPUT, KEY, REQUEST, VERSION, answer, error_codes
from schema.types.errors import UserError
from schema.types.request import ExtraSessionsRequest


@error_codes
class ReleaseAnswerErrorCode(StrEnum):
    STALE_VERSION = "STALE_VERSION"
    NOT_ALLOWED = "NOT_ALLOWED"
    NOT_FOUND = "NOT_FOUND"
    NOT_OPEN = "NOT_OPEN"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    NO_DRAFT = "NO_DRAFT"
    IDENTIFIER_FOUND = "IDENTIFIER_FOUND"


@strawberry.input(description="Which request's answer to release.")
class ReleaseAnswerInput:
    request_id: strawberry.ID = strawberry.field(description="The request's id.")
    expected_version: int | None = strawberry.field(
        default=None, description=VERSION + " Pass it here: it says that you have read the draft that stands now."
    )
    idempotency_key: strawberry.ID | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="Why it was refused.")
class ReleaseAnswerError(UserError):
    code: ReleaseAnswerErrorCode = strawberry.field(description="What a front end switches on.")


@strawberry.type(description="What came of it.")
class ReleaseAnswerPayload:
    request: ExtraSessionsRequest | None = strawberry.field(description=REQUEST)
    user_errors: list[ReleaseAnswerError] = strawberry.field(description=ERRORS)


@strawberry.mutation(
    description="Hand the consultant's draft to the organisation; for the provider's staff, who have read it. It is "
    "checked for what identifies once more. The decision's clock goes on, and the reviewers are told by e-mail."
)
async def release_answer(
    info: Info, input: Annotated[ReleaseAnswerInput, strawberry.argument(description=INPUT)]
) -> ReleaseAnswerPayload:
    command = releasing.ReleaseAnswer(
        request_id=input.request_id,
        expected_version=input.expected_version,
        idempotency_key=input.idempotency_key,
    )
    return await answer(info, releasing.release_answer, command, ReleaseAnswerPayload, ReleaseAnswerError)
