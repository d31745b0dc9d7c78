"""Release: from this moment the organisation knows that a request exists, and its reviewers are asked to decide."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models import job_queue
from models.actor import SYSTEM
from models.clock import Clock
from models.database import Database
from models.events import record
from models.job_queue import Claim
from models.locks import lock_request
from models.mail_owed import owe_backup, owe_reviewers
from models.queries.agreements import Terms, terms_of
from models.queries.matches import cases_with_a_matching_account
from models.rules.release import announced_at, why_withheld
from models.rules.vocabulary import DeadlineKind, EventType, MailKind, RequestStatus, StaffTaskKind, Withheld
from models.staff_tasks import open_task
from models.tables import Deadline, ExtraSessionsRequest, Organisation


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRequest:
    request_id: str


async def release_request(
    command: ReleaseRequest, *, database: Database, clock: Clock, claim: Claim | None = None
) -> None:
    """Release a request that awaits its organisation, or withhold it for staff to decide; once, however often it runs.

    Headcount and matching accounts are judged at this moment. Locks the request.
    """
    now = clock.now()
    async with database.transaction() as session:
        request = await lock_request(session, command.request_id, SYSTEM, now=now)
        if request.status is RequestStatus.ORGANISATION_REVIEW and not _is_judged(request):
            terms = await terms_of(session, request)
            matching = await cases_with_a_matching_account(session, {request.case_id})
            request.account_matches_client = bool(matching)
            request.withheld = await _withheld(session, request, terms)
            request.version += 1
            if request.withheld is None:
                request.released_at, request.released_on = now, terms.calendar.local_day(now)
                request.organisation_version = 1
                bears = announced_at(terms.release_rule, terms.calendar, now)
                await owe_reviewers(session, MailKind.REVIEW_INVITATION, request, at=now, bears=bears)
                if await _is_escalated(session, request.id):
                    await owe_backup(session, request, at=now)
            else:
                await open_task(session, StaffTaskKind.DECISION, request.id, at=now)
            event = EventType.RELEASED if request.withheld is None else EventType.WITHHELD
            record(session, event, request, by=SYSTEM, at=now, on=request.released_on)
        await job_queue.finish(session, claim, at=now)


async def _is_escalated(session: AsyncSession, request_id: str) -> bool:
    """Whether the clock has told staff of a late decision before there was a release that others could hear of."""
    found = select(Deadline.id).where(
        Deadline.request_id == request_id,
        Deadline.kind == DeadlineKind.DECISION,
        Deadline.acted_until > Deadline.due_at,
    )
    return (await session.execute(found)).first() is not None


def _is_judged(request: ExtraSessionsRequest) -> bool:
    return request.released_at is not None or request.withheld is not None


async def _withheld(session: AsyncSession, request: ExtraSessionsRequest, terms: Terms) -> Withheld | None:
    headcount = select(Organisation.headcount).where(Organisation.id == request.organisation_id)
    return why_withheld(
        headcount=(await session.execute(headcount)).scalar_one(),
        smallest_headcount=terms.smallest_headcount,
        account_matches_client=request.account_matches_client,
        delegation=terms.delegation,
    )
