"""Reads of the terms that requests and cases stand under."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, select

from models.queries.reading import Source
from models.rules.business_days import BusinessCalendar
from models.rules.vocabulary import Delegation, ReleaseRule
from models.tables import Agreement


@dataclass(frozen=True, slots=True)
class Terms:
    """One revision of an organisation's agreement; it never changes."""

    agreement_id: str
    organisation_id: str
    maximum_sessions: int
    clinical_review_threshold: int
    due_days: int
    calendar: BusinessCalendar
    release_rule: ReleaseRule
    smallest_headcount: int
    delegation: Delegation
    automatic_approval: int


async def load_terms(source: Source, ids: Collection[str]) -> dict[str, Terms]:
    """Return agreements by their own id: the revision that a request was submitted under."""
    return {terms.agreement_id: terms for terms in await _terms(source, Agreement.id.in_(ids))} if ids else {}


async def load_current_terms(source: Source, organisation_ids: Collection[str]) -> dict[str, Terms]:
    """Return each organisation's terms of today, by organisation id."""
    if not organisation_ids:
        return {}
    condition = Agreement.organisation_id.in_(organisation_ids) & Agreement.is_current.is_(True)
    return {terms.organisation_id: terms for terms in await _terms(source, condition)}


async def _terms(source: Source, condition: ColumnElement[bool]) -> list[Terms]:
    statement = select(
        Agreement.id,
        Agreement.organisation_id,
        Agreement.maximum_sessions,
        Agreement.clinical_review_threshold,
        Agreement.due_days,
        Agreement.region,
        Agreement.time_zone,
        Agreement.added_dates,
        Agreement.removed_dates,
        Agreement.release_rule,
        Agreement.smallest_headcount,
        Agreement.delegation,
        Agreement.automatic_approval,
    ).where(condition)
    return [
        Terms(
            agreement_id=row.id,
            organisation_id=row.organisation_id,
            maximum_sessions=row.maximum_sessions,
            clinical_review_threshold=row.clinical_review_threshold,
            due_days=row.due_days,
            calendar=BusinessCalendar(
                region=row.region,
                time_zone=row.time_zone,
                added=frozenset(map(date.fromisoformat, row.added_dates)),
                removed=frozenset(map(date.fromisoformat, row.removed_dates)),
            ),
            release_rule=row.release_rule,
            smallest_headcount=row.smallest_headcount,
            delegation=row.delegation,
            automatic_approval=row.automatic_approval,
        )
        for row in (await source.execute(statement)).all()
    ]
