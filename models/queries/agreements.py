"""Reads of the terms that requests and cases stand under; those of a clinical review apart, not for an organisation."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, bindparam, select

from models.queries.reading import Source
from models.rules.business_days import BusinessCalendar
from models.rules.vocabulary import Delegation, ReleaseRule
from models.tables import Agreement, ExtraSessionsRequest


@dataclass(frozen=True, slots=True)
class Terms:
    """One revision of an organisation's agreement; it never changes."""

    agreement_id: str
    organisation_id: str
    maximum_sessions: int
    due_days: int
    calendar: BusinessCalendar
    release_rule: ReleaseRule
    smallest_headcount: int
    delegation: Delegation
    automatic_approval: int


@dataclass(frozen=True, slots=True)
class ClinicalTerms(Terms):
    """The whole of it; what an organisation asks for or does never reads the threshold."""

    clinical_review_threshold: int


T = TypeVar("T", bound=Terms)


async def load_terms(source: Source, ids: Collection[str]) -> dict[str, Terms]:
    """Return agreements by their own id: the revision that a request was submitted under."""
    if not ids:
        return {}
    rows = (await source.execute(_BY_ID, {"ids": tuple(ids)})).all()
    return {row.id: Terms(**_terms(row)) for row in rows}


async def load_clinical_terms(source: Source, ids: Collection[str]) -> dict[str, ClinicalTerms]:
    """Return the same with what decides on a clinical review."""
    return {terms.agreement_id: terms for terms in await _clinical(source, Agreement.id.in_(ids))} if ids else {}


async def terms_of(source: Source, request: ExtraSessionsRequest) -> Terms:
    """Return the terms that a request was submitted under, with the calendar that its deadlines count by."""
    found = await load_terms(source, _revisions(request))
    return _with_calendar(found, request)


async def clinical_terms_of(source: Source, request: ExtraSessionsRequest) -> ClinicalTerms:
    """Return the same with what decides on a clinical review."""
    found = await load_clinical_terms(source, _revisions(request))
    return _with_calendar(found, request)


def _revisions(request: ExtraSessionsRequest) -> set[str]:
    return {request.agreement_id, request.calendar_agreement_id or request.agreement_id}


def _with_calendar(found: dict[str, T], request: ExtraSessionsRequest) -> T:
    calendar = found[request.calendar_agreement_id or request.agreement_id].calendar
    return replace(found[request.agreement_id], calendar=calendar)


async def load_current_terms(source: Source, organisation_ids: Collection[str]) -> dict[str, ClinicalTerms]:
    """Return each organisation's terms of today, by organisation id."""
    if not organisation_ids:
        return {}
    condition = Agreement.organisation_id.in_(organisation_ids) & Agreement.is_current.is_(True)
    return {terms.organisation_id: terms for terms in await _clinical(source, condition)}


async def _clinical(source: Source, condition: ColumnElement[bool]) -> list[ClinicalTerms]:
    statement = select(*_COLUMNS, Agreement.clinical_review_threshold).where(condition)
    rows = (await source.execute(statement)).all()
    return [ClinicalTerms(**_terms(row), clinical_review_threshold=row.clinical_review_threshold) for row in rows]


_COLUMNS = (
    Agreement.id,
    Agreement.organisation_id,
    Agreement.maximum_sessions,
    Agreement.due_days,
    Agreement.region,
    Agreement.time_zone,
    Agreement.added_dates,
    Agreement.removed_dates,
    Agreement.release_rule,
    Agreement.smallest_headcount,
    Agreement.delegation,
    Agreement.automatic_approval,
)
_BY_ID: Final = select(*_COLUMNS).where(Agreement.id.in_(bindparam("ids", expanding=True)))


def _terms(row: Any) -> dict[str, Any]:
    return {
        "agreement_id": row.id,
        "organisation_id": row.organisation_id,
        "maximum_sessions": row.maximum_sessions,
        "due_days": row.due_days,
        "calendar": BusinessCalendar(
            region=row.region,
            time_zone=row.time_zone,
            added=frozenset(map(date.fromisoformat, row.added_dates)),
            removed=frozenset(map(date.fromisoformat, row.removed_dates)),
        ),
        "release_rule": row.release_rule,
        "smallest_headcount": row.smallest_headcount,
        "delegation": row.delegation,
        "automatic_approval": row.automatic_approval,
    }
