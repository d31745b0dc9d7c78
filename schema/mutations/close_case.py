"""Close a case, as the schema has it."""

from enum import StrEnum
from typing import Annotated

import strawberry

from models.operations.close_case import CloseCase
from models.operations.close_case import close_case as close
from schema.context import Info
from schema.mutations.answering import ERRORS, INPUT, KEY, answer, error_codes
from schema.types.case import AssistCase
from schema.types.errors import UserError


@error_codes
class CloseCaseErrorCode(StrEnum):
    CASE_CLOSED = "CASE_CLOSED"
    NOT_ALLOWED = "NOT_ALLOWED"
    NOT_FOUND = "NOT_FOUND"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"


@strawberry.input(description="Which case to close.")
class CloseCaseInput:
    case_id: strawberry.ID = strawberry.field(description="The case's id.")
    idempotency_key: strawberry.ID | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="Why it was refused.")
class CloseCaseError(UserError):
    code: CloseCaseErrorCode = strawberry.field(description="What a front end switches on.")


@strawberry.type(description="What came of it.")
class CloseCasePayload:
    case: AssistCase | None = strawberry.field(description="The case as it is now; null where it was refused.")
    user_errors: list[CloseCaseError] = strawberry.field(description=ERRORS)


@strawberry.mutation(
    description="Close a case, for the provider's staff: it takes no more requests, and an open one is cancelled. The "
    "consultant is told by e-mail; an organisation that had the request sees it as withdrawn. No mutation opens it "
    "again."
)
async def close_case(
    info: Info, input: Annotated[CloseCaseInput, strawberry.argument(description=INPUT)]
) -> CloseCasePayload:
    command = CloseCase(case_id=input.case_id, idempotency_key=input.idempotency_key)
    return await answer(info, close, command, CloseCasePayload, CloseCaseError, of="case")
