"""Reads of organisations, practices, consultants and the viewer."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, select

from models.queries.reading import Reading
from models.rules.access import reaches_cases
from models.scope import named, visible_consultants
from models.tables import Consultant, Organisation, Practice
from models.views.people import ConsultantView, OrganisationView, PracticeView, ViewerView
from models.views.want import Want


async def load_organisations(reading: Reading, ids: Collection[str], want: Want) -> dict[str, OrganisationView]:
    if not ids:
        return {}
    if want.names <= {"id"}:
        return {identifier: OrganisationView(id=identifier) for identifier in ids}
    rows = await reading.rows(select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids)))
    return {row.id: OrganisationView(id=row.id, name=row.name) for row in rows}


async def load_practices(reading: Reading, ids: Collection[str], want: Want) -> dict[str, PracticeView]:
    if not ids:
        return {}
    names = {"id"} | (want.names & {"name", "suburb", "time_zone"})
    rows = await reading.rows(select(*(getattr(Practice, name) for name in names)).where(Practice.id.in_(ids)))
    return {row.id: PracticeView(**row._mapping) for row in rows}  # noqa: SLF001 - SQLAlchemy's public name for it


async def load_consultants(reading: Reading, ids: Collection[str], want: Want) -> dict[str, ConsultantView]:
    return await _consultants(reading, Consultant.id.in_(ids), want) if ids else {}


async def who_have_left(reading: Reading, ids: Collection[str]) -> set[str]:
    """Return which of these consultants have left their practice."""
    left = select(Consultant.id).where(Consultant.id.in_(ids), Consultant.left_on.is_not(None))
    return {row.id for row in await reading.rows(left)}


async def find_consultant(reading: Reading, identifier: str, want: Want) -> ConsultantView | None:
    """Return a consultant within this actor's scope, or None."""
    if not reaches_cases(reading.by):
        return None
    condition = named(Consultant.id, identifier) & visible_consultants(reading.by)
    return (await _consultants(reading, condition, want)).get(identifier)


async def _consultants(reading: Reading, condition: ColumnElement[bool], want: Want) -> dict[str, ConsultantView]:
    columns: list[Any] = [Consultant.id]
    if "name" in want.names:
        columns.append(Consultant.name)
    if "practice" in want.parts:
        columns.append(Consultant.practice_id)
    rows = await reading.rows(select(*columns).where(condition))
    views = {row.id: ConsultantView(id=row.id) for row in rows}
    for row in rows:
        if "name" in want.names:
            views[row.id].name = row.name
    if "practice" in want.parts:
        practices = await load_practices(reading, {row.practice_id for row in rows}, want.part("practice"))
        for row in rows:
            views[row.id].practice = practices[row.practice_id]
    return views


async def read_viewer(reading: Reading, want: Want) -> ViewerView:
    """Return who is signed in; reads no table unless parts of it are asked for."""
    by = reading.by
    view = ViewerView(
        name=by.name, role=by.role, time_zone=by.time_zone, organisation=None, practice=None, consultant=None
    )
    if by.organisation_id and "organisation" in want.parts:
        found = await load_organisations(reading, {by.organisation_id}, want.part("organisation"))
        view.organisation = found[by.organisation_id]
    if by.practice_id and "practice" in want.parts:
        view.practice = (await load_practices(reading, {by.practice_id}, want.part("practice")))[by.practice_id]
    if by.consultant_id and "consultant" in want.parts:
        consultants = await load_consultants(reading, {by.consultant_id}, want.part("consultant"))
        view.consultant = consultants[by.consultant_id]
    return view
