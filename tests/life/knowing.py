"""What a play knows of its cases and their requests, beside the lives by the book."""

from collections import Counter
from dataclasses import dataclass, field

from tests.life.cast import Cast
from tests.life.law import OPEN
from tests.life.lives import Life
from tests.life.records import Row

ENTITLED = 4
USED = {"COMPLETED", "LATE_CANCELLED", "NOT_ATTENDED"}


@dataclass
class Told:
    """One request: its row's id, the case it is on, who submitted it, and its life."""

    id: str
    case: str
    consultant: str
    life: Life


@dataclass
class Known:
    cast: Cast
    told: list[Told] = field(default_factory=list)
    closed: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    """Consultants who have left their practice."""
    matching: set[str] = field(default_factory=set)
    """Cases whose client is an account of the employer's."""
    appointments: dict[str, dict[str, str]] = field(default_factory=dict)
    """Of each case, the status of each appointment."""

    def of_case(self, case: str) -> list[Told]:
        return [each for each in self.told if each.case == case]

    def open_on(self, case: str) -> Told | None:
        return next((each for each in self.of_case(case) if each.life.status in OPEN), None)

    def by_id(self, request_id: str) -> Told:
        return next(each for each in self.told if each.id == request_id)

    def place(self, request_id: str) -> int:
        """Return which request of a play it is: ids are random, and a play must be the same each time."""
        return next(place for place, each in enumerate(self.told) if each.id == request_id)

    def total(self, case: str, asked: int) -> int:
        """Return what a clinical review's threshold is compared with."""
        counts = Counter(self.appointments[case].values())
        used = sum(number for status, number in counts.items() if status in USED)
        granted = sum(each.life.granted or 0 for each in self.of_case(case))
        return max(ENTITLED + granted, used + counts["SCHEDULED"]) + asked


def live(row: Row) -> bool:
    """Whether a deadline's row is neither met nor cancelled."""
    return row["met_at"] is None and row["cancelled_at"] is None
