"""Revise: change a submitted request before it is confirmed; its 48 hours start again."""

from dataclasses import dataclass

from models.actor import Actor
from models.clock import Clock
from models.database import Database
from models.deadlines import CONFIRM_WITHIN, move_deadline
from models.events import record
from models.idempotency import Repeatable, earlier_result, remember
from models.locks import lock_case_and_request
from models.operations.clinical_answers import Sealed, open_answers, seal_answers
from models.operations.performing import changed, check_unexpired, check_version, reading_in, view_of
from models.operations.submitting import most_sessions
from models.queries.agreements import terms_of
from models.queries.reading import Reading
from models.rules import lifecycle, request_form
from models.rules.confidentiality import Sensitivity
from models.rules.entitlement import check_sessions
from models.rules.lifecycle import Move
from models.rules.refusals import NotAllowed
from models.rules.vocabulary import DeadlineKind, EventType, GoalCategory, ReferralPathwayKind
from models.tables import AssistCase, ExtraSessionsRequest
from models.views.request import RequestView
from models.views.want import Want


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisedGoal:
    category: GoalCategory
    statement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisedPathway:
    kind: ReferralPathwayKind
    detail: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviseRequest:
    """What is None stays as it was."""

    request_id: str
    sessions_requested: int | None = None
    goal: RevisedGoal | None = None
    pathway: RevisedPathway | None = None
    expected_version: int | None = None
    idempotency_key: str | None = None


async def revise_request(
    command: ReviseRequest, *, by: Actor, database: Database, clock: Clock, want: Want
) -> RequestView:
    """Change a request that is still SUBMITTED. Locks the case, then the request."""
    now = clock.now()
    call = Repeatable("revise_request", command)
    async with database.transaction() as session:
        if not lifecycle.role_may(by.role, Move.REVISE):
            raise NotAllowed
        case, request = await lock_case_and_request(session, command.request_id, by, now=now)
        if await earlier_result(session, call, by=by, vault=database.vault) is None:
            request.status = lifecycle.next_status(request.status, Move.REVISE, by.role)
            await check_unexpired(session, request.id, now=now)
            check_version(request, command.expected_version, by)
            terms = await terms_of(session, request)
            _change(command, request, most=await most_sessions(session, request, terms))
            reading = reading_in(session, by=by, database=database, at=now)
            await _change_answers(command, case, request, reading=reading)
            changed(request)
            due_at = now + CONFIRM_WITHIN
            await move_deadline(session, request.id, DeadlineKind.CONFIRMATION, due_at, terms.calendar, at=now)
            record(session, EventType.REVISED, request, by=by, at=now)
            await remember(session, call, request.id, by=by, vault=database.vault, at=now)
        return await view_of(session, request.id, want, by=by, database=database, at=now)


def _change(command: ReviseRequest, request: ExtraSessionsRequest, *, most: int) -> None:
    if command.sessions_requested is not None:
        check_sessions(command.sessions_requested, most, "sessionsRequested")
        request.sessions_requested = request.sessions_released = command.sessions_requested
    if command.goal is not None:
        request.goal_category = command.goal.category
    if command.pathway is not None:
        request.onward_plan = command.pathway.kind.planned


async def _change_answers(
    command: ReviseRequest, case: AssistCase, request: ExtraSessionsRequest, *, reading: Reading
) -> None:
    if command.goal is None and command.pathway is None:
        return
    assert request.clinical_sealed is not None  # noqa: S101 - an erasure leaves no request open
    sealed = Sealed(request.key_version, request.clinical_sealed)
    reading.note(Sensitivity.CLINICAL, {case.id})
    answers = await open_answers(reading, request.id, case.client_id, sealed)
    if command.goal is not None:
        answers["statement"] = request_form.clean_statement(command.goal.statement)
    if command.pathway is not None:
        answers["kind"] = command.pathway.kind.value
        answers["detail"] = request_form.clean_detail(command.pathway.detail)
    sealed = await seal_answers(reading, request.id, case.client_id, answers)
    request.key_version, request.clinical_sealed = sealed.key_version, sealed.content
