"""Invented requests in every state that exists, on cases that the demo leaves alone."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from random import Random

from models.demo_set.appointments import appointment_id
from models.demo_set.cases import Case, Kind
from models.demo_set.places import CLIENT_WHO_REVIEWS, PRACTICES, consultant_ids

Which = Callable[[Case], bool]

_STATEMENTS = (
    "Finish the planned work on returning to full hours, and agree on what helps when a week goes badly.",
    "Practise the new routines in the situations that were avoided until now, with one review at the end.",
    "Settle what has been gained before the next change at home, so that it lasts without us.",
    "Bridge the time until the other service can begin, and hand over in good order.",
    "Complete the remaining three steps of the plan that was made together at the start.",
)
_DETAILS = ("A first appointment is booked for next month.", "The waiting list is about six weeks.", "")
_GOALS = ("RESTORE_FUNCTION", "CONSOLIDATE_GAINS", "COMPLETE_PLANNED_WORK", "MOVE_TO_OTHER_CARE", "OTHER")
_PATHWAYS = (
    "GP_MENTAL_HEALTH_PLAN",
    "PRIVATE",
    "COMMUNITY_SERVICE",
    "SPECIALIST",
    "NONE_NEEDED",
    "NOT_YET_KNOWN",
)
_REASONS = ("BUDGET", "NOT_COVERED_BY_AGREEMENT", "OTHER_SUPPORT_AVAILABLE", "PREFERS_NEW_CASE", "OTHER")
_ROUTINE_LENGTH = 7
"""With more sessions even an ordinary case could need a clinical review."""
_MOST = 4


def request_rows(cases: list[Case], *, today: date, dice: Random) -> Iterator[dict[str, str]]:
    return _Requests(cases, today, dice).rows()


class _Requests:
    """Hands each request a case of its own."""

    def __init__(self, cases: list[Case], today: date, dice: Random) -> None:
        self._free = dice.sample(cases, len(cases))
        self._today = today
        self._dice = dice
        self._count = 0

    def rows(self) -> Iterator[dict[str, str]]:
        yield from self._submitted()
        yield from self._in_clinical_review()
        yield from self._with_the_organisation()
        yield from self._ended_early()
        yield from self._decided()

    def _submitted(self) -> Iterator[dict[str, str]]:
        """Yesterday afternoon, so that there is time left to confirm, wherever it is today by now."""
        first = consultant_ids(PRACTICES[0])[0]
        for which in (_at("saltbush", by=first), _at("ironbark"), _at("kotuku")):
            yield self._row("SUBMITTED", self._take(which), self._moment(self._today - timedelta(days=1), hour=16))

    def _in_clinical_review(self) -> Iterator[dict[str, str]]:
        for status, back in (("AWAITING_DETAILS", 2), ("CLINICAL_REVIEW", 4), ("LAPSED", 12)):
            for more in (0, 1):
                case, submitted = self._take(_long), self._moment(self._workday(back + more))
                row = self._row(status, case, submitted) | {"confirmed_at": _text(_confirmed(submitted))}
                if status == "LAPSED":
                    row["closed_at"] = _text(self._moment(self._workday(back + more - 6), hour=17))
                yield row

    def _with_the_organisation(self) -> Iterator[dict[str, str]]:
        """From one confirmed yesterday to two that are overdue: the last one is, whatever holidays there were."""
        awaiting: list[tuple[Which, int]] = [
            (_at("saltbush"), 2),
            (_at("saltbush"), 6),
            (_at("ironbark"), 3),
            (_of_the_client_who_reviews, 2),
            (_at("mangrove"), 1),
            (_at("mangrove"), 5),
            (_at("lorikeet"), 2),
            (_at("murrayvale"), 3),
            (_at("kotuku"), 4),
            (_at("kotuku"), 9),
            (_at("saltbush"), 13),
        ]
        asking: list[tuple[Which, int]] = [(_at("saltbush"), 4), (_at("kotuku"), 3)]
        for status, some in (("ORGANISATION_REVIEW", awaiting), ("INFORMATION_REQUESTED", asking)):
            for which, back in some:
                submitted = self._moment(self._workday(back))
                row = self._row(status, self._take(which), submitted)
                yield row | {"confirmed_at": _text(_confirmed(submitted))}

    def _ended_early(self) -> Iterator[dict[str, str]]:
        for back in (8, 15, 22):
            submitted = self._moment(self._workday(back))
            expired = self._row("EXPIRED", self._take(_routine), submitted)
            yield expired | {"closed_at": _text(submitted + timedelta(hours=48))}
            withdrawn = self._row("WITHDRAWN", self._take(_routine), submitted)
            yield withdrawn | {
                "confirmed_at": _text(_confirmed(submitted)),
                "closed_at": _text(self._moment(self._workday(back - 2))),
            }
        for _ in range(3):
            case = self._take(_closed)
            closed = datetime.combine(case.closed_on or self._today, time(12))
            submitted = closed - timedelta(days=2)
            cancelled = self._row("CANCELLED", case, submitted)
            yield cancelled | {"confirmed_at": _text(_confirmed(submitted)), "closed_at": _text(closed)}

    def _decided(self) -> Iterator[dict[str, str]]:
        for number in range(18):
            submitted = self._moment(self._workday(10 + number))
            row = self._row("APPROVED", self._take(_routine), submitted)
            granted = max(1, int(row["sessions_requested"]) - (number % 3 == 0))
            yield row | self._outcome(submitted, 10 + number) | {"sessions_granted": str(granted)}
        for number, reason in enumerate(_REASONS):
            submitted = self._moment(self._workday(12 + 3 * number))
            row = self._row("DECLINED", self._take(_routine), submitted)
            yield row | self._outcome(submitted, 12 + 3 * number) | {"decline_reason": reason}

    def _outcome(self, submitted: datetime, back: int) -> dict[str, str]:
        decided = self._moment(self._workday(back - self._dice.randrange(2, 7)))
        return {"confirmed_at": _text(_confirmed(submitted)), "decided_at": _text(decided)}

    def _take(self, which: Which) -> Case:
        case = next(case for case in self._free if which(case))
        self._free.remove(case)
        return case

    def _row(self, status: str, case: Case, submitted: datetime) -> dict[str, str]:
        self._count += 1
        before = [day for day in case.days if day <= submitted.date()]
        pathway = self._dice.choice(_PATHWAYS)
        planned = pathway not in {"NONE_NEEDED", "NOT_YET_KNOWN"}
        return {
            "external_id": f"request-{self._count:03}",
            "case": case.number,
            "consultant": case.client.consultant,
            "appointment": appointment_id(case, before[-1] if before else case.days[0]),
            "status": status,
            "sessions_requested": str(_MOST if case.kind is Kind.LONG else self._dice.randint(2, _MOST)),
            "goal_category": self._dice.choice(_GOALS),
            "goal_statement": self._dice.choice(_STATEMENTS),
            "pathway_kind": pathway,
            "pathway_detail": self._dice.choice(_DETAILS) if planned else "",
            "submitted_at": _text(submitted),
        }

    def _workday(self, back: int) -> date:
        """Return the day so many weekdays before today."""
        day = self._today
        while back:
            day -= timedelta(days=1)
            back -= day.weekday() < 5  # noqa: PLR2004 - Saturday
        return day

    def _moment(self, day: date, *, hour: int | None = None) -> datetime:
        return datetime.combine(day, time(hour or self._dice.randrange(9, 15), self._dice.randrange(30)))


def _at(organisation: str, *, by: str | None = None) -> Which:
    def which(case: Case) -> bool:
        return _routine(case) and case.client.organisation.slug == organisation and by in {None, case.client.consultant}

    return which


def _routine(case: Case) -> bool:
    ordinary = case.kind is Kind.ORDINARY and len(case.days) <= _ROUTINE_LENGTH
    return ordinary and case.client.name != CLIENT_WHO_REVIEWS


def _of_the_client_who_reviews(case: Case) -> bool:
    return case.client.name == CLIENT_WHO_REVIEWS


def _long(case: Case) -> bool:
    """Keep the first consultant's for trying out what a clinical review looks like."""
    return case.kind is Kind.LONG and case.client.consultant != consultant_ids(PRACTICES[0])[0]


def _closed(case: Case) -> bool:
    return case.kind is Kind.CLOSED


def _confirmed(submitted: datetime) -> datetime:
    return submitted + timedelta(minutes=11)


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes")
