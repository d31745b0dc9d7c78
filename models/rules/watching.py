"""What the clock does about a deadline that runs: a schedule of moments, each with its act."""

from datetime import date, datetime, timedelta
from enum import Enum, auto
from typing import NamedTuple

from models.rules.business_days import START_OF_BUSINESS, BusinessCalendar, due_after, opening_before
from models.rules.vocabulary import DeadlineKind, EventType

REMIND_DAYS_BEFORE = (4, 2, 1)
"""A decision's reminders, at 09:00 so many business days before its due day."""
AT_RISK_DAYS_BEFORE = 2
DETAILS_REMINDER_DAY = 3
"""The business day after the question on which the consultant is reminded of further details, at 09:00."""
JUST_AFTER = timedelta(seconds=1)
"""Exactly the due moment is in time, so a breach is seen one second later."""


class Act(Enum):
    REMIND = auto()
    BREACH = auto()


class Scheduled(NamedTuple):
    at: datetime
    act: Act


def schedule(
    kind: DeadlineKind, due_at: datetime, counted_from: date | None, calendar: BusinessCalendar
) -> list[Scheduled]:
    """Return what the clock does about such a deadline, earliest first; all moments are UTC."""
    reminders: list[datetime] = []
    if kind is DeadlineKind.DECISION:
        reminders = [opening_before(calendar, due_at, days) for days in REMIND_DAYS_BEFORE]
    elif kind is DeadlineKind.DETAILS and counted_from is not None:
        day = calendar.add_business_days(counted_from, DETAILS_REMINDER_DAY)
        reminders = [calendar.at_local(day, START_OF_BUSINESS)]
    return [*(Scheduled(at, Act.REMIND) for at in reminders), Scheduled(due_at + JUST_AFTER, Act.BREACH)]


def next_after(moments: list[Scheduled], after: datetime) -> Scheduled | None:
    """Return the first moment after the given one; None where nothing is left to do."""
    return next((each for each in moments if each.at > after), None)


def owed_now(moments: list[Scheduled], *, acted_until: datetime, now: datetime) -> Scheduled | None:
    """Return the latest moment that has come and was not acted on; what it overtook, in a long stop, is left out."""
    come = [each for each in moments if acted_until < each.at <= now]
    return come[-1] if come else None


def at_risk_from(kind: DeadlineKind, due_at: datetime, calendar: BusinessCalendar) -> datetime:
    """Decisions are at risk from 09:00 two business days before; the others only when they are due."""
    return opening_before(calendar, due_at, AT_RISK_DAYS_BEFORE) if kind is DeadlineKind.DECISION else due_at


ENDS_WHAT_WAITED = frozenset({DeadlineKind.CONFIRMATION, DeadlineKind.DETAILS, DeadlineKind.ANSWER})
"""Kinds that are over with their breach: a move follows from it at once, and tells of it."""


def state_reached(
    kind: DeadlineKind, owed: Scheduled, *, due_at: datetime, at_risk_from: datetime, acted_until: datetime
) -> EventType | None:
    """Return what the log is to be told of a deadline on which ``owed`` is acted on now: the state that it comes to.

    Each state once: later moments of the schedule come to none. A decision comes to be at risk with its second
    reminder, for both are at one moment; a long stop that ends after the due moment tells that alone. What was at risk
    from where it began to run is told by ``begins_at_risk``. Of a relay whose breach must wait the passing is told at
    once, and noted by acting until the due moment itself.
    """
    if owed.act is Act.BREACH:
        told = kind in ENDS_WHAT_WAITED or acted_until == due_at
        return None if told else EventType.DEADLINE_OVERDUE
    return EventType.DEADLINE_AT_RISK if acted_until < at_risk_from <= owed.at else None


def begins_at_risk(due_at: datetime, at_risk_from: datetime, *, acted_until: datetime) -> bool:
    """Whether a deadline that begins to run is at risk from the start: no moment of its schedule will tell of it."""
    return at_risk_from < due_at and at_risk_from <= acted_until


def look_tomorrow(calendar: BusinessCalendar, now: datetime) -> Scheduled:
    """Return when to look again at a breach that can't be judged yet: just after the next business day's close."""
    return Scheduled(due_after(calendar, calendar.local_day(now), 1).at + JUST_AFTER, Act.BREACH)
