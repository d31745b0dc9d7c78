"""Reads of whom an erasure is about, and of who was erased: ids and numbers, never who somebody is."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select

from models.queries.reading import Source
from models.rules.lifecycle import OPEN
from models.rules.vocabulary import CaseStatus
from models.sealing import Vault
from models.tables import AssistCase, Client, ExtraSessionsRequest

_ASKED_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Held:
    """What there is of one client, for whoever is about to erase them."""

    erased_at: datetime | None
    cases: int
    open_cases: int
    requests: int
    open_requests: int


async def client_of_case(source: Source, number: str) -> str | None:
    """Return the id of the client of the case ``ASST-123456``."""
    statement = select(AssistCase.client_id).where(AssistCase.number == number)
    found: str | None = (await source.execute(statement)).scalar_one_or_none()
    return found


async def client_known_as(source: Source, external_id: str, *, vault: Vault) -> str | None:
    """Return the id of the client whom the old system calls so."""
    statement = select(Client.id).where(Client.external_index == vault.blind_index("client", external_id))
    found: str | None = (await source.execute(statement)).scalar_one_or_none()
    return found


async def what_is_held(source: Source, client_id: str) -> Held:
    erased_at = (await source.execute(select(Client.erased_at).where(Client.id == client_id))).scalar_one()
    of_cases = select(func.count(), func.count(case((AssistCase.status == CaseStatus.OPEN, 1)))).where(
        AssistCase.client_id == client_id
    )
    of_requests = (
        select(func.count(), func.count(case((ExtraSessionsRequest.status.in_(OPEN), 1))))
        .join(AssistCase, AssistCase.id == ExtraSessionsRequest.case_id)
        .where(AssistCase.client_id == client_id)
    )
    cases, requests = [(await source.execute(each)).one() for each in (of_cases, of_requests)]
    return Held(erased_at, *cases, *requests)


async def erased_clients(source: Source) -> dict[str, datetime]:
    """Return when each erased client was."""
    statement = select(Client.id, Client.erased_at).where(Client.erased_at.is_not(None))
    return {row.id: row.erased_at for row in await source.execute(statement)}


async def not_erased_of(source: Source, client_ids: Collection[str]) -> list[str]:
    """Return who of these is there, and not erased: a database that was restored knows no better."""
    ids, found = sorted(client_ids), []
    for start in range(0, len(ids), _ASKED_AT_ONCE):
        some = Client.id.in_(ids[start : start + _ASKED_AT_ONCE])
        found += (await source.execute(select(Client.id).where(some, Client.erased_at.is_(None)))).scalars()
    return found
