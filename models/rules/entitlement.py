"""The session arithmetic of one case. An appointment's status is the authority, not the clock."""

from collections.abc import Mapping
from dataclasses import dataclass

from models.rules.refusals import NoSessions, TooManySessions
from models.rules.vocabulary import AppointmentStatus

USED = frozenset({AppointmentStatus.COMPLETED, AppointmentStatus.LATE_CANCELLED, AppointmentStatus.NOT_ATTENDED})


@dataclass(frozen=True, slots=True)
class Tally:
    """How many sessions a case has, and what has become of them."""

    entitled: int
    granted: int
    used: int
    scheduled: int

    @classmethod
    def of(cls, entitled: int, granted: int, counts: Mapping[AppointmentStatus, int]) -> "Tally":
        """Count appointments by status; CANCELLED counts nowhere."""
        used = sum(number for status, number in counts.items() if status in USED)
        return cls(entitled, granted, used, counts.get(AppointmentStatus.SCHEDULED, 0))

    @property
    def allocation(self) -> int:
        return self.entitled + self.granted

    @property
    def remaining(self) -> int:
        return max(0, self.allocation - self.used - self.scheduled)

    def clinical_review_total(self, asked: int) -> int:
        """Return used + scheduled + remaining + asked: what the clinical review threshold is compared with."""
        return self.used + self.scheduled + self.remaining + asked

    def needs_clinical_review(self, asked: int, threshold: int) -> bool:
        return self.clinical_review_total(asked) > threshold


def check_sessions(asked: int, most: int, field: str) -> None:
    """Raise unless ``asked`` is between 1 and ``most``."""
    if asked < 1:
        raise NoSessions(field)
    if asked > most:
        raise TooManySessions(field, most)
