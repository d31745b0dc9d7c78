"""All that is held about one client, for their own request to know it: every table that leads to them, opened.

Columns are taken as the tables have them, so that a new one is not forgotten. Left out are what only this product
reads: sealed values beside the opened ones, keyed hashes, and the links of the hash chains.
"""

from typing import Any, Final

from sqlalchemy import select

from models.access_log import PRODUCT
from models.actor import OPERATOR, SYSTEM
from models.key_store import Keys
from models.queries.clients import identity_place
from models.queries.clinical_reviews import details_place
from models.queries.questions import draft_place
from models.queries.reading import Reading
from models.queries.request_rows import clinical_place
from models.questionnaires import questionnaire
from models.rules.confidentiality import Sensitivity
from models.sealing import Place
from models.tables import (
    AccessEvent,
    Account,
    Appointment,
    AssistCase,
    Base,
    Client,
    ClientIdentity,
    Consultant,
    Deadline,
    Event,
    ExtraSessionsRequest,
    FurtherDetails,
    Mail,
    Organisation,
    OrganisationQuestion,
    Practice,
    SessionGrant,
    StaffTask,
)

Held = dict[str, Any]

_OF_THE_PRODUCT: Final = frozenset({"key_version", "seq", "hash", "entry"})
_OF_A_REQUEST: Final[dict[str, Any]] = {
    "further_details": FurtherDetails,
    "questions": OrganisationQuestion,
    "grants": SessionGrant,
    "deadlines": Deadline,
    "events": Event,
    "mails": Mail,
    "staff_tasks": StaffTask,
}
_SEALED: Final = {"further_details": ("sealed", details_place), "questions": ("draft_sealed", draft_place)}


async def read_client_file(reading: Reading, client_id: str) -> Held:
    """Return the whole of it as one document, and note that it was opened, for every case of the client.

    Of a client who was erased, what has stayed. Raises SealBroken where something does not open.
    """
    keys = await reading.client_keys([client_id])
    (client,) = await _held(reading, Client, Client.id == client_id)
    cases = await _held(reading, AssistCase, AssistCase.client_id == client_id)
    case_ids = [case["id"] for case in cases]
    for kind in (Sensitivity.IDENTIFYING, Sensitivity.CLINICAL):
        reading.note(kind, case_ids or [client_id])  # of somebody without a case it must be on record as well
    requests = await _requests(reading, keys, client_id, case_ids)
    looks = await _looks(reading, case_ids)
    appointments = await _held(reading, Appointment, Appointment.case_id.in_(case_ids))
    events = await _held(reading, Event, Event.case_id.in_(case_ids))
    await _name(reading, cases, organisation_id=Organisation, practice_id=Practice)
    await _name(reading, [*appointments, *requests], consultant_id=Consultant)
    for case in cases:
        mine = case["id"]
        case["appointments"] = [_plain(each) for each in appointments if each["case_id"] == mine]
        case["requests"] = [_plain(each) for each in requests if each["case_id"] == mine]
        case["events"] = [_plain(each) for each in events if each["case_id"] == mine]
        case["who_looked"] = [each for each in looks if each["case_id"] == mine]
    identity = await _identity(reading, keys, client_id)
    return {
        "made_at": reading.now,
        "client": {**_plain(client), "identity": identity},
        "cases": list(map(_plain, cases)),
    }


async def _identity(reading: Reading, keys: Keys, client_id: str) -> Held | None:
    rows = await _held(reading, ClientIdentity, ClientIdentity.client_id == client_id)
    return _opened(reading, keys, rows[0], "sealed", identity_place(client_id)) if rows else None


async def _requests(reading: Reading, keys: Keys, client_id: str, case_ids: list[str]) -> list[Held]:
    requests = await _held(reading, ExtraSessionsRequest, ExtraSessionsRequest.case_id.in_(case_ids))
    ids = [request["id"] for request in requests]
    parts = {name: await _held(reading, entity, entity.request_id.in_(ids)) for name, entity in _OF_A_REQUEST.items()}
    for name, (column, place) in _SEALED.items():
        for row in parts[name]:
            row["answers"] = _opened(reading, keys, {"client_id": client_id, **row}, column, place(row["id"]))
    for row in parts["further_details"]:
        row["wording"] = {each.code: each.text for each in questionnaire(row["questionnaire"]).of(row["questions"])}
    for request in requests:
        owner = {"client_id": client_id, **request}
        request["answers"] = _opened(reading, keys, owner, "clinical_sealed", clinical_place(request["id"]))
        for name, rows in parts.items():
            request[name] = [_plain(row) for row in rows if row["request_id"] == request["id"]]
    return requests


async def _looks(reading: Reading, case_ids: list[str]) -> list[Held]:
    """Return who opened what of these cases, hour by hour, with the accounts' names as they are today."""
    columns = (AccessEvent.case_id, AccessEvent.hour, AccessEvent.kind, AccessEvent.account_id)
    named = select(*columns, Account.name, Account.role).outerjoin(Account, Account.id == AccessEvent.account_id)
    rows = await reading.rows(named.where(AccessEvent.case_id.in_(case_ids)).order_by(AccessEvent.seq))
    ours = {PRODUCT: SYSTEM.name, OPERATOR.account_id: OPERATOR.name}
    return [{**_mapping(row), "name": row.name or ours.get(row.account_id)} for row in rows]


async def _held(reading: Reading, entity: type[Base], condition: Any) -> list[Held]:
    table = entity.__table__
    order = [table.c[name] for name in ("starts_at", "submitted_at", "occurred_at", "created_at") if name in table.c]
    rows = await reading.rows(select(*table.c).where(condition).order_by(*order[:1], *table.primary_key))
    return [_mapping(row) for row in rows]


async def _name(reading: Reading, rows: list[Held], **entities: Any) -> None:
    """Put the name beside each id that stands for somebody else."""
    for column, entity in entities.items():
        ids = {row[column] for row in rows}
        named = {
            row.id: row.name for row in await reading.rows(select(entity.id, entity.name).where(entity.id.in_(ids)))
        }
        for row in rows:
            row[column.removesuffix("_id")] = named[row[column]]


def _opened(reading: Reading, keys: Keys, row: Held, column: str, place: Place) -> Held | None:
    if row[column] is None:
        return None
    return reading.vault.unseal(keys.of(row["client_id"], row["key_version"]), place, row[column])


def _plain(row: Held) -> Held:
    return {name: value for name, value in row.items() if name not in _OF_THE_PRODUCT and not isinstance(value, bytes)}


def _mapping(row: Any) -> Held:
    return dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
