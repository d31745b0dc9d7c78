"""Ask a question, as the schema has it."""

from enum import StrEnum
from typing import Annotated

import strawberry

from models.operations.ask_question import AskQuestion, ask_question
from models.rules.vocabulary import QuestionTopic
from schema.context import Info
from schema.mutations.answering import ERRORS, INPUT, KEY, REQUEST, VERSION, answer, error_codes
from schema.types.errors import UserError
from schema.types.request import ExtraSessionsRequest


@error_codes
class AskOrganisationQuestionErrorCode(StrEnum):
    STALE_VERSION = "STALE_VERSION"
    NOT_ALLOWED = "NOT_ALLOWED"
    NOT_FOUND = "NOT_FOUND"
    NOT_OPEN = "NOT_OPEN"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    ALREADY_DECIDED = "ALREADY_DECIDED"
    TOO_MANY_QUESTIONS = "TOO_MANY_QUESTIONS"
    DECISION_OVERDUE = "DECISION_OVERDUE"


@strawberry.input(description="What to ask about which request.")
class AskOrganisationQuestionInput:
    request_id: strawberry.ID = strawberry.field(description="The request's id.")
    topic: QuestionTopic = strawberry.field(description="From the request's `questionTopics`.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)
    idempotency_key: strawberry.ID | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="Why it was refused.")
class AskOrganisationQuestionError(UserError):
    code: AskOrganisationQuestionErrorCode = strawberry.field(description="What a front end switches on.")


@strawberry.type(description="What came of it.")
class AskOrganisationQuestionPayload:
    request: ExtraSessionsRequest | None = strawberry.field(description=REQUEST)
    user_errors: list[AskOrganisationQuestionError] = strawberry.field(description=ERRORS)


@strawberry.mutation(
    description="Ask one question of the fixed list before you decide; for the organisation's reviewers. Twice at "
    "most, and never once the decision is overdue. The decision's deadline is PAUSED until the answer is there, five "
    "business days at most; then what was left of it is left again, and one business day at least."
)
async def ask_organisation_question(
    info: Info, input: Annotated[AskOrganisationQuestionInput, strawberry.argument(description=INPUT)]
) -> AskOrganisationQuestionPayload:
    command = AskQuestion(
        request_id=input.request_id,
        topic=input.topic,
        expected_version=input.expected_version,
        idempotency_key=input.idempotency_key,
    )
    return await answer(info, ask_question, command, AskOrganisationQuestionPayload, AskOrganisationQuestionError)
