"""Close a case: it takes no more requests, and what is open on it is cancelled."""

from dataclasses import dataclass

from models.actor import Actor
from models.clock import Clock
from models.database import Database
from models.idempotency import Repeatable, earlier_result, remember
from models.locks import lock_case
from models.operations.case_closing import cancel_open_requests
from models.operations.performing import reading_in
from models.queries.agreements import load_current_terms
from models.queries.cases import load_cases
from models.rules import lifecycle
from models.rules.refusals import CaseClosed, NotAllowed
from models.rules.vocabulary import CaseStatus
from models.views.case import CaseView
from models.views.want import Want


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseCase:
    case_id: str
    idempotency_key: str | None = None


async def close_case(command: CloseCase, *, by: Actor, database: Database, clock: Clock, want: Want) -> CaseView:
    """Close a case on its organisation's own day; the event of a request that this cancels says who closed it.

    Locks the case, then its open request.
    """
    now = clock.now()
    call = Repeatable("close_case", command)
    async with database.transaction() as session:
        if by.role not in lifecycle.CASE_CLOSERS:
            raise NotAllowed
        case = await lock_case(session, command.case_id, by)
        if await earlier_result(session, call, by=by, vault=database.vault) is None:
            if case.status is CaseStatus.CLOSED:
                msg = "This case is closed already."
                raise CaseClosed(msg)
            terms = (await load_current_terms(session, {case.organisation_id}))[case.organisation_id]
            case.status = CaseStatus.CLOSED
            case.closed_on = terms.calendar.local_day(now)
            await cancel_open_requests(session, [case.id], at=now, by=by)
            await remember(session, call, case.id, by=by, vault=database.vault, at=now)
        reading = reading_in(session, by=by, database=database, at=now)
        return (await load_cases(reading, [case.id], want))[case.id]
