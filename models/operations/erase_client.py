"""Erase: a client's key is destroyed, and with it whatever was sealed under it, in every backup too.

The history stays, and its chain still verifies; who it was about is gone.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.actor import SYSTEM
from models.clock import Clock
from models.database import Database
from models.erasure_ledger import ErasureLedger
from models.events import record
from models.operations.case_closing import cancel_open_requests
from models.queries.agreements import load_current_terms
from models.queries.erasure import erased_clients, not_erased_of
from models.rules.vocabulary import CaseStatus, EventType
from models.suppression import forget_addresses
from models.tables import AssistCase, Client, ClientIdentity, ExtraSessionsRequest, FurtherDetails, OrganisationQuestion


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseClient:
    client_id: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What a settlement found left to do."""

    erased_again: int
    """Clients whom a restored database still had."""
    keys_destroyed: int
    """Keys that a restored key store, or an erasure that was cut off, had left."""


async def erase_client(command: EraseClient, *, database: Database, clock: Clock, ledger: ErasureLedger) -> None:
    """Erase one client; their open cases close, and what is open on those is cancelled.

    Done in three steps, each on the disk before the next begins: the database, the ledger, the keys. What a crash
    leaves undone, ``settle_erasures`` does at the next start. Locks the client, the cases and their requests.
    """
    await _erase(command.client_id, database=database, at=clock.now())
    await settle_erasures(database=database, clock=clock, ledger=ledger)


async def settle_erasures(*, database: Database, clock: Clock, ledger: ErasureLedger) -> Settled:
    """Make the database, the ledger and the key store agree: whoever is erased in one of them is erased in all.

    So an erasure is done again on whatever was restored. Raises LedgerUnreadable.
    """
    noted = await asyncio.to_thread(ledger.read)
    async with database.snapshot() as source:
        again = await not_erased_of(source, noted)
    for client_id in again:
        await _erase(client_id, database=database, at=clock.now())
    async with database.snapshot() as source:
        erased = await erased_clients(source)
    await asyncio.to_thread(ledger.add, {client: at for client, at in erased.items() if client not in noted})
    return Settled(len(again), await database.keys.destroy({*erased, *noted}))


async def _erase(client_id: str, *, database: Database, at: datetime) -> None:
    async with database.transaction() as session:
        await _forget(session, client_id, at)


async def _forget(session: AsyncSession, client_id: str, at: datetime) -> None:
    client = (await session.execute(select(Client).where(Client.id == client_id).with_for_update())).scalar_one()
    if client.erased_at is not None:
        return
    await forget_addresses(session, client_id)
    await _close_cases(session, client_id, at)
    await _forget_answers(session, client_id, at)
    await session.execute(delete(ClientIdentity).where(ClientIdentity.client_id == client_id))
    client.erased_at = at


async def _close_cases(session: AsyncSession, client_id: str, at: datetime) -> None:
    of_client = select(AssistCase).where(AssistCase.client_id == client_id, AssistCase.status == CaseStatus.OPEN)
    cases = (await session.execute(of_client.with_for_update())).scalars().all()
    await cancel_open_requests(session, [case.id for case in cases], at=at)
    terms = await load_current_terms(session, {case.organisation_id for case in cases})
    for case in cases:
        case.status = CaseStatus.CLOSED
        case.closed_on = terms[case.organisation_id].calendar.local_day(at)


async def _forget_answers(session: AsyncSession, client_id: str, at: datetime) -> None:
    """Drop every request's clinical answers, further details and drafts, and let each one's history say so."""
    cases = select(AssistCase.id).where(AssistCase.client_id == client_id)
    of_client = select(ExtraSessionsRequest).where(ExtraSessionsRequest.case_id.in_(cases))
    requests = (await session.execute(of_client.order_by(ExtraSessionsRequest.id).with_for_update())).scalars().all()
    ids = [request.id for request in requests]
    forgotten = update(ExtraSessionsRequest).where(ExtraSessionsRequest.id.in_(ids)).values(clinical_sealed=None)
    await session.execute(forgotten.execution_options(synchronize_session=False))
    details = update(FurtherDetails).where(FurtherDetails.request_id.in_(ids)).values(sealed=None)
    await session.execute(details.execution_options(synchronize_session=False))
    drafts = update(OrganisationQuestion).where(OrganisationQuestion.request_id.in_(ids)).values(draft_sealed=None)
    await session.execute(drafts.execution_options(synchronize_session=False))
    for request in requests:
        record(session, EventType.CLIENT_ERASED, request, by=SYSTEM, at=at)
