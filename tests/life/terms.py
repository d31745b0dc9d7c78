"""What a life by the book is lived under: an organisation's terms, whom to write to, and deadlines that run."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tests.life.almanac import Almanac

SECOND = timedelta(seconds=1)
REMINDERS = (4, 2, 1)
OUTCOMES = ("OUTCOME_CONSULTANT", "OUTCOME_CLIENT")
Act = Literal["REMIND", "BREACH"]


@dataclass(frozen=True, kw_only=True)
class Terms:
    almanac: Almanac
    batch: bool = False
    delegation: str = "NONE"
    small: bool = False
    automatic: int = 0
    threshold: int = 12
    due_days: int = 7
    backup: bool = False
    maximum: int = 4


@dataclass(frozen=True, kw_only=True)
class Company:
    """Who is written to. Addresses, or whatever else stands for people."""

    consultant: str
    client: str
    reviewers: tuple[str, ...]
    backup: str
    staff: tuple[str, ...]
    clinical: tuple[str, ...]


@dataclass
class Running:
    """A deadline that runs, with the moments before which nothing more is done."""

    due: datetime
    since: datetime
    reminders: tuple[datetime, ...] = ()
    paused: bool = False
    look: datetime | None = None
    """When the clock looks again where it could not judge a breach yet."""

    def moments(self) -> list[tuple[datetime, Act]]:
        return [*((at, "REMIND") for at in self.reminders), (self.due + SECOND, "BREACH")]

    def next(self) -> datetime | None:
        """Return when the clock looks next, were it never late."""
        if self.paused:
            return None
        return self.look or next((at for at, _ in self.moments() if at > self.since), None)


@dataclass(frozen=True)
class Owed:
    kind: str
    to: str
    at: datetime
