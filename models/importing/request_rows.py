"""Builds a request from its row: whole, as if it had lived here."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.ids import new_id, new_reference
from models.importing.batch import Desk, Row
from models.importing.request_facts import Facts
from models.queries.agreements import Terms
from models.queries.request_rows import clinical_place
from models.rules import business_days
from models.rules.vocabulary import ReleaseRule, Requestor, RequestStatus, Withheld
from models.tables import ExtraSessionsRequest

S = RequestStatus

_IN_CLINICAL_REVIEW = frozenset({S.AWAITING_DETAILS, S.CLINICAL_REVIEW, S.LAPSED})
_DECIDED = frozenset({S.APPROVED, S.DECLINED})
_SHOWN = _DECIDED | {S.INFORMATION_REQUESTED}
_SENT_TO_ORGANISATION = _SHOWN | {S.ORGANISATION_REVIEW}
_AS_WRITTEN = (
    "external_id",
    "status",
    "sessions_requested",
    "sessions_granted",
    "decline_reason",
    "goal_category",
    "submitted_at",
    "confirmed_at",
    "decided_at",
)


@dataclass(frozen=True, slots=True)
class _Release:
    at: datetime | None = None
    on: date | None = None
    version: int = 0
    withheld: Withheld | None = None


def build(row: Row, facts: Facts, desk: Desk, reference: str) -> ExtraSessionsRequest:
    """Return the request, not yet added. Its agreement is the present one; the consent was the old system's to keep."""
    case, consultant = facts.cases[row["case"]], facts.consultants[row["consultant"]]
    terms = facts.terms[case.organisation_id]
    request_id = new_id("req")
    answers = {"statement": row["goal_statement"], "kind": row["pathway_kind"].value, "detail": row["pathway_detail"]}
    key = facts.keys.newest(case.client_id)
    release = _released(row, facts, terms, now=desk.now)
    return ExtraSessionsRequest(
        **{name: row[name] for name in _AS_WRITTEN},
        id=request_id,
        reference=reference,
        version=1,
        organisation_id=case.organisation_id,
        agreement_id=terms.agreement_id,
        sessions_released=row["sessions_requested"],
        entitled_sessions=case.entitled_sessions,
        onward_plan=row["pathway_kind"].planned,
        released_at=release.at,
        released_on=release.on,
        organisation_version=release.version,
        withheld=release.withheld,
        decided_on=None if row["decided_at"] is None else terms.calendar.local_day(row["decided_at"]),
        decision_due_at=_decision_due(row, terms),
        case_id=case.id,
        appointment_id=None if row["appointment"] is None else facts.appointments[row["appointment"]].id,
        consultant_id=consultant.id,
        requestor=Requestor.CONSULTANT,
        date_of_request=row["submitted_at"].astimezone(ZoneInfo(consultant.time_zone)).date(),
        closed_at=row["closed_at"] or row["decided_at"],
        clinical_review_total=_clinical_review_total(row, facts),
        needs_clinical_review=row["status"] in _IN_CLINICAL_REVIEW,
        key_version=key.version,
        clinical_sealed=desk.vault.seal(key, clinical_place(request_id), answers),
    )


def _released(row: Row, facts: Facts, terms: Terms, *, now: datetime) -> _Release:
    """Return when the organisation learned of it, by its release rule, and how many changes it has seen since.

    What awaits the organisation is left to the release job. What ended early is never shown: the file does not say
    whether the organisation had heard of it.
    """
    if row["status"] not in _SHOWN:
        return _Release()
    if (withheld := facts.why_withheld(facts.cases[row["case"]])) is not None:
        return _Release(withheld=withheld)
    moment: datetime = row["confirmed_at"]
    if terms.release_rule is ReleaseRule.BATCH:
        moment = business_days.batch_release_at(terms.calendar, terms.calendar.local_day(moment))
    moment = min(moment, row["decided_at"] or now)
    return _Release(moment, terms.calendar.local_day(moment), version=2)


def _decision_due(row: Row, terms: Terms) -> datetime | None:
    if row["status"] not in _SENT_TO_ORGANISATION:
        return None
    day0 = terms.calendar.local_day(row["confirmed_at"])
    return business_days.due_after(terms.calendar, day0, terms.due_days).at


def _clinical_review_total(row: Row, facts: Facts) -> int | None:
    """Return the sum as the case stands now: the old system's, at its confirm, is not known."""
    if row["confirmed_at"] is None:
        return None
    return facts.tallies[facts.cases[row["case"]].id].clinical_review_total(row["sessions_requested"])


async def unused_references(session: AsyncSession, count: int) -> list[str]:
    """Return so many random references that no request has."""
    references: set[str] = set()
    while len(references) < count:
        references |= {new_reference() for _ in range(count - len(references))}
        taken = select(ExtraSessionsRequest.reference).where(ExtraSessionsRequest.reference.in_(references))
        references -= set((await session.execute(taken)).scalars())
    return list(references)
