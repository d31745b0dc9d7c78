"""Seals a request's clinical answers under its client's own key, and opens them to be revised."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.queries.request_rows import clinical_place
from models.sealing import ClientKeyRow, Vault
from models.tables import ClientKey


@dataclass(frozen=True, slots=True)
class Sealed:
    key_version: int
    content: bytes


async def seal_answers(
    session: AsyncSession, request_id: str, client_id: str, answers: dict[str, Any], *, vault: Vault
) -> Sealed:
    """Seal ``statement``, ``kind`` and ``detail`` for this one request, under the client's newest key."""
    key = await _key(session, client_id)
    return Sealed(key.version, vault.seal(key, clinical_place(request_id), answers))


async def open_answers(
    session: AsyncSession, request_id: str, client_id: str, sealed: Sealed, *, vault: Vault
) -> dict[str, Any]:
    key = await _key(session, client_id, sealed.key_version)
    return vault.unseal(key, clinical_place(request_id), sealed.content)


async def _key(session: AsyncSession, client_id: str, version: int | None = None) -> ClientKeyRow:
    statement = select(ClientKey.client_id, ClientKey.version, ClientKey.master_version, ClientKey.wrapped).where(
        ClientKey.client_id == client_id
    )
    if version is not None:
        statement = statement.where(ClientKey.version == version)
    row = (await session.execute(statement.order_by(ClientKey.version.desc()).limit(1))).one()
    return ClientKeyRow(row.client_id, row.version, row.master_version, row.wrapped)
