"""Keeps, for an organisation's open requests, whether one of its accounts is the client's own."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from models import job_queue
from models.actor import SYSTEM
from models.clock import Clock
from models.database import Database
from models.events import record
from models.job_queue import Claim
from models.locks import lock_request
from models.outbox import Job, enqueue
from models.queries.matches import open_requests_with_a_stale_match
from models.rules.lifecycle import OPEN
from models.rules.vocabulary import EventType


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchAccounts:
    organisation_id: str


def owe_matching(session: AsyncSession, organisation_ids: Iterable[str], *, at: datetime) -> None:
    """Promise a new look at these organisations' open requests: one job each, however often a transaction asks."""
    owed: set[str] = session.info.setdefault("matching_owed", set())
    for organisation_id in sorted(set(organisation_ids) - owed):
        enqueue(session, Job("match_accounts", {"organisation_id": organisation_id}, priority=1), at=at)
        owed.add(organisation_id)


async def match_accounts(
    command: MatchAccounts, *, database: Database, clock: Clock, claim: Claim | None = None
) -> None:
    """Correct the kept flags. Of a match with a request that is released already, staff are told by an event.

    For the organisation nothing changes: no version, event or mail of its own, and the request stays where it is. Locks
    each request that is corrected.
    """
    now = clock.now()
    async with database.transaction() as session:
        stale = await open_requests_with_a_stale_match(session, command.organisation_id)
        for request_id, matches in stale.items():
            request = await lock_request(session, request_id, SYSTEM, now=now)
            if request.status in OPEN and request.account_matches_client is not matches:
                request.account_matches_client = matches
                if matches and request.is_released:
                    record(session, EventType.MATCH_FOUND, request, by=SYSTEM, at=now)
        await job_queue.finish(session, claim, at=now)
