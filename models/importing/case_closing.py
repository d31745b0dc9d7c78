"""Ends the open request of a case that the old system has closed."""

from collections.abc import Collection

from sqlalchemy import select

from models.actor import SYSTEM
from models.deadlines import cancel_deadlines
from models.events import record
from models.importing.batch import Desk
from models.operations.performing import changed
from models.rules.lifecycle import OPEN
from models.rules.vocabulary import EventType, RequestStatus
from models.tables import AssistCase, ExtraSessionsRequest


async def cancel_open_requests(desk: Desk, case_ids: Collection[str]) -> None:
    """Cancel what is open on these cases. The event says WITHDRAWN, which is all that an organisation may learn."""
    if not case_ids:
        return
    session = desk.session
    await session.execute(select(AssistCase.id).where(AssistCase.id.in_(case_ids)).with_for_update())
    open_requests = select(ExtraSessionsRequest).where(
        ExtraSessionsRequest.case_id.in_(case_ids), ExtraSessionsRequest.status.in_(OPEN)
    )
    for request in (await session.execute(open_requests.with_for_update())).scalars().all():
        request.status = RequestStatus.CANCELLED
        request.closed_at = desk.now
        changed(request)
        await cancel_deadlines(session, request.id, desk.now)
        record(session, EventType.WITHDRAWN, request, by=SYSTEM, at=desk.now)
