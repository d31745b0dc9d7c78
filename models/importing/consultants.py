"""Loads consultants.csv."""

from sqlalchemy import select

from models.importing import fields
from models.importing.batch import Batch, Desk
from models.importing.columns import Column, optional
from models.importing.references import referred
from models.importing.repeats import refuse_repeats
from models.importing.sheet import Sheet
from models.importing.target import Target
from models.tables import Consultant, Practice

_CONSULTANTS = Target(
    Consultant, "external_id", "con", follows=("practice_id", "name", "email", "time_zone", "left_on")
)


async def load(batch: Batch, desk: Desk) -> None:
    await refuse_repeats(batch, desk, "external_id")
    practices = await referred(
        batch,
        desk,
        "practice",
        query=select(Practice.external_id, Practice.id, Practice.time_zone),
        reason="names no practice that has been loaded",
    )
    existing = await _CONSULTANTS.existing(desk, [row["external_id"] for row in batch.good])
    for row in batch.good:
        old = existing.get(row["external_id"])
        if old is not None and old.practice_id != practices[row["practice"]].id:
            batch.refuse(row, "practice", "a consultant keeps their practice; for another one, load a new consultant")
    drafts = []
    for row in batch.good:
        practice = practices[row["practice"]]
        draft = {name: row[name] for name in ("external_id", "name", "email", "left_on")}
        draft |= {"practice_id": practice.id, "time_zone": row["time_zone"] or practice.time_zone}
        drafts.append((row, draft))
    await _CONSULTANTS.settle(desk, drafts, existing)


SHEET = Sheet(
    "consultants",
    "the practitioners, each a member of one practice",
    (
        Column("external_id", fields.external_id, "the consultant's id in the old system"),
        Column("practice", fields.external_id, "external id of their practice; it stays"),
        Column("name", fields.line_of(200), "as it is shown"),
        Column("email", fields.email, "where their mail goes"),
        optional("time_zone", fields.time_zone, "IANA name; empty: the practice's"),
        optional("left_on", fields.day, "the day from which the practice's manager takes their mail"),
    ),
    load,
)
