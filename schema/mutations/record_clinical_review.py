"""Record a clinical review, as the schema has it."""

from enum import StrEnum
from typing import Annotated

import strawberry

from models.operations import record_clinical_review as operation
from models.rules.vocabulary import ClinicalDeclineReason, ClinicalVerdict
from schema.context import Info
from schema.mutations.answering import ERRORS, INPUT, KEY, REQUEST, VERSION, answer, error_codes
from schema.types.errors import UserError
from schema.types.request import ExtraSessionsRequest


@error_codes
class RecordClinicalReviewErrorCode(StrEnum):
    STALE_VERSION = "STALE_VERSION"
    NOT_ALLOWED = "NOT_ALLOWED"
    NOT_FOUND = "NOT_FOUND"
    NOT_OPEN = "NOT_OPEN"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    NOT_PART_OF_VERDICT = "NOT_PART_OF_VERDICT"
    REASON_MISSING = "REASON_MISSING"
    TOO_MANY_SESSIONS = "TOO_MANY_SESSIONS"
    NO_SESSIONS = "NO_SESSIONS"
    UNKNOWN_QUESTION = "UNKNOWN_QUESTION"
    TEXT_MISSING = "TEXT_MISSING"
    TEXT_TOO_LONG = "TEXT_TOO_LONG"
    TEXT_INVALID = "TEXT_INVALID"


@strawberry.input(description="The verdict on a request in CLINICAL_REVIEW, with what belongs to it.")
class RecordClinicalReviewInput:
    request_id: strawberry.ID = strawberry.field(description="The request's id.")
    verdict: ClinicalVerdict = strawberry.field(description="What the review comes to.")
    sessions_endorsed: int | None = strawberry.field(
        default=None, description="With ENDORSE: from 1 to `sessionsRequested`; null endorses all of them."
    )
    reason: ClinicalDeclineReason | None = strawberry.field(default=None, description="With DECLINE, which needs one.")
    questions: list[str] | None = strawberry.field(
        default=None,
        description="With ASK_FOR_DETAILS: the `code` of each question to ask again, at least one; null asks all.",
    )
    note: str | None = strawberry.field(
        default=None,
        description="With ASK_FOR_DETAILS: up to 1,000 characters to the consultant. Clinical: never shown to the "
        "organisation.",
    )
    expected_version: int | None = strawberry.field(default=None, description=VERSION)
    idempotency_key: strawberry.ID | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="Why it was refused.")
class RecordClinicalReviewError(UserError):
    code: RecordClinicalReviewErrorCode = strawberry.field(description="What a front end switches on.")


@strawberry.type(description="What came of it.")
class RecordClinicalReviewPayload:
    request: ExtraSessionsRequest | None = strawberry.field(description=REQUEST)
    user_errors: list[RecordClinicalReviewError] = strawberry.field(description=ERRORS)


@strawberry.mutation(
    description="Carry out a clinical reviewer's verdict. An endorsement sends the request to its organisation, which "
    "never learns that there was a review; a decline ends it, and consultant and client are told by e-mail."
)
async def record_clinical_review(
    info: Info, input: Annotated[RecordClinicalReviewInput, strawberry.argument(description=INPUT)]
) -> RecordClinicalReviewPayload:
    command = operation.RecordClinicalReview(
        request_id=input.request_id,
        verdict=input.verdict,
        sessions_endorsed=input.sessions_endorsed,
        reason=input.reason,
        questions=None if input.questions is None else tuple(input.questions),
        note=input.note,
        expected_version=input.expected_version,
        idempotency_key=input.idempotency_key,
    )
    return await answer(
        info,
        operation.record_clinical_review,
        command,
        RecordClinicalReviewPayload,
        RecordClinicalReviewError,
    )
