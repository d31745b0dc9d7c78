"""Business days once more, written apart from the product's own so that the two can be compared."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import holidays

DAY = timedelta(days=1)
_YEARS = range(2025, 2029)
_SATURDAY = 5


class Almanac:
    """One organisation's days: a region's public holidays, those that its agreement adds, less those it works."""

    def __init__(self, region: str, zone: str, *, added: tuple[str, ...] = (), removed: tuple[str, ...] = ()) -> None:
        country, _, part = region.partition("-")
        listed: Any = holidays.country_holidays(country, subdiv=part, years=_YEARS)
        worked = {date.fromisoformat(day) for day in removed}
        self.free = {*listed.keys(), *map(date.fromisoformat, added)} - worked
        self.zone = ZoneInfo(zone)
        self.region, self.added, self.removed = region, added, removed

    def works(self, day: date) -> bool:
        return day.weekday() < _SATURDAY and day not in self.free

    def step(self, day: date, count: int) -> date:
        """Return the working day so many after the day, or before it where the count is negative."""
        way = DAY if count > 0 else -DAY
        left = abs(count)
        while left:
            day += way
            if self.works(day):
                left -= 1
        return day

    def left(self, after: date, until: date) -> int:
        """Count the working days after the one and up to the other."""
        count = 0
        while after < until:
            after += DAY
            count += self.works(after)
        return count

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def at(self, day: date, hour: int) -> datetime:
        return datetime.combine(day, time(hour), self.zone).astimezone(UTC)

    def due(self, day: date, count: int) -> datetime:
        """Return five in the afternoon, so many working days after the day."""
        return self.at(self.step(day, count), 17)
