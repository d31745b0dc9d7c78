"""Ask: the organisation wants to know one thing of a fixed list before it decides, and its clock stands still."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.actor import Actor
from models.clock import Clock
from models.database import Database
from models.deadlines import add_deadline, due_moment, pause_deadlines
from models.events import record
from models.idempotency import Repeatable, earlier_result, remember
from models.ids import new_id
from models.locks import lock_request
from models.mail_owed import owe_mail
from models.operations.decision import check_decidable
from models.operations.performing import changed, check_version, view_of
from models.queries.agreements import Terms, terms_of
from models.rules import business_days, lifecycle
from models.rules.lifecycle import Move
from models.rules.questions import check_may_ask
from models.rules.refusals import NotAllowed
from models.rules.vocabulary import DeadlineKind, EventType, MailKind, QuestionState, QuestionTopic
from models.tables import ExtraSessionsRequest, OrganisationQuestion
from models.views.request import RequestView
from models.views.want import Want


@dataclass(frozen=True, slots=True, kw_only=True)
class AskQuestion:
    request_id: str
    topic: QuestionTopic
    expected_version: int | None = None
    idempotency_key: str | None = None


async def ask_question(command: AskQuestion, *, by: Actor, database: Database, clock: Clock, want: Want) -> RequestView:
    """Ask one question about a request in review; who may decide may ask. Locks the request."""
    now = clock.now()
    call = Repeatable("ask_question", command)
    async with database.transaction() as session:
        if not lifecycle.role_may(by.role, Move.ASK_QUESTION):
            raise NotAllowed
        request = await lock_request(session, command.request_id, by, now=now)
        if await earlier_result(session, call, by=by, vault=database.vault) is None:
            terms = await terms_of(session, request)
            check_decidable(request, Move.ASK_QUESTION, terms=terms, by=by)
            check_version(request, command.expected_version, by)
            asked = await _asked_before(session, request.id)
            due_at = await due_moment(session, request.id, DeadlineKind.DECISION)
            assert due_at is not None  # noqa: S101 - what is in review has its deadline
            check_may_ask(asked=asked, due_at=due_at, now=now)
            await _ask(session, request, command.topic, 1 + asked, terms=terms, by=by, now=now)
            await remember(session, call, request.id, by=by, vault=database.vault, at=now)
        return await view_of(session, request.id, want, by=by, database=database, at=now)


async def _asked_before(session: AsyncSession, request_id: str) -> int:
    asked = select(func.count()).select_from(OrganisationQuestion).where(OrganisationQuestion.request_id == request_id)
    return (await session.execute(asked)).scalar_one()


async def _ask(  # noqa: PLR0913 - what, about which request, by whom, when
    session: AsyncSession,
    request: ExtraSessionsRequest,
    topic: QuestionTopic,
    number: int,
    *,
    terms: Terms,
    by: Actor,
    now: datetime,
) -> None:
    request.status = lifecycle.next_status(request.status, Move.ASK_QUESTION, by.role)
    changed(request)
    today = terms.calendar.local_day(now)
    session.add(
        OrganisationQuestion(
            id=new_id("que"),
            request_id=request.id,
            number=number,
            topic=topic,
            state=QuestionState.ASKED,
            asked_on=today,
            asked_at=now,
            asked_by=by.account_id,
        )
    )
    await pause_deadlines(session, request.id, now)
    due = business_days.due_after(terms.calendar, today, business_days.ANSWER_DUE_DAYS)
    add_deadline(session, request.id, DeadlineKind.ANSWER, due, terms.calendar, at=now)
    record(session, EventType.QUESTION_ASKED, request, by=by, at=now, on=today)
    owe_mail(session, MailKind.QUESTION_ASKED, request.id, at=now)
