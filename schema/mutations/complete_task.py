"""Complete a task of the staff's, as the schema has it."""

from enum import StrEnum
from typing import Annotated

import strawberry

from models.operations import complete_task as completing
from schema.context import Info
from schema.mutations.answering import ERRORS, INPUT, KEY, answer, error_codes
from schema.types.errors import UserError
from schema.types.task import StaffTask


@error_codes
class CompleteTaskErrorCode(StrEnum):
    NOT_ALLOWED = "NOT_ALLOWED"
    NOT_FOUND = "NOT_FOUND"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    CLOSES_BY_ITSELF = "CLOSES_BY_ITSELF"
    TASK_ENDED = "TASK_ENDED"


@strawberry.input(description="Which task is done.")
class CompleteTaskInput:
    task_id: strawberry.ID = strawberry.field(description="The task's id.")
    idempotency_key: strawberry.ID | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="Why it was refused.")
class CompleteTaskError(UserError):
    code: CompleteTaskErrorCode = strawberry.field(description="What a front end switches on.")


@strawberry.type(description="What came of it.")
class CompleteTaskPayload:
    task: StaffTask | None = strawberry.field(description="The task as it is now; null where it was refused.")
    user_errors: list[CompleteTaskError] = strawberry.field(description=ERRORS)


@strawberry.mutation(
    description="Take a task of kind BOUNCED_ADDRESS off the list, once the address is put right; for the provider's "
    "staff. Every other kind is refused with CLOSES_BY_ITSELF: the message says by what."
)
async def complete_task(
    info: Info, input: Annotated[CompleteTaskInput, strawberry.argument(description=INPUT)]
) -> CompleteTaskPayload:
    command = completing.CompleteTask(task_id=input.task_id, idempotency_key=input.idempotency_key)
    return await answer(info, completing.complete_task, command, CompleteTaskPayload, CompleteTaskError, of="task")
