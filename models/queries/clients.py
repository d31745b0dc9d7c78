"""Reads of who a client is: the one place that opens sealed identities."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import select

from models.queries.reading import Reading
from models.rules.confidentiality import ERASED_NAME, MASKED_NAME, Sensitivity, masked_fields, may_read
from models.sealing import Place
from models.tables import ClientIdentity
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
    """Return the clients by id; only for an actor who may identify them. ``cases`` is left to the caller.

    A client who was erased has a fixed text for a name, and nothing else.
    """
    views = {identifier: ClientView(masked_fields=masked_fields("Client", reading.by)) for identifier in ids}
    if not ids or not want.any_of(*SEALED_FIELDS):
        return views
    columns = (ClientIdentity.client_id, ClientIdentity.key_version, ClientIdentity.sealed)
    rows = await reading.rows(select(*columns).where(ClientIdentity.client_id.in_(ids)))
    keys = await reading.client_keys(row.client_id for row in rows)
    for view in views.values():
        _identify(view, _NOBODY)
    for row in rows:
        key = keys.of(row.client_id, row.key_version)
        _identify(views[row.client_id], reading.vault.unseal(key, identity_place(row.client_id), row.sealed))
    return views


_NOBODY = {"name": ERASED_NAME, "email": None, "phone": None, "date_of_birth": None, "employee_number": None}


def _identify(view: ClientView, identity: dict[str, Any]) -> None:
    born = identity["date_of_birth"]
    view.display_name = identity["name"]
    view.email = identity["email"]
    view.phone = identity["phone"]
    view.date_of_birth = date.fromisoformat(born) if born else None
    view.employee_number = identity["employee_number"]
