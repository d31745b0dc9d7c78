"""Record a clinical review: ask for more details, endorse the request, perhaps for fewer sessions, or decline it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from models.actor import Actor
from models.clock import Clock
from models.database import Database
from models.deadlines import meet_deadline
from models.events import record
from models.idempotency import Repeatable, earlier_result, remember
from models.locks import lock_request
from models.operations.asking_for_details import ask_for_details
from models.operations.decision import Verdict, decide
from models.operations.entering_review import enter_review
from models.operations.performing import changed, check_version, reading_in, view_of
from models.operations.sealed_details import seal_note
from models.queries.agreements import Terms, terms_of
from models.questionnaires import current_questionnaire
from models.rules import lifecycle
from models.rules.clinical_review import check_parts
from models.rules.entitlement import check_sessions
from models.rules.further_details import check_codes, clean_note
from models.rules.lifecycle import Move
from models.rules.refusals import NotAllowed
from models.rules.vocabulary import (
    ClinicalDeclineReason,
    ClinicalResult,
    ClinicalVerdict,
    DeadlineKind,
    EventType,
)
from models.tables import ExtraSessionsRequest
from models.views.request import RequestView
from models.views.want import Want


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordClinicalReview:
    request_id: str
    verdict: ClinicalVerdict
    sessions_endorsed: int | None = None
    """Of ENDORSE: None endorses all that were requested."""
    reason: ClinicalDeclineReason | None = None
    """Of DECLINE, which needs one."""
    questions: tuple[str, ...] | None = None
    """Of ASK_FOR_DETAILS: the codes to ask again; None asks all."""
    note: str | None = None
    """Of ASK_FOR_DETAILS: what the consultant should know, clinical."""
    expected_version: int | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class _Review:
    """One verdict on a locked request."""

    session: AsyncSession
    request: ExtraSessionsRequest
    terms: Terms
    by: Actor
    database: Database
    now: datetime


async def record_clinical_review(
    command: RecordClinicalReview, *, by: Actor, database: Database, clock: Clock, want: Want
) -> RequestView:
    """Carry out a clinical reviewer's verdict; the organisation learns of none. Locks the request."""
    now = clock.now()
    call = Repeatable("record_clinical_review", command)
    move, carry_out = _VERDICTS[command.verdict]
    async with database.transaction() as session:
        if not lifecycle.role_may(by.role, move):
            raise NotAllowed
        request = await lock_request(session, command.request_id, by, now=now)
        if await earlier_result(session, call, by=by, vault=database.vault) is None:
            lifecycle.next_status(request.status, move, by.role)
            check_version(request, command.expected_version, by)
            check_parts(command.verdict, _parts(command))
            terms = await terms_of(session, request)
            await carry_out(command, _Review(session, request, terms, by, database, now))
            await remember(session, call, request.id, by=by, vault=database.vault, at=now)
        return await view_of(session, request.id, want, by=by, database=database, at=now)


def _parts(command: RecordClinicalReview) -> dict[str, object]:
    return {
        "sessionsEndorsed": command.sessions_endorsed,
        "reason": command.reason,
        "questions": command.questions,
        "note": command.note,
    }


async def _ask(command: RecordClinicalReview, review: _Review) -> None:
    """Ask again: the consultant's five business days start anew."""
    request, known = review.request, current_questionnaire()
    every = tuple(question.code for question in known.questions)
    codes = check_codes(every if command.questions is None else command.questions, known)
    note = clean_note(command.note)
    request.status = lifecycle.next_status(request.status, Move.ASK_FOR_DETAILS, review.by.role)
    changed(request)
    await meet_deadline(review.session, request.id, DeadlineKind.CLINICAL_REVIEW, review.now)
    details = await ask_for_details(review.session, request, review.terms, by=review.by, now=review.now, codes=codes)
    reading = reading_in(review.session, by=review.by, database=review.database, at=review.now)
    await seal_note(reading, details, request.case_id, note)


async def _endorse(command: RecordClinicalReview, review: _Review) -> None:
    """Send it on to the organisation, whose day 0 is today; a clinical review is not looked at again."""
    request, now = review.request, review.now
    asked = command.sessions_endorsed
    endorsed = request.sessions_requested if asked is None else asked
    check_sessions(endorsed, request.sessions_requested, "sessionsEndorsed")
    request.status = lifecycle.next_status(request.status, Move.ENDORSE, review.by.role)
    request.sessions_released = endorsed
    _sign(review, ClinicalResult.ENDORSED)
    changed(request)
    await meet_deadline(review.session, request.id, DeadlineKind.CLINICAL_REVIEW, now)
    today = review.terms.calendar.local_day(now)
    record(review.session, EventType.ENDORSED, request, by=review.by, at=now, on=today)
    await enter_review(review.session, request, review.terms, now=now)


async def _decline(command: RecordClinicalReview, review: _Review) -> None:
    """Decline it with the clinical reason, which is apart from an organisation's: that one never sees the request."""
    review.request.clinical_reason = command.reason
    _sign(review, ClinicalResult.DECLINED)
    verdict = Verdict(Move.DECLINE_CLINICALLY)
    await decide(review.session, review.request, verdict, terms=review.terms, by=review.by, now=review.now)


def _sign(review: _Review, result: ClinicalResult) -> None:
    request = review.request
    request.clinical_result, request.clinical_at, request.clinical_by = result, review.now, review.by.account_id


_VERDICTS: dict[ClinicalVerdict, tuple[Move, Callable[[RecordClinicalReview, _Review], Awaitable[None]]]] = {
    ClinicalVerdict.ASK_FOR_DETAILS: (Move.ASK_FOR_DETAILS, _ask),
    ClinicalVerdict.ENDORSE: (Move.ENDORSE, _endorse),
    ClinicalVerdict.DECLINE: (Move.DECLINE_CLINICALLY, _decline),
}
