"""Whether an outcome can be reconsidered: once, in time, and for no more than it refused."""

from datetime import date

from models.rules.business_days import RECONSIDERATION_DAYS, BusinessCalendar
from models.rules.refusals import AlreadyReconsidered, NothingRefused, TooLate
from models.rules.vocabulary import RequestStatus


def shortfall(status: RequestStatus, *, requested: int, granted: int | None) -> int:
    """Return how many of the sessions that the consultant asked for were refused; 0 while there is no outcome."""
    if status is RequestStatus.DECLINED:
        return requested
    return requested - (granted or 0) if status is RequestStatus.APPROVED else 0


def last_day(decided_on: date, calendar: BusinessCalendar) -> date:
    """Return the last day on which to ask, the organisation's own: the whole of it is in time."""
    return calendar.add_business_days(decided_on, RECONSIDERATION_DAYS)


def check_refused(refused: int, *, is_reconsideration: bool, was_reconsidered: bool) -> None:
    """Raise unless something was refused, for the first time, and nobody has asked to reconsider it yet."""
    if is_reconsideration or was_reconsidered:
        raise AlreadyReconsidered
    if refused < 1:
        raise NothingRefused


def check_in_time(today: date, decided_on: date, calendar: BusinessCalendar) -> None:
    """Raise TooLate after the last day; ``today`` and ``decided_on`` are days of the organisation's."""
    last = last_day(decided_on, calendar)
    if today > last:
        raise TooLate(last)
