"""What a request's row holds, and which of its columns each status comes with: no more, no less."""

from models.importing import fields
from models.importing.batch import Batch, Row
from models.importing.columns import Column, optional
from models.rules.vocabulary import DeclineReason, GoalCategory, ReferralPathwayKind, RequestStatus

S = RequestStatus

_LEFT_TO_STATUS = ("sessions_granted", "decline_reason", "confirmed_at", "decided_at", "closed_at")
_NEEDS: dict[RequestStatus, frozenset[str]] = {
    S.SUBMITTED: frozenset(),
    S.EXPIRED: frozenset({"closed_at"}),
    S.AWAITING_DETAILS: frozenset({"confirmed_at"}),
    S.CLINICAL_REVIEW: frozenset({"confirmed_at"}),
    S.LAPSED: frozenset({"confirmed_at", "closed_at"}),
    S.ORGANISATION_REVIEW: frozenset({"confirmed_at"}),
    S.INFORMATION_REQUESTED: frozenset({"confirmed_at"}),
    S.APPROVED: frozenset({"confirmed_at", "decided_at", "sessions_granted"}),
    S.DECLINED: frozenset({"confirmed_at", "decided_at", "decline_reason"}),
    S.WITHDRAWN: frozenset({"closed_at"}),
    S.CANCELLED: frozenset({"closed_at"}),
}
_MAY_HAVE = {S.WITHDRAWN: frozenset({"confirmed_at"}), S.CANCELLED: frozenset({"confirmed_at"})}


def check_answers(batch: Batch, row: Row) -> None:
    """Refuse a row whose columns do not fit its status."""
    status: RequestStatus = row["status"]
    for column in _LEFT_TO_STATUS:
        if column in _NEEDS[status] and row[column] is None:
            batch.refuse(row, column, f"may not be empty for {status}")
        elif column not in _NEEDS[status] | _MAY_HAVE.get(status, frozenset()) and row[column] is not None:
            batch.refuse(row, column, f"must be empty for {status}")
    if row["sessions_granted"] is not None and row["sessions_granted"] > row["sessions_requested"]:
        batch.refuse(row, "sessions_granted", "expected no more than sessions_requested")


COLUMNS = (
    Column("external_id", fields.external_id, "the request's id in the old system"),
    Column("case", fields.case_number, "its case, ASST- and six digits"),
    Column("consultant", fields.external_id, "external id of who asked; of the case's practice"),
    optional("appointment", fields.external_id, "external id of the appointment it came from"),
    Column("status", fields.word_of(RequestStatus), ", ".join(RequestStatus)),
    Column("sessions_requested", fields.whole_number(1, 100), "how many were asked for"),
    optional("sessions_granted", fields.whole_number(1, 100), "APPROVED alone"),
    optional("decline_reason", fields.word_of(DeclineReason), "DECLINED alone: " + ", ".join(DeclineReason)),
    Column("goal_category", fields.word_of(GoalCategory), ", ".join(GoalCategory)),
    Column("goal_statement", fields.statement, "1 to 2,000 characters; sealed"),
    Column("pathway_kind", fields.word_of(ReferralPathwayKind), ", ".join(ReferralPathwayKind)),
    optional("pathway_detail", fields.detail, "up to 1,000 characters; sealed"),
    Column("submitted_at", fields.moment, "with an offset, or in the consultant's time zone"),
    optional("confirmed_at", fields.moment, "the same; empty for SUBMITTED and EXPIRED"),
    optional("decided_at", fields.moment, "the same; APPROVED and DECLINED alone"),
    optional("closed_at", fields.moment, "the same; EXPIRED, LAPSED, WITHDRAWN and CANCELLED alone"),
)
