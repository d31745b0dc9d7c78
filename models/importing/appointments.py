"""Loads appointments.csv, which may have a million rows: every row passes here, so the way is short."""

from datetime import timedelta

from sqlalchemy import select

from models.actor import SYSTEM
from models.events import record_of_case
from models.importing import fields
from models.importing.batch import Batch, Desk, Fate
from models.importing.columns import Column
from models.importing.moments import moment_in
from models.importing.references import referred_often
from models.importing.repeats import refuse_repeats
from models.importing.sheet import Sheet
from models.importing.target import Target
from models.rules.vocabulary import AppointmentStatus, EventType
from models.tables import Appointment, AssistCase, Consultant, Practice

_LONGEST = timedelta(hours=24)
_APPOINTMENTS = Target(
    Appointment, "external_id", "apt", follows=("case_id", "consultant_id", "starts_at", "ends_at", "status")
)
_CASES = select(AssistCase.number, AssistCase.id, AssistCase.practice_id, Practice.time_zone).join(
    Practice, Practice.id == AssistCase.practice_id
)
_CONSULTANTS = select(Consultant.external_id, Consultant.id, Consultant.practice_id)

_TOLD = {Fate.ADDED: EventType.APPOINTMENT_ADDED, Fate.CHANGED: EventType.APPOINTMENT_CHANGED, Fate.UNCHANGED: None}


async def load(batch: Batch, desk: Desk) -> None:
    await refuse_repeats(batch, desk, "external_id")
    cases = await referred_often(batch, desk, "case", query=_CASES, reason="names no case that has been loaded")
    consultants = await referred_often(
        batch, desk, "consultant", query=_CONSULTANTS, reason="names no consultant that has been loaded"
    )
    existing = await _APPOINTMENTS.existing(desk, [row["external_id"] for row in batch.good])
    drafts = []
    for row in batch.good:
        values = row.values
        _, case, practice, zone = cases[values["case"]]
        _, consultant, own_practice = consultants[values["consultant"]]
        if practice != own_practice:
            batch.refuse(row, "consultant", "expected one of the case's practice")
        old = existing.get(values["external_id"])
        if old is not None and old.case_id != case:
            batch.refuse(row, "case", "an appointment keeps its case")
        draft = {
            "external_id": values["external_id"],
            "case_id": case,
            "consultant_id": consultant,
            "starts_at": moment_in(zone, batch, row, "starts_at"),
            "ends_at": moment_in(zone, batch, row, "ends_at"),
            "status": values["status"],
        }
        if not draft["starts_at"] < draft["ends_at"] <= draft["starts_at"] + _LONGEST:
            batch.refuse(row, "ends_at", "expected a time after starts_at, within 24 hours")
        if not row.refused:
            drafts.append((row, draft))
    await _APPOINTMENTS.settle(desk, drafts, existing)
    for row, draft in drafts:
        if (event := _TOLD[row.fate]) is not None:
            of_case = {"appointment_id": draft["id"], "by": SYSTEM, "at": desk.now}
            record_of_case(desk.session, event, draft["case_id"], **of_case)


SHEET = Sheet(
    "appointments",
    "the sessions on the consultants' calendars, past and to come",
    (
        Column("external_id", fields.external_id, "the appointment's id in the old system"),
        Column("case", fields.case_number, "its case, ASST- and six digits; it stays"),
        Column("consultant", fields.external_id, "external id; of the case's practice"),
        Column("starts_at", fields.moment, "with an offset, or in the practice's time zone"),
        Column("ends_at", fields.moment, "the same; after the start, within 24 hours"),
        Column("status", fields.word_of(AppointmentStatus), ", ".join(AppointmentStatus)),
    ),
    load,
)
