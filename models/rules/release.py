"""Whether an organisation may learn that a request exists, and until when its people alone decide it."""

from datetime import datetime, timedelta

from models.rules.business_days import START_OF_BUSINESS, BusinessCalendar, batch_release_at
from models.rules.vocabulary import Delegation, ReleaseRule, Withheld


def why_withheld(
    *, headcount: int | None, smallest_headcount: int, account_matches_client: bool, delegation: Delegation
) -> Withheld | None:
    """Return why provider staff decide instead, or None for a request that may be released.

    A small organisation could guess who it is about; an unknown headcount counts as small. Where any account of the
    organisation is the client's own, leaving out that one reviewer would tell colleagues who compare their queues.
    """
    if delegation is Delegation.STAFF_INSTEAD:
        return Withheld.DELEGATED
    if headcount is None or headcount < smallest_headcount:
        return Withheld.BELOW_HEADCOUNT
    return Withheld.ACCOUNT_MATCHES_CLIENT if account_matches_client else None


def why_staff_decide(withheld: Withheld | None, *, account_matches_client: bool) -> Withheld | None:
    """Return why provider staff may decide a request: it was withheld, or a match came to light after its release.

    In the second case the organisation goes on as before: a request that vanished would tell who it is about.
    """
    return withheld or (Withheld.ACCOUNT_MATCHES_CLIENT if account_matches_client else None)


def told_from(rule: ReleaseRule, calendar: BusinessCalendar, at: datetime) -> datetime:
    """Return when the organisation may hear of what happened at this moment: at once, or with the next batch."""
    return at if rule is ReleaseRule.AT_ONCE else batch_release_at(calendar, calendar.local_day(at))


def announced_at(rule: ReleaseRule, calendar: BusinessCalendar, released_at: datetime) -> datetime:
    """Return the moment that the organisation's mails about a release bear.

    For a batch it is the last 09:00 of the organisation, however late the work is done and in whichever order.
    """
    if rule is ReleaseRule.AT_ONCE:
        return released_at
    day = calendar.local_day(released_at)
    opening = calendar.at_local(day, START_OF_BUSINESS)
    return opening if opening <= released_at else calendar.at_local(day - timedelta(days=1), START_OF_BUSINESS)
