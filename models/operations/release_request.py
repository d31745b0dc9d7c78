"""Release: from this moment the organisation knows that a request exists, and its reviewers are asked to decide."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from models import job_queue
from models.actor import SYSTEM
from models.clock import Clock
from models.database import Database
from models.events import record
from models.job_queue import Claim
from models.locks import lock_request
from models.mail_owed import owe_mail
from models.queries.agreements import Terms, load_terms
from models.queries.matches import cases_with_a_matching_account
from models.rules.release import why_withheld
from models.rules.vocabulary import EventType, MailKind, RequestStatus, Role, Withheld
from models.tables import Account, ExtraSessionsRequest, Organisation


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
            terms = (await load_terms(session, {request.agreement_id}))[request.agreement_id]
            request.withheld = await _withheld(session, request, terms)
            request.version += 1
            if request.withheld is None:
                request.released_at, request.released_on = now, terms.calendar.local_day(now)
                request.organisation_version = 1
                await _invite_reviewers(session, request, now=now)
            event = EventType.RELEASED if request.withheld is None else EventType.WITHHELD
            record(session, event, request, by=SYSTEM, at=now)
        await job_queue.finish(session, claim, at=now)


def _is_judged(request: ExtraSessionsRequest) -> bool:
    return request.released_at is not None or request.withheld is not None


async def _withheld(session: AsyncSession, request: ExtraSessionsRequest, terms: Terms) -> Withheld | None:
    headcount = select(Organisation.headcount).where(Organisation.id == request.organisation_id)
    return why_withheld(
        headcount=(await session.execute(headcount)).scalar_one(),
        smallest_headcount=terms.smallest_headcount,
        account_matches_client=bool(await cases_with_a_matching_account(session, {request.case_id})),
        delegation=terms.delegation,
    )


async def _invite_reviewers(session: AsyncSession, request: ExtraSessionsRequest, *, now: datetime) -> None:
    reviewers = select(Account.id).where(
        and_(
            Account.organisation_id == request.organisation_id,
            Account.role == Role.ORG_REVIEWER,
            Account.disabled_at.is_(None),
        )
    )
    for account_id in (await session.execute(reviewers)).scalars():
        owe_mail(session, MailKind.REVIEW_INVITATION, request.id, at=now, account_id=account_id)
