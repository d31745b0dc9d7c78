"""One request's row: which columns are selected for a viewer, and the view that is made of them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from models.queries.reading import Reading
from models.rules import lifecycle
from models.rules.confidentiality import Sensitivity, masked_fields, may_read, projected_status, sees_projection
from models.rules.vocabulary import ReferralPathwayKind, RequestStatus
from models.sealing import Place
from models.tables import AssistCase, ExtraSessionsRequest
from models.views.request import Decision, Goal, ReferralPathway, RequestView
from models.views.want import Want

R = ExtraSessionsRequest

Answers = Mapping[str, Any]
NO_ANSWERS: Answers = {"statement": None, "kind": None, "detail": None}
"""What stands for clinical answers that are held back, and for those of a client who was erased."""

_COLUMNS: dict[str, tuple[str, ...]] = {
    "reference": ("reference",),
    "version": ("version",),
    "status": ("status",),
    "outcome": ("status",),
    "organisation": ("organisation_id",),
    "case": ("case_id",),
    "practice": ("case_id",),
    "consultant": ("consultant_id",),
    "client": ("case_id",),
    "requestor": ("requestor",),
    "reconsideration_of": ("reconsideration_of",),
    "sessions_requested": ("sessions_requested",),
    "sessions_granted": ("sessions_granted",),
    "entitled_sessions": ("entitled_sessions",),
    "date_of_request": ("date_of_request",),
    "goal": ("goal_category",),
    "referral_pathway": ("onward_plan",),
    "clinical_review": (
        *("clinical_review_total", "needs_clinical_review", "agreement_id", "sessions_released"),
        *("clinical_result", "clinical_reason", "clinical_at"),
    ),
    "decision": ("status", "sessions_granted", "decline_reason", "decided_on", "decided_at", "decided_as"),
    "available_actions": (
        *("status", "agreement_id", "calendar_agreement_id", "withheld", "account_matches_client", "decision_due_at"),
        *("consultant_id", "case_id", "sessions_requested", "sessions_granted", "reconsideration_of", "decided_on"),
    ),
}
_PROJECTED: dict[str, tuple[str, ...]] = {
    "version": ("organisation_version",),
    "sessions_requested": ("sessions_released",),
    "date_of_request": ("released_on",),
    "client": (),
    "decision": ("status", "sessions_granted", "decline_reason", "decided_on"),
    "available_actions": ("status", "agreement_id", "decision_due_at"),
}
"""What the organisation's projection reads instead: never a column that links."""


def clinical_place(request_id: str) -> Place:
    """Return where a request's clinical answers stand."""
    return Place("extra_sessions_request", Sensitivity.CLINICAL.value, request_id)


def select_requests(
    reading: Reading, want: Want, allowed: Collection[str], extra: Collection[ColumnElement[Any]] = ()
) -> Select[Any]:
    table = {**_COLUMNS, **_PROJECTED} if sees_projection(reading.by) else _COLUMNS
    keys = {"id"}.union(*(table.get(name, ()) for name in allowed))
    clinical = _wants_clinical(reading, want)
    statement = _selecting(frozenset(keys | {"case_id"} if clinical else keys), clinical=clinical)
    return statement.add_columns(*extra) if extra else statement


@lru_cache(maxsize=1_024)
def _selecting(keys: frozenset[str], *, clinical: bool) -> Select[Any]:
    """Build it once for each set of columns; how many there can be, callers decide, so the oldest are forgotten."""
    statement = select(*(getattr(R, key) for key in sorted(keys)))
    if not clinical:
        return statement
    columns = (R.clinical_sealed, R.key_version, AssistCase.client_id)
    return statement.add_columns(*columns).join(AssistCase, AssistCase.id == R.case_id)


def _wants_clinical(reading: Reading, want: Want) -> bool:
    asked = want.part("goal").any_of("statement") or want.part("referral_pathway").any_of("kind", "detail")
    return asked and may_read(reading.by, Sensitivity.CLINICAL)


async def open_answers_of(reading: Reading, want: Want, rows: Sequence[Any]) -> dict[str, Answers]:
    """Open the clinical answers of these requests where they are asked for and may be read, and put it on record."""
    if not rows or not _wants_clinical(reading, want):
        return {}
    reading.note(Sensitivity.CLINICAL, {row.case_id for row in rows})
    sealed = [row for row in rows if row.clinical_sealed is not None]
    keys = await reading.client_keys(row.client_id for row in sealed)
    return {
        row.id: reading.vault.unseal(
            keys.of(row.client_id, row.key_version), clinical_place(row.id), row.clinical_sealed
        )
        for row in sealed
    }


def present(reading: Reading, want: Want, row: Any, allowed: Collection[str], answers: Answers) -> RequestView:
    """Make the view of one row; ``answers`` are the clinical ones, or none of them."""
    projection = sees_projection(reading.by)
    view = RequestView(id=row.id)
    for name, value in _PLAIN.items():
        if name in want.names:
            setattr(view, name, value(row, projection) if name in allowed else None)
    for name in ("case", "practice", "consultant", "reconsideration_of", "clinical_review"):
        setattr(view, name, None)
    if "masked_fields" in want.names:
        view.masked_fields = masked_fields("ExtraSessionsRequest", reading.by)
    _add_answers(want, row, view, answers)
    return view


def shown_status(status: RequestStatus, *, projection: bool) -> RequestStatus:
    return projected_status(status) if projection else status


def _decision(row: Any, projection: bool) -> Decision | None:  # noqa: FBT001 - as the table below calls it
    outcome = lifecycle.outcome_of(row.status)
    if outcome is None:
        return None
    return Decision(
        outcome=outcome,
        sessions_granted=row.sessions_granted,
        reason=row.decline_reason,
        decided_on=row.decided_on,
        decided_at=None if projection else row.decided_at,
        decided_by=None if projection else row.decided_as,
    )


_PLAIN: dict[str, Callable[[Any, bool], Any]] = {
    "reference": lambda row, _: row.reference,
    "version": lambda row, projection: row.organisation_version if projection else row.version,
    "status": lambda row, projection: shown_status(row.status, projection=projection),
    "outcome": lambda row, _: lifecycle.outcome_of(row.status),
    "requestor": lambda row, _: row.requestor,
    "sessions_requested": lambda row, projection: row.sessions_released if projection else row.sessions_requested,
    "sessions_granted": lambda row, _: row.sessions_granted,
    "entitled_sessions": lambda row, _: row.entitled_sessions,
    "date_of_request": lambda row, projection: row.released_on if projection else row.date_of_request,
    "decision": _decision,
}


def _add_answers(want: Want, row: Any, view: RequestView, answers: Answers) -> None:
    if "goal" in want.names:
        view.goal = Goal(row.goal_category, answers["statement"])
    if "referral_pathway" in want.names:
        kind = ReferralPathwayKind(answers["kind"]) if answers["kind"] else None
        view.referral_pathway = ReferralPathway(row.onward_plan, kind, answers["detail"])
