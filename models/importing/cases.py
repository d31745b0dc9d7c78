"""Loads cases.csv. A case that closes here ends its open request, as it would anywhere else."""

from typing import Any

from sqlalchemy import Row as Found
from sqlalchemy import select

from models.actor import SYSTEM
from models.events import record_of_case
from models.importing import fields
from models.importing.batch import Batch, Desk, Fate, Row
from models.importing.columns import Column, optional
from models.importing.references import referred
from models.importing.repeats import refuse_repeats
from models.importing.sheet import Sheet
from models.importing.target import Draft, Existing, Target
from models.operations.case_closing import cancel_open_requests
from models.rules.vocabulary import CaseStatus, EventType
from models.tables import Agreement, AssistCase, Client, Organisation, Practice

_PARTIES = ("client", "organisation", "practice")
_CASES = Target(
    AssistCase,
    "number",
    "case",
    follows=(*(f"{party}_id" for party in _PARTIES), "status", "entitled_sessions", "opened_on", "closed_on"),
)
_QUERIES = {
    "client": select(Client.external_index, Client.id).where(Client.erased_at.is_(None)),
    "organisation": select(Organisation.external_id, Organisation.id, Agreement.entitled_sessions).join(
        Agreement, (Agreement.organisation_id == Organisation.id) & Agreement.is_current.is_(True)
    ),
    "practice": select(Practice.external_id, Practice.id),
}


async def load(batch: Batch, desk: Desk) -> None:
    await refuse_repeats(batch, desk, "number")
    for row in batch.good:
        row.values["client"] = desk.vault.blind_index("client", row["client"])
        _check_days(batch, row)
    parties = {
        party: await referred(batch, desk, party, query=query, reason=f"names no {party} that has been loaded")
        for party, query in _QUERIES.items()
    }
    existing = await _CASES.existing(desk, [row["number"] for row in batch.good])
    drafts = []
    for row in batch.good:
        draft = _draft(row, {party: parties[party][row[party]] for party in _PARTIES}, existing)
        _check_parties(batch, row, draft, existing)
        drafts.append((row, draft))
    closing = _closing([draft for row, draft in drafts if not row.refused], existing)
    await cancel_open_requests(desk.session, closing, at=desk.now)
    settled = [(row, draft) for row, draft in drafts if not row.refused]
    await _CASES.settle(desk, settled, existing)
    _record(desk, settled, existing)


def _check_days(batch: Batch, row: Row) -> None:
    closed = row["status"] is CaseStatus.CLOSED
    if closed and row["closed_on"] is None:
        batch.refuse(row, "closed_on", "may not be empty for a CLOSED case")
    elif not closed and row["closed_on"] is not None:
        batch.refuse(row, "closed_on", "must be empty for an OPEN case")
    elif closed and row["closed_on"] < row["opened_on"]:
        batch.refuse(row, "closed_on", "expected a day that is not before opened_on")


def _draft(row: Row, parties: dict[str, Any], existing: Existing) -> dict[str, Any]:
    """Fix the entitled sessions when the case is first loaded, where the file leaves them to the agreement."""
    old = existing.get(row["number"])
    entitled = row["entitled_sessions"]
    if entitled is None:
        entitled = parties["organisation"].entitled_sessions if old is None else old.entitled_sessions
    draft = {name: row[name] for name in ("number", "status", "opened_on", "closed_on")}
    return draft | {"entitled_sessions": entitled} | {f"{party}_id": found.id for party, found in parties.items()}


def _check_parties(batch: Batch, row: Row, draft: dict[str, Any], existing: Existing) -> None:
    """Hold a case to whom it began with: its appointments, requests and seals are theirs."""
    old = existing.get(row["number"])
    if old is None:
        return
    for party in _PARTIES:
        if getattr(old, f"{party}_id") != draft[f"{party}_id"]:
            batch.refuse(row, party, f"a case keeps its {party}")


def _closing(drafts: list[dict[str, Any]], existing: Existing) -> list[str]:
    """Return the ids of the cases that were open until now."""
    return [
        old.id
        for draft in drafts
        if draft["status"] is CaseStatus.CLOSED
        and (old := existing.get(draft["number"])) is not None
        and old.status is CaseStatus.OPEN
    ]


def _record(desk: Desk, settled: list[tuple[Row, Draft]], existing: Existing) -> None:
    """Tell of what is new, and of what any reader sees otherwise than before; a case that closes has been told of."""
    for row, draft in settled:
        old = existing.get(draft["number"])
        if row.fate is Fate.ADDED:
            record_of_case(desk.session, EventType.CASE_OPENED, draft["id"], by=SYSTEM, at=desk.now)
        elif old is not None and _looks_otherwise(old, draft):
            record_of_case(desk.session, EventType.CASE_CHANGED, draft["id"], by=SYSTEM, at=desk.now)


def _looks_otherwise(old: Found[Any], draft: Draft) -> bool:
    """Whether it has another number of sessions, or goes on. The days of its life nobody is shown."""
    if old.status is CaseStatus.OPEN and draft["status"] is CaseStatus.CLOSED:
        return False
    return (old.status, old.entitled_sessions) != (draft["status"], draft["entitled_sessions"])


SHEET = Sheet(
    "cases",
    "the issues that clients are seen for; closing one cancels its open request",
    (
        Column("number", fields.case_number, "ASST- and six digits; also the case's external id"),
        Column("client", fields.external_id, "external id; it stays"),
        Column("organisation", fields.external_id, "external id; it stays"),
        Column("practice", fields.external_id, "external id; it stays"),
        Column("status", fields.word_of(CaseStatus), ", ".join(CaseStatus)),
        Column("opened_on", fields.day, "a day"),
        optional("closed_on", fields.day, "a day, for a CLOSED case alone"),
        optional("entitled_sessions", fields.whole_number(0, 100), "empty: as agreed when first loaded"),
    ),
    load,
)
