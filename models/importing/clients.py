"""Loads clients.csv: who somebody is goes into one sealed document, under a key of that client's own."""

from typing import Any

from sqlalchemy import select

from models.bulk import insert_many
from models.importing import fields
from models.importing.batch import Batch, Desk, Fate, Row
from models.importing.columns import Column, optional
from models.importing.matching_keys import international_phone, matching_keys
from models.importing.references import referred
from models.importing.repeats import refuse_repeats
from models.importing.sheet import Sheet
from models.importing.target import Target, plain_table
from models.key_store import Keys
from models.operations.match_accounts import owe_matching
from models.queries.clients import identity_place
from models.tables import Agreement, AssistCase, Client, ClientIdentity, Organisation

_CLIENTS = Target(Client, "external_index", "cli", follows=("do_not_email",))
_INDEXES = ("email_index", "phone_index", "employee_index")
_IDENTITY = ("name", "email", "phone", "date_of_birth", "employee_number")


async def load(batch: Batch, desk: Desk) -> None:
    for row in batch.good:
        row.values["external_id"] = desk.vault.blind_index("client", row["external_id"])
    await refuse_repeats(batch, desk, "external_id")
    await _refuse_erased(batch, desk)
    await _read_phones(batch, desk)
    drafts = [
        (row, {"external_index": row["external_id"], "do_not_email": row["do_not_email"], "created_at": desk.now})
        for row in batch.good
    ]
    existing = await _CLIENTS.existing(desk, [row["external_id"] for row in batch.good])
    await _CLIENTS.settle(desk, drafts, existing)
    await _seal(desk, {draft["id"]: row for row, draft in drafts})


async def _read_phones(batch: Batch, desk: Desk) -> None:
    """Turn each phone number into the international form; a national one is of the organisation's country."""
    query = select(Organisation.external_id, Agreement.region).join(
        Agreement, (Agreement.organisation_id == Organisation.id) & Agreement.is_current.is_(True)
    )
    reason = "names no organisation that has been loaded"
    organisations = await referred(batch, desk, "organisation", query=query, reason=reason)
    for row in batch.good:
        if row["phone"] is not None:
            country = organisations[row["organisation"]].region.partition("-")[0]
            row.values["phone"] = international_phone(row["phone"], country)
            if row["phone"] is None:
                batch.refuse(row, "phone", "expected a phone number of the organisation's country, or one with +")


async def _refuse_erased(batch: Batch, desk: Desk) -> None:
    """Leave out who was erased here: an old system's file must not bring them back. Locks the clients."""
    loaded = select(Client.external_index, Client.erased_at).where(
        Client.external_index.in_([row["external_id"] for row in batch.good])
    )
    found = await desk.session.execute(loaded.with_for_update())
    erased = {each.external_index for each in found if each.erased_at is not None}
    for row in batch.good:
        if row["external_id"] in erased:
            batch.refuse(row, "external_id", "names a client who was erased here; take them out of the old system too")


async def _seal(desk: Desk, rows: dict[str, Row]) -> None:
    """Write the identities that are new or differ; an equal one keeps its seal."""
    opened = await desk.keys.opened(rows, desk.session)
    known = await _known(desk, rows, opened)
    writes = []
    for client, row in rows.items():
        document, indexes = _document(row), _index_columns(row, desk)
        if known.get(client) != (document, *indexes.values()):
            row.met(Fate.CHANGED)
            key = opened.newest(client) if client in opened else desk.keys.new_key(desk.session, client)
            sealed = desk.vault.seal(key, identity_place(client), document)
            writes.append({"client_id": client, "key_version": key.version, "sealed": sealed} | indexes)
    if writes:
        follows = ("key_version", "sealed", *_INDEXES)
        await insert_many(desk.session, plain_table(ClientIdentity), writes, key="client_id", follows=follows)
    changed = [write["client_id"] for write in writes if write["client_id"] in known]
    if changed:  # a new client has no case yet
        organisations = select(AssistCase.organisation_id).where(AssistCase.client_id.in_(changed)).distinct()
        owe_matching(desk.session, (await desk.session.execute(organisations)).scalars(), at=desk.now)


async def _known(desk: Desk, clients: dict[str, Row], keys: Keys) -> dict[str, tuple[Any, ...]]:
    """Return the document and the indexes of each client that has been loaded before.

    One whose key was lost, as with a key store that was restored from an old backup, is sealed anew.
    """
    columns = ("client_id", "key_version", "sealed", *_INDEXES)
    query = select(*(getattr(ClientIdentity, name) for name in columns))
    known = {}
    ids = [client for client in clients if client in keys]
    for row in await desk.session.execute(query.where(ClientIdentity.client_id.in_(ids))):
        key = keys.of(row.client_id, row.key_version)
        document = desk.vault.unseal(key, identity_place(row.client_id), row.sealed)
        known[row.client_id] = (document, *(getattr(row, name) for name in _INDEXES))
    return known


def _document(row: Row) -> dict[str, str | None]:
    born = row["date_of_birth"]
    return {name: row[name] for name in _IDENTITY} | {"date_of_birth": None if born is None else born.isoformat()}


def _index_columns(row: Row, desk: Desk) -> dict[str, bytes | None]:
    employee = None if row["employee_number"] is None else (row["organisation"], row["employee_number"])
    return matching_keys(desk.vault, email=row["email"], phone=row["phone"], employee=employee)


SHEET = Sheet(
    "clients",
    "the people in care; all of it is sealed, and external ids are kept as keyed hashes",
    (
        Column("external_id", fields.external_id, "the client's id in the old system"),
        Column("organisation", fields.external_id, "external id; gives employee number and phone their meaning"),
        Column("name", fields.line_of(200), "the client's name"),
        optional("email", fields.email, "where the outcome goes; empty: staff are told instead"),
        optional("phone", fields.line_of(40), "national or international"),
        optional("date_of_birth", fields.day, "a day"),
        optional("employee_number", fields.line_of(40), "the organisation's number for them"),
        optional("do_not_email", fields.yes_or_no, "yes: mail is unsafe; empty: no", default=False),
    ),
    load,
)
