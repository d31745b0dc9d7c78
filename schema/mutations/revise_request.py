"""Revise, as the schema has it."""

from enum import StrEnum
from typing import Annotated

import strawberry

from models.operations.revise_request import RevisedGoal, RevisedPathway, ReviseRequest, revise_request
from schema.context import Info
from schema.mutations.answering import ERRORS, INPUT, KEY, REQUEST, VERSION, answer, error_codes
from schema.mutations.answers import GoalInput, ReferralPathwayInput
from schema.types.errors import UserError
from schema.types.request import ExtraSessionsRequest


@error_codes
class ReviseExtraSessionsRequestErrorCode(StrEnum):
    STALE_VERSION = "STALE_VERSION"
    NOT_ALLOWED = "NOT_ALLOWED"
    NOT_FOUND = "NOT_FOUND"
    NOT_OPEN = "NOT_OPEN"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    TOO_MANY_SESSIONS = "TOO_MANY_SESSIONS"
    NO_SESSIONS = "NO_SESSIONS"
    TEXT_MISSING = "TEXT_MISSING"
    TEXT_TOO_LONG = "TEXT_TOO_LONG"
    TEXT_INVALID = "TEXT_INVALID"


@strawberry.input(description="What is to change; what is null stays.")
class ReviseExtraSessionsRequestInput:
    request_id: strawberry.ID = strawberry.field(description="The request's id.")
    sessions_requested: int | None = strawberry.field(default=None, description="From 1 to `maximumSessions`.")
    goal: GoalInput | None = strawberry.field(default=None, description="What the sessions are for.")
    referral_pathway: ReferralPathwayInput | None = strawberry.field(default=None, description="What follows the EAP.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)
    idempotency_key: strawberry.ID | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="Why it was refused.")
class ReviseExtraSessionsRequestError(UserError):
    code: ReviseExtraSessionsRequestErrorCode = strawberry.field(description="What a front end switches on.")


@strawberry.type(description="What came of it.")
class ReviseExtraSessionsRequestPayload:
    request: ExtraSessionsRequest | None = strawberry.field(description=REQUEST)
    user_errors: list[ReviseExtraSessionsRequestError] = strawberry.field(description=ERRORS)


@strawberry.mutation(description="Change a submitted request before it is confirmed; its 48 hours start again.")
async def revise_extra_sessions_request(
    info: Info, input: Annotated[ReviseExtraSessionsRequestInput, strawberry.argument(description=INPUT)]
) -> ReviseExtraSessionsRequestPayload:
    goal, pathway = input.goal, input.referral_pathway
    command = ReviseRequest(
        request_id=input.request_id,
        sessions_requested=input.sessions_requested,
        goal=RevisedGoal(category=goal.category, statement=goal.statement) if goal else None,
        pathway=RevisedPathway(kind=pathway.kind, detail=pathway.detail) if pathway else None,
        expected_version=input.expected_version,
        idempotency_key=input.idempotency_key,
    )
    return await answer(
        info, revise_request, command, ReviseExtraSessionsRequestPayload, ReviseExtraSessionsRequestError
    )
