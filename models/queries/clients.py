"""Reads of who a client is: the one place that opens sealed identities."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import and_, select

from models.queries.reading import Reading
from models.rules.confidentiality import MASKED_NAME, Sensitivity, masked_fields, may_read
from models.sealing import ClientKeyRow, Place
from models.tables import ClientIdentity, ClientKey
from models.views.case import ClientView
from models.views.want import Want

SEALED_FIELDS = frozenset({"display_name", "email", "phone", "date_of_birth", "employee_number"})


def identity_place(client_id: str) -> Place:
    """Return where a client's identity stands."""
    return Place("client_identity", Sensitivity.IDENTIFYING.value, client_id)


def masked_client(reading: Reading) -> ClientView:
    """Return the client as somebody who may not know them sees them: the same for every client."""
    return ClientView(
        display_name=MASKED_NAME,
        email=None,
        phone=None,
        date_of_birth=None,
        employee_number=None,
        cases=None,
        masked_fields=masked_fields("Client", reading.by),
    )


def may_identify(reading: Reading) -> bool:
    return may_read(reading.by, Sensitivity.IDENTIFYING)


async def load_clients(reading: Reading, ids: Collection[str], want: Want) -> dict[str, ClientView]:
    """Return the clients by id; only for an actor who may identify them. ``cases`` is left to the caller."""
    views = {identifier: ClientView(masked_fields=masked_fields("Client", reading.by)) for identifier in ids}
    if not ids or not want.any_of(*SEALED_FIELDS):
        return views
    statement = (
        select(
            ClientIdentity.client_id,
            ClientIdentity.sealed,
            ClientKey.version,
            ClientKey.master_version,
            ClientKey.wrapped,
        )
        .join(
            ClientKey,
            and_(ClientKey.client_id == ClientIdentity.client_id, ClientKey.version == ClientIdentity.key_version),
        )
        .where(ClientIdentity.client_id.in_(ids))
    )
    for row in await reading.rows(statement):
        key = ClientKeyRow(row.client_id, row.version, row.master_version, row.wrapped)
        identity = reading.vault.unseal(key, identity_place(row.client_id), row.sealed)
        view, born = views[row.client_id], identity["date_of_birth"]
        view.display_name = identity["name"]
        view.email = identity["email"]
        view.phone = identity["phone"]
        view.date_of_birth = date.fromisoformat(born) if born else None
        view.employee_number = identity["employee_number"]
    return views
