"""Tries every key and every sealed value: whether this key file, this key store and this database belong together.

What is opened here is shown to nobody: it is counted, and gone.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import join

from models.database import Database
from models.key_store import SELECT_KEYS, KeyStore
from models.queries.clients import identity_place
from models.queries.clinical_reviews import details_place
from models.queries.questions import draft_place
from models.queries.request_rows import clinical_place
from models.sealing import ClientKeyRow, OpenKey, Place, SealBroken, Vault
from models.tables import AssistCase, ClientIdentity, ExtraSessionsRequest, FurtherDetails, OrganisationQuestion
from models.tables.key_store import ClientKey

R = ExtraSessionsRequest


@dataclass(slots=True)
class Tried:
    """How many were tried, by the version of the key that each names."""

    opened: Counter[int] = field(default_factory=Counter)
    broken: Counter[int] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Checked:
    client_keys: Tried
    """By the master key that wraps them."""
    sealed: dict[str, Tried]
    """Sealed values by table, and by the version of the client's key that they name."""

    @property
    def broken(self) -> int:
        return sum(sum(each.broken.values()) for each in (self.client_keys, *self.sealed.values()))


def _of_request(source: Any, key: Any, version: Any, sealed: Any) -> Select[Any]:
    """Select a sealed column of what belongs to a request; ``source`` joins it with the request."""
    return (
        select(key.label("id"), AssistCase.client_id, version.label("key_version"), sealed.label("sealed"))
        .select_from(source)
        .join(AssistCase, AssistCase.id == R.case_id)
        .where(sealed.is_not(None))
    )


_I, _D, _Q = ClientIdentity, FurtherDetails, OrganisationQuestion
_SEALED: Final[dict[str, tuple[Any, Any, Callable[[str], Place]]]] = {
    "client_identity": (
        _I.client_id,
        select(_I.client_id.label("id"), _I.client_id, _I.key_version, _I.sealed),
        identity_place,
    ),
    "extra_sessions_request": (
        R.id,
        _of_request(R, R.id, R.key_version, R.clinical_sealed),
        clinical_place,
    ),
    "further_details": (
        _D.id,
        _of_request(join(_D, R, R.id == _D.request_id), _D.id, _D.key_version, _D.sealed),
        details_place,
    ),
    "organisation_question": (
        _Q.id,
        _of_request(join(_Q, R, R.id == _Q.request_id), _Q.id, _Q.key_version, _Q.draft_sealed),
        draft_place,
    ),
}


async def check_keys(database: Database, *, page: int = 500) -> Checked:
    """Open every client's key and every sealed value once, in pages: servers may run meanwhile.

    Somebody who is erased while it runs can count as broken; then it is to be run again.
    """
    keys = await _try_client_keys(database.keys, database.vault, page)
    return Checked(keys, {table: await _try_sealed(database, table, page) for table in _SEALED})


async def _try_client_keys(keys: KeyStore, vault: Vault, page: int) -> Tried:
    tried = Tried()
    after = ("", 0)
    while True:
        key = (ClientKey.client_id, ClientKey.version)
        async with keys.reading() as connection:
            rows = (await connection.execute(SELECT_KEYS.where(tuple_(*key) > after).order_by(*key).limit(page))).all()
        if not rows:
            return tried
        for row in rows:
            opened = _opened(vault, ClientKeyRow(*row))
            (tried.opened if opened else tried.broken)[row.master_version] += 1
        after = (rows[-1].client_id, rows[-1].version)


async def _try_sealed(database: Database, table: str, page: int) -> Tried:
    place = _SEALED[table][2]
    tried = Tried()
    async for rows in _pages(database, table, page):
        keys = await _keys_of(database, [row.client_id for row in rows])
        for row in rows:
            key = keys.get((row.client_id, row.key_version))
            opens = key is not None and _unseals(database.vault, key, place(row.id), row.sealed)
            (tried.opened if opens else tried.broken)[row.key_version] += 1
    return tried


async def _pages(database: Database, table: str, page: int) -> AsyncIterator[Sequence[Any]]:
    """Yield the rows by their key, each page of a state of its own: a long look would hold SQLite's log back."""
    key, statement, _ = _SEALED[table]
    after = ""
    while True:
        async with database.snapshot() as source:
            rows = (await source.execute(statement.where(key > after).order_by(key).limit(page))).all()
        if not rows:
            return
        yield rows
        after = rows[-1].id


async def _keys_of(database: Database, client_ids: Sequence[str]) -> dict[tuple[str, int], OpenKey]:
    async with database.keys.reading() as connection:
        rows = (await connection.execute(SELECT_KEYS.where(ClientKey.client_id.in_(set(client_ids))))).all()
    opened = {(row.client_id, row.version): _opened(database.vault, ClientKeyRow(*row)) for row in rows}
    return {which: key for which, key in opened.items() if key is not None}


def _opened(vault: Vault, row: ClientKeyRow) -> OpenKey | None:
    with suppress(SealBroken):
        return vault.open_key(row)
    return None


def _unseals(vault: Vault, key: OpenKey, place: Place, sealed: bytes) -> bool:
    with suppress(SealBroken):
        vault.unseal(key, place, sealed)
        return True
    return False
