"""Loads practices.csv."""

from models.importing import fields
from models.importing.batch import Batch, Desk
from models.importing.columns import Column
from models.importing.repeats import refuse_repeats
from models.importing.sheet import Sheet
from models.importing.target import Target
from models.tables import Practice

_PRACTICES = Target(Practice, "external_id", "prac", follows=("name", "suburb", "time_zone"))


async def load(batch: Batch, desk: Desk) -> None:
    await refuse_repeats(batch, desk, "external_id")
    drafts = [(row, dict(row.values)) for row in batch.good]
    existing = await _PRACTICES.existing(desk, [draft["external_id"] for _, draft in drafts])
    await _PRACTICES.settle(desk, drafts, existing)


SHEET = Sheet(
    "practices",
    "the psychology practices that see clients",
    (
        Column("external_id", fields.external_id, "the practice's id in the old system"),
        Column("name", fields.line_of(200), "as it is shown"),
        Column("suburb", fields.line_of(200), "where it is"),
        Column("time_zone", fields.time_zone, "IANA name; appointment times without an offset are in it"),
    ),
    load,
)
