"""Loads accounts.csv: the people and machines who sign in, each with one role and exactly the scope that it needs."""

from typing import Any

from sqlalchemy import select

from models.importing import fields
from models.importing.batch import Batch, Desk, Fate, Row
from models.importing.columns import Column, optional
from models.importing.matching_keys import international_phone, matching_keys
from models.importing.references import referred
from models.importing.repeats import refuse_repeats
from models.importing.sheet import Sheet
from models.importing.target import Existing, Target
from models.operations.match_accounts import owe_matching
from models.rules.vocabulary import Role
from models.tables import Account, Agreement, Consultant, Organisation, Practice

_ROLES = tuple(role for role in Role if role is not Role.SYSTEM)
_SCOPES = ("organisation", "practice", "consultant")
_SCOPES_OF: dict[Role, tuple[frozenset[str], ...]] = {
    Role.CONSULTANT: (frozenset({"consultant"}),),
    Role.PRACTICE_MANAGER: (frozenset({"practice"}),),
    Role.ORG_REVIEWER: (frozenset({"organisation"}),),
    Role.CLINICAL_REVIEWER: (frozenset(),),
    Role.PROVIDER_STAFF: (frozenset(),),
    Role.INTEGRATOR: (frozenset(), frozenset({"practice"}), frozenset({"organisation"})),
}
_ACCOUNTS = Target(
    Account,
    "external_id",
    "acc",
    follows=(
        "name",
        "email",
        "role",
        "organisation_id",
        "practice_id",
        "consultant_id",
        "time_zone",
        "disabled_at",
        "email_index",
        "phone_index",
        "employee_index",
    ),
)
_QUERIES = {
    "organisation": select(Organisation.external_id, Organisation.id, Agreement.time_zone, Agreement.region).join(
        Agreement, (Agreement.organisation_id == Organisation.id) & Agreement.is_current.is_(True)
    ),
    "practice": select(Practice.external_id, Practice.id, Practice.time_zone),
    "consultant": select(Consultant.external_id, Consultant.id, Consultant.time_zone, Consultant.practice_id),
}


async def load(batch: Batch, desk: Desk) -> None:
    await refuse_repeats(batch, desk, "external_id")
    for row in batch.good:
        _check_scope(batch, row)
    scopes = {
        scope: await referred(batch, desk, scope, query=query, reason=f"names no {scope} that has been loaded")
        for scope, query in _QUERIES.items()
    }
    for row in batch.good:
        _place(batch, row, {scope: scopes[scope].get(row[scope]) for scope in _SCOPES})
    existing = await _ACCOUNTS.existing(desk, [row["external_id"] for row in batch.good])
    await _ACCOUNTS.settle(desk, [(row, _draft(row, desk, existing)) for row in batch.good], existing)
    touched = {row["organisation_id"] for row in batch.good if row.fate is not Fate.UNCHANGED}
    owe_matching(desk.session, touched - {None}, at=desk.now)


def _check_scope(batch: Batch, row: Row) -> None:
    """Refuse a scope that the role does not need as well as one that it lacks: either would widen what it sees."""
    role: Role = row["role"]
    given = frozenset(scope for scope in _SCOPES if row[scope] is not None)
    if given not in _SCOPES_OF[role]:
        wanted = " or ".join(", ".join(scopes) or "no scope" for scopes in _SCOPES_OF[role])
        batch.refuse(row, "role", f"{role} is given with {wanted}, and nothing else")
    if row["employee_number"] is not None and row["organisation"] is None:
        batch.refuse(row, "employee_number", "counts in an organisation, which this role has not")


def _place(batch: Batch, row: Row, scopes: dict[str, Any]) -> None:
    """Settle what depends on the scope: ids, the time zone, and the country in which a phone number is read."""
    places = [place for place in scopes.values() if place is not None]
    row.values["time_zone"] = row["time_zone"] or (places[0].time_zone if places else None)
    if row["time_zone"] is None:
        batch.refuse(row, "time_zone", "may not be empty where there is no organisation, practice or consultant")
    row.values |= {f"{scope}_id": None if place is None else place.id for scope, place in scopes.items()}
    if scopes["consultant"] is not None:
        row.values["practice_id"] = scopes["consultant"].practice_id
    if row["phone"] is not None:
        organisation = scopes["organisation"]
        country = None if organisation is None else organisation.region.partition("-")[0]
        row.values["phone"] = international_phone(row["phone"], country)
        if row["phone"] is None:
            batch.refuse(
                row, "phone", "expected a phone number; without an organisation it begins with + and a country"
            )


def _draft(row: Row, desk: Desk, existing: Existing) -> dict[str, Any]:
    old = existing.get(row["external_id"])
    disabled_at = None if row["active"] else (old.disabled_at if old is not None else None) or desk.now
    employee = None if row["employee_number"] is None else (row["organisation"], row["employee_number"])
    kept = ("external_id", "name", "email", "role", "organisation_id", "practice_id", "consultant_id", "time_zone")
    draft: dict[str, Any] = {name: row[name] for name in kept}
    draft |= {"disabled_at": disabled_at, "created_at": desk.now}
    return draft | matching_keys(desk.vault, email=row["email"], phone=row["phone"], employee=employee)


SHEET = Sheet(
    "accounts",
    "the people and machines who sign in, each with one role and exactly the scope that the role needs",
    (
        Column("external_id", fields.external_id, "the name that they sign in with"),
        Column("name", fields.line_of(200), "as it is shown"),
        Column("email", fields.email, "where their mail goes"),
        Column("role", fields.word_of(_ROLES), ", ".join(_ROLES)),
        optional("organisation", fields.external_id, "ORG_REVIEWER: external id; INTEGRATOR: may have"),
        optional("practice", fields.external_id, "PRACTICE_MANAGER: external id; INTEGRATOR: may have"),
        optional("consultant", fields.external_id, "CONSULTANT: external id"),
        optional("time_zone", fields.time_zone, "IANA name; empty: the one of their scope"),
        optional("phone", fields.line_of(40), "kept as a keyed hash, to match them with a client"),
        optional("employee_number", fields.line_of(40), "the same; counts in the organisation"),
        optional("active", fields.yes_or_no, "no: may not sign in; empty: yes", default=True),
    ),
    load,
)
