"""Answer: the further details that a clinical review has asked for."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from models.actor import SYSTEM, Actor
from models.clock import Clock
from models.database import Database
from models.deadlines import add_deadline, meet_deadline
from models.events import record
from models.idempotency import Repeatable, earlier_result, remember
from models.locks import lock_request
from models.mail_owed import owe_provider
from models.operations.performing import (
    changed,
    check_answerer,
    check_unexpired,
    check_version,
    reading_in,
    view_of,
)
from models.operations.sealed_details import open_round, seal_details
from models.queries.agreements import terms_of
from models.queries.reading import Reading
from models.questionnaires import questionnaire
from models.rules import business_days, lifecycle
from models.rules.further_details import clean_answers
from models.rules.lifecycle import Move
from models.rules.refusals import NotAllowed
from models.rules.vocabulary import DeadlineKind, EventType, MailKind, Role
from models.tables import ExtraSessionsRequest
from models.views.request import RequestView
from models.views.want import Want


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerDetails:
    request_id: str
    answers: tuple[tuple[str, str], ...]
    """Each question's code with the text that answers it."""
    expected_version: int | None = None
    idempotency_key: str | None = None


async def answer_details(
    command: AnswerDetails, *, by: Actor, database: Database, clock: Clock, want: Want
) -> RequestView:
    """Answer the open round of questions and send the request to its clinical review. Locks the request.

    The consultant answers, or the practice's manager in the place of one who has left. What comes after 17:00 of the
    due day is refused as lapsed, whether or not the clock has said so yet.
    """
    now = clock.now()
    call = Repeatable("answer_details", command)
    async with database.transaction() as session:
        if not lifecycle.role_may(by.role, Move.ANSWER_DETAILS):
            raise NotAllowed
        request = await lock_request(session, command.request_id, by, now=now)
        if await earlier_result(session, call, by=by, vault=database.vault) is None:
            await check_answerer(session, request, by)
            request.status = lifecycle.next_status(request.status, Move.ANSWER_DETAILS, by.role)
            await check_unexpired(session, request.id, DeadlineKind.DETAILS, now=now)
            check_version(request, command.expected_version, by)
            reading = reading_in(session, by=SYSTEM, database=database, at=now)
            await _store(session, command, request, reading, by=by)
            await _send_on(session, request, by=by, now=now)
            await remember(session, call, request.id, by=by, vault=database.vault, at=now)
        return await view_of(session, request.id, want, by=by, database=database, at=now)


async def _store(
    session: AsyncSession, command: AnswerDetails, request: ExtraSessionsRequest, reading: Reading, *, by: Actor
) -> None:
    details = await open_round(session, request.id)
    asked = questionnaire(details.questionnaire).of(details.questions)
    await seal_details(reading, details, request.case_id, clean_answers(command.answers, asked))
    details.answered_at, details.answered_by = reading.now, by.account_id


async def _send_on(session: AsyncSession, request: ExtraSessionsRequest, *, by: Actor, now: datetime) -> None:
    calendar = (await terms_of(session, request)).calendar
    today = calendar.local_day(now)
    changed(request)
    await meet_deadline(session, request.id, DeadlineKind.DETAILS, now)
    due = business_days.due_after(calendar, today, business_days.CLINICAL_REVIEW_DUE_DAYS)
    add_deadline(session, request.id, DeadlineKind.CLINICAL_REVIEW, due, calendar, at=now)
    record(session, EventType.DETAILS_ANSWERED, request, by=by, at=now, on=today)
    await owe_provider(session, MailKind.CLINICAL_REVIEW_WAITING, request.id, Role.CLINICAL_REVIEWER, at=now)
