"""Asks the consultant for further details: a round of questions, its deadline and its e-mail."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.actor import Actor
from models.deadlines import add_deadline
from models.events import record
from models.ids import new_id
from models.mail_owed import owe_mail
from models.queries.agreements import Terms
from models.questionnaires import current_questionnaire
from models.rules import business_days
from models.rules.vocabulary import DeadlineKind, EventType, MailKind
from models.tables import ExtraSessionsRequest, FurtherDetails


async def ask_for_details(  # noqa: PLR0913 - what is asked, of which request, by whom, when
    session: AsyncSession,
    request: ExtraSessionsRequest,
    terms: Terms,
    *,
    by: Actor,
    now: datetime,
    codes: Sequence[str] | None = None,
) -> FurtherDetails:
    """Add a round of questions to a request that has just reached AWAITING_DETAILS; its five business days start anew.

    ``codes`` are the questions to ask again; None asks all of them. The caller holds the request's lock.
    """
    asked = current_questionnaire()
    rounds = select(func.count()).select_from(FurtherDetails).where(FurtherDetails.request_id == request.id)
    details = FurtherDetails(
        id=new_id("det"),
        request_id=request.id,
        round=1 + (await session.execute(rounds)).scalar_one(),
        questionnaire=asked.version,
        questions=[question.code for question in asked.questions] if codes is None else list(codes),
        asked_at=now,
        asked_by=None if codes is None else by.account_id,
    )
    session.add(details)
    calendar = terms.calendar
    due = business_days.due_after(calendar, calendar.local_day(now), business_days.DETAILS_DUE_DAYS)
    add_deadline(session, request.id, DeadlineKind.DETAILS, due, calendar, at=now)
    record(session, EventType.DETAILS_REQUESTED, request, by=by, at=now)
    owe_mail(session, MailKind.DETAILS_NEEDED, request.id, at=now)
    return details
