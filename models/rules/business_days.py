"""When something is due: business days of the organisation's own region, and the deadlines that are counted in them.

Every call names a subdivision: a country's plain answer misses the holidays that only its states keep.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays
from holidays.version import __version__ as holidays_version

COUNTRIES: Final = ("AU", "NZ")
REGIONS: Final = tuple(
    f"{country}-{subdivision}"
    for country in COUNTRIES
    for subdivision in holidays.list_supported_countries(include_aliases=False)[country]
)
"""Every region that an agreement may name, each under one name only."""

CLOSE_OF_BUSINESS: Final = time(17)
START_OF_BUSINESS: Final = time(9)
DETAILS_DUE_DAYS: Final = 5
CLINICAL_REVIEW_DUE_DAYS: Final = 5
ANSWER_DUE_DAYS: Final = 5
RELAY_DUE_DAYS: Final = 1
RECONSIDERATION_DAYS: Final = 10
"""How long after an outcome a consultant may ask to reconsider it."""

_SATURDAY: Final = 5
_REGION_YEARS_KEPT: Final = 512  # about sixteen years of every region, under two megabytes


def validate_region(region: str) -> str:
    """Return the region, or raise ValueError unless it is one of REGIONS; an alias or a bare country is refused."""
    if region not in REGIONS:
        raise ValueError(f"Unknown region {region!r}: expected a country and a subdivision, such as AU-VIC or NZ-AUK.")
    return region


def validate_time_zone(name: str) -> str:
    """Return the IANA name, or raise ValueError."""
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        raise ValueError(
            f"Unknown time zone {name!r}: expected an IANA name, such as Australia/Melbourne."
        ) from unknown


@lru_cache(maxsize=_REGION_YEARS_KEPT)
def _public_holidays(region: str, year: int) -> frozenset[date]:
    country, subdivision = region.split("-", 1)
    return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year, expand=False))


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """An organisation's working days, as its agreement has them.

    `added` are days off beside the region's holidays, `removed` are holidays that are worked; a removed weekend
    stays a weekend. A date in both, an unknown region or an unknown zone raises ValueError.
    """

    region: str
    time_zone: str
    added: frozenset[date] = frozenset()
    removed: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        """Refuse what could not be counted with."""
        validate_region(self.region)
        validate_time_zone(self.time_zone)
        if contradictory := self.added & self.removed:
            raise ValueError(f"Both added and removed: {', '.join(sorted(day.isoformat() for day in contradictory))}.")

    @property
    def version(self) -> str:
        """What a stored due date was computed with: two calendars of one version count the same days."""
        dates = "|".join(",".join(sorted(day.isoformat() for day in days)) for days in (self.added, self.removed))
        digest = hashlib.sha256(dates.encode()).hexdigest()[:12]
        return f"holidays-{holidays_version}/{self.region}/{digest}"

    def is_business_day(self, day: date) -> bool:
        """Tell whether the organisation works on that day of its own."""
        if day.weekday() >= _SATURDAY or day in self.added:
            return False
        return day in self.removed or day not in _public_holidays(self.region, day.year)

    def add_business_days(self, day: date, count: int) -> date:
        """Return the business day `count` after the day; zero returns the day itself, worked or not."""
        if count < 0:
            raise ValueError("Business days are counted forwards only.")
        while count > 0:
            day += timedelta(days=1)
            count -= self.is_business_day(day)
        return day

    def business_days_between(self, after: date, up_to: date) -> int:
        """Count the business days after the one day, up to and with the other; none if they are the wrong way round."""
        span = (up_to - after).days
        return sum(self.is_business_day(after + timedelta(days=ahead)) for ahead in range(1, span + 1))

    def local_day(self, moment_utc: datetime) -> date:
        """Return the organisation's date at a moment; a moment without an offset raises ValueError."""
        if moment_utc.utcoffset() is None:
            raise ValueError("A moment without an offset has no local day.")
        return moment_utc.astimezone(ZoneInfo(self.time_zone)).date()

    def at_local(self, day: date, clock_time: time) -> datetime:
        """Return the moment, in UTC, when the organisation's clocks show that time; of two such moments the first."""
        return datetime.combine(day, clock_time, tzinfo=ZoneInfo(self.time_zone)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Due:
    """A due moment, and what it was counted from: so many business days after a day of the organisation's."""

    at: datetime
    counted_from: date
    counted_days: int


def due_after(calendar: BusinessCalendar, day: date, days: int) -> Due:
    """Return 17:00 on the business day ``days`` after the day, which itself never counts, even where it is worked.

    A deadline lies at least one business day ahead: fewer days raise ValueError.
    """
    if days < 1:
        raise ValueError("A deadline lies at least one business day ahead.")
    return Due(calendar.at_local(calendar.add_business_days(day, days), CLOSE_OF_BUSINESS), day, days)


def relay_due(calendar: BusinessCalendar, decision_due_at: datetime) -> Due:
    """Return when the outcome must have reached both parties: the business day after the decision's due day."""
    return due_after(calendar, calendar.local_day(decision_due_at), RELAY_DUE_DAYS)


def batch_release_at(calendar: BusinessCalendar, day0: date) -> datetime:
    """Return the morning on which the organisation first learns of a request that joined its queue on day 0."""
    return calendar.at_local(calendar.add_business_days(day0, 1), START_OF_BUSINESS)


def resumed_due(calendar: BusinessCalendar, due_at: datetime, *, asked_day: date, answered_day: date) -> Due:
    """Return the decision's new due moment after a question: what was left when it was asked, and one day at least."""
    left = max(1, calendar.business_days_between(asked_day, calendar.local_day(due_at)))
    return due_after(calendar, answered_day, left)


def opening_before(calendar: BusinessCalendar, due_at: datetime, days: int) -> datetime:
    """Return 09:00 on the business day ``days`` before the due day."""
    day, left = calendar.local_day(due_at), days
    while left:
        day -= timedelta(days=1)
        left -= calendar.is_business_day(day)
    return calendar.at_local(day, START_OF_BUSINESS)


def in_time(moment: datetime, due: datetime) -> bool:
    """Tell whether a deadline was kept: the due moment itself is still in time."""
    return moment <= due
