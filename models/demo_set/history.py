"""The demo's earlier requests: several in every state that exists, none where the tour makes its own."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from models.demo_set.cast import Row
from models.demo_set.timetable import Case
from models.rules.vocabulary import DeclineReason, GoalCategory, ReferralPathwayKind, RequestStatus

S = RequestStatus

_STATEMENTS = (
    "Return to full hours with a plan for hard days.",
    "Practise what has worked until it holds without us.",
    "Finish the last part of the plan agreed in the second session.",
    "Stay in touch until the community service has a place.",
)
_TOUR_CASES = 17
"""So many of the first consultant's cases have no history, and wait for the tour."""
_CLINICAL = (S.AWAITING_DETAILS, S.CLINICAL_REVIEW, S.LAPSED)
_OTHERS = (
    *(S.ORGANISATION_REVIEW, S.APPROVED, S.DECLINED, S.SUBMITTED, S.INFORMATION_REQUESTED),
    *(S.WITHDRAWN, S.EXPIRED, S.CANCELLED),
)


def requests(found: list[Case], today: date, dice: Random) -> Iterator[Row]:
    """Yield requests in every state. The first consultant's first cases are left free, for the demo's own tour."""
    long_cases = [case for case in found if case.is_long and case.consultant > 0]
    for number, case in enumerate(long_cases[:6]):
        yield _request(case, _CLINICAL[number % len(_CLINICAL)], 4, today, dice)
    others = [case for case in found if not case.closed and _has_history(case)]
    for number, case in enumerate(others):
        yield _request(case, _OTHERS[number % len(_OTHERS)], 1 + number % 2, today, dice)
    for case in [case for case in found if case.closed][:4]:
        yield _request(case, S.CANCELLED, 2, today, dice)


def _has_history(case: Case) -> bool:
    return case.place > _TOUR_CASES if case.consultant == 0 else case.place in {1, 2, 3}


def _request(case: Case, status: RequestStatus, sessions: int, today: date, dice: Random) -> Row:
    midnight = datetime.combine(today, time(), UTC)
    submitted = midnight - timedelta(hours=3) if status is S.SUBMITTED else _days_before(midnight, status, dice)
    confirmed = submitted + timedelta(minutes=4)
    ended = confirmed + timedelta(days=2)
    kind = dice.choice(list(ReferralPathwayKind))
    return {
        "external_id": f"ES-{case.number}",
        "case": case.name,
        "consultant": f"con-{case.consultant + 1:02}",
        "status": status.value,
        "sessions_requested": sessions,
        "sessions_granted": sessions if status is S.APPROVED else "",
        "decline_reason": dice.choice(list(DeclineReason)).value if status is S.DECLINED else "",
        "goal_category": dice.choice(list(GoalCategory)).value,
        "goal_statement": dice.choice(_STATEMENTS),
        "pathway_kind": kind.value,
        "pathway_detail": "Arranged with the client." if kind.planned else "",
        "submitted_at": submitted.isoformat(),
        "confirmed_at": "" if status in {S.SUBMITTED, S.EXPIRED} else confirmed.isoformat(),
        "decided_at": ended.isoformat() if status in {S.APPROVED, S.DECLINED} else "",
        "closed_at": ended.isoformat() if status in {S.EXPIRED, S.LAPSED, S.WITHDRAWN, S.CANCELLED} else "",
    }


def _days_before(midnight: datetime, status: RequestStatus, dice: Random) -> datetime:
    """Open requests are recent, ended ones older, so that nothing is overdue on the first day."""
    recent = status in {S.ORGANISATION_REVIEW, S.INFORMATION_REQUESTED, S.AWAITING_DETAILS, S.CLINICAL_REVIEW}
    days = dice.randrange(1, 3) if recent else dice.randrange(8, 20)
    return midnight - timedelta(days=days, hours=dice.randrange(1, 4), minutes=dice.randrange(60))
