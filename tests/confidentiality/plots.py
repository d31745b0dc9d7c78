"""What an organisation may know, drawn once for both worlds: terms, headcount class, released requests, people."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from models.rules.business_days import BusinessCalendar, Due, due_after
from models.rules.vocabulary import (
    DeclineReason,
    Delegation,
    GoalCategory,
    QuestionTopic,
    ReleaseRule,
    RequestStatus,
)
from tests.clock import MONDAY_MORNING

ZONE = ZoneInfo("Australia/Melbourne")
CALENDAR = BusinessCalendar(region="AU-VIC", time_zone=str(ZONE))
TODAY = MONDAY_MORNING.astimezone(ZONE).date()
_COUNTED_FROM = TODAY - timedelta(days=14)
"""Ten business days before today: the day from which the decisions that are known are counted."""
SMALLEST_HEADCOUNT = 30
DECIDED = {RequestStatus.APPROVED, RequestStatus.DECLINED}
WAITING = {RequestStatus.ORGANISATION_REVIEW, RequestStatus.INFORMATION_REQUESTED}
SHOWN = (RequestStatus.ORGANISATION_REVIEW, *sorted(WAITING | DECIDED | {RequestStatus.WITHDRAWN}))
"""The statuses that an organisation can be shown; the one that it can act on is drawn twice as often."""


def local(day: date, hour: int) -> datetime:
    """Return an hour of a day where the organisation is."""
    return datetime.combine(day, time(hour), ZONE)


@dataclass(frozen=True, slots=True)
class Known:
    """All that an organisation may know of one request that it has been released."""

    status: RequestStatus
    sessions: int
    granted: int
    reason: DeclineReason
    goal: GoalCategory
    planned: bool
    entitled: int
    released_ago: int
    """Days before today; the outcome, where there is one, came a day later at most."""
    due_in: int
    """Business days from today to the day on which the decision is due."""
    questions: tuple[QuestionTopic, ...] = ()
    """What was asked and has ended, all on the day of the release."""
    answered: bool = True
    """Whether those were answered; of a withdrawn request, the last one was cancelled instead."""
    topic: QuestionTopic = QuestionTopic.PERIOD
    """What still waits for an answer, where a request does."""

    @property
    def released_on(self) -> date:
        return TODAY - timedelta(days=self.released_ago)

    @property
    def ended_on(self) -> date | None:
        ended = self.status not in WAITING
        return min(self.released_on + timedelta(days=1), TODAY - timedelta(days=1)) if ended else None

    @property
    def due(self) -> Due:
        return due_after(CALENDAR, _COUNTED_FROM, 10 + self.due_in)

    @property
    def due_at(self) -> datetime:
        return self.due.at

    @property
    def waits_from(self) -> date:
        """The day of the question that still waits."""
        return TODAY - timedelta(days=1)

    @property
    def ended_questions(self) -> tuple[QuestionTopic, ...]:
        """Of two questions at most the last one still waits, where the request does."""
        waits = self.status is RequestStatus.INFORMATION_REQUESTED
        return self.questions[:1] if waits else self.questions


@dataclass(frozen=True, slots=True)
class Plot:
    """What is the same in both worlds."""

    release_rule: ReleaseRule
    delegation: Delegation
    large: bool
    """The headcount class: at least the agreement's smallest headcount, or below it."""
    released: tuple[Known, ...]
    pending: tuple[Known, ...]
    """Submitted, and not yet confirmed: of these only sessions, goal, plan and entitlement are known, once released."""
    withheld: int
    """The exclusions: requests of clients whom an account of the organisation matches."""
    ranks: tuple[int, ...]
    """Where each request's id stands among their ids in sorted order, released ones first."""
    opener: str = "reviewer"
    """The viewer who looks at the list first and last."""


_KNOWN = st.builds(
    Known,
    status=st.sampled_from(SHOWN),
    sessions=st.integers(1, 4),
    granted=st.integers(1, 4),
    reason=st.sampled_from(DeclineReason),
    goal=st.sampled_from(GoalCategory),
    planned=st.booleans(),
    entitled=st.sampled_from((4, 6, 8)),
    released_ago=st.integers(1, 4),
    due_in=st.sampled_from((-1, 1, 3, 7)),
    questions=st.lists(st.sampled_from(QuestionTopic), max_size=2).map(tuple),
    answered=st.booleans(),
    topic=st.sampled_from(QuestionTopic),
)


@st.composite
def plots(draw: st.DrawFn) -> Plot:
    released = tuple(draw(st.lists(_KNOWN, min_size=1, max_size=5)))
    pending = tuple(draw(st.lists(_KNOWN, min_size=1, max_size=2)))
    delegations = (Delegation.NONE, Delegation.NONE, Delegation.STAFF_AS_WELL, Delegation.STAFF_INSTEAD)
    return Plot(
        release_rule=draw(st.sampled_from(ReleaseRule)),
        delegation=draw(st.sampled_from(delegations)),
        large=draw(st.sampled_from((True, True, False))),
        released=released,
        pending=pending,
        withheld=draw(st.integers(0, 1)),
        ranks=tuple(draw(st.permutations(range(len(released) + len(pending))))),
    )
