"""Ends the open requests of cases that close, by staff, the old system or an erasure, and tells the log of both."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.actor import SYSTEM, Actor
from models.events import record_of_case
from models.operations.ending import end_request
from models.queries.agreements import terms_of
from models.rules.lifecycle import OPEN, Move
from models.rules.vocabulary import EventType
from models.tables import AssistCase, ExtraSessionsRequest


async def cancel_open_requests(
    session: AsyncSession, case_ids: Collection[str], *, at: datetime, by: Actor = SYSTEM
) -> None:
    """Cancel what is open on these cases, which close by that, and record it. Locks the cases, then the requests."""
    if not case_ids:
        return
    await session.execute(select(AssistCase.id).where(AssistCase.id.in_(case_ids)).with_for_update())
    open_requests = select(ExtraSessionsRequest).where(
        ExtraSessionsRequest.case_id.in_(case_ids), ExtraSessionsRequest.status.in_(OPEN)
    )
    found = (await session.execute(open_requests.with_for_update())).scalars().all()
    for request in found:
        terms = await terms_of(session, request)
        await end_request(session, request, Move.CANCEL, terms=terms, by=by, at=at)
    for case_id in case_ids:
        record_of_case(session, EventType.CASE_CLOSED, case_id, by=by, at=at)
