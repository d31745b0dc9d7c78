"""An organisation and its terms as an operator types and reads them: in the words of the import's own columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.clock import Clock
from models.database import Database
from models.importing.by_hand import RowRefused, load_by_hand
from models.importing.columns import Plan, plan
from models.importing.organisations import SHEET
from models.importing.target import plain_table
from models.queries.reading import Source
from models.tables import Agreement, Organisation

Cells = Mapping[str, str]

NAMES: Final = tuple(column.name for column in SHEET.columns)
CALENDAR: Final = frozenset({"region", "time_zone", "added_dates", "removed_dates"})
"""What deadlines are counted by: those that run go on by what they were counted by, until they are recomputed."""
_ORGANISATION, _AGREEMENT = plain_table(Organisation), plain_table(Agreement)
_IN_FORCE: Final = (
    select(
        *(_ORGANISATION.c[name] if name in _ORGANISATION.c else _AGREEMENT.c[name] for name in NAMES),
        _AGREEMENT.c.revision,
    )
    .join(_AGREEMENT, (_AGREEMENT.c.organisation_id == _ORGANISATION.c.id) & _AGREEMENT.c.is_current)
    .order_by(_ORGANISATION.c.external_id)
)


@dataclass(frozen=True, slots=True)
class InForce:
    """One organisation with the revision of its agreement that new requests are submitted under."""

    revision: int
    cells: dict[str, str]
    """As the import would take them; empty where there is none."""


@dataclass(frozen=True, slots=True)
class Change:
    column: str
    was: str
    becomes: str


async def agreements_in_force(source: Source) -> list[InForce]:
    """Return every organisation's, by external id."""
    return [_in_force(row) for row in (await source.execute(_IN_FORCE)).all()]


async def agreement_in_force(source: Source, external_id: str) -> InForce:
    """Return one organisation's. Raises RowRefused where there is none."""
    one = _IN_FORCE.where(_ORGANISATION.c.external_id == external_id)
    row = (await source.execute(one)).one_or_none()
    if row is None:
        raise RowRefused([("external_id", "names no organisation: `extra-sessions agreement list` has them all")])
    return _in_force(row)


def changes(shown: InForce, typed: Cells) -> list[Change]:
    """Return what ``typed`` would change; an empty text stands for what the import takes an empty cell for.

    Raises RowRefused for what can't be read; what only the database can tell is left to ``edit_agreement``.
    """
    were, are = _parsed(shown.cells), _parsed({**shown.cells, **typed})
    return [Change(name, _text(were[name]), _text(are[name])) for name in NAMES if were[name] != are[name]]


async def edit_agreement(shown: InForce, typed: Cells, *, database: Database, clock: Clock) -> None:
    """Put the changes into force: changed terms are a new revision, and requests keep the one of their submission.

    Locks the organisation. Raises RowRefused, and then nothing was written: also where it is not any more as shown.
    """
    external_id = shown.cells["external_id"]
    async with database.transaction() as session:
        await _lock(session, external_id)
        if await agreement_in_force(session, external_id) != shown:
            raise RowRefused([(None, "The agreement was changed meanwhile, and nothing was written: look at it again")])
        await load_by_hand(SHEET, {**shown.cells, **typed}, session=session, database=database, clock=clock)


async def _lock(session: AsyncSession, external_id: str) -> None:
    locked = select(_ORGANISATION.c.id).where(_ORGANISATION.c.external_id == external_id).with_for_update()
    await session.execute(locked)


def _parsed(cells: Cells) -> dict[str, Any]:
    columns: Plan = plan(list(NAMES), SHEET.columns)[0]
    row, flaws = columns.read(1, [cells[name] for name in NAMES])
    if flaws:
        raise RowRefused(flaws)
    return row.values


def _in_force(row: Any) -> InForce:
    return InForce(row.revision, {name: _text(getattr(row, name)) for name in NAMES})


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return " ".join(value)
    return str(value.value if isinstance(value, Enum) else value)
