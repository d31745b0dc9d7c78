"""The session arithmetic of a case, over every number that a case can have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.entitlement import Tally, check_sessions
from models.rules.refusals import NoSessions, Refusal, TooManySessions
from models.rules.vocabulary import AppointmentStatus

numbers = st.integers(min_value=0, max_value=500)
tallies = st.builds(Tally, entitled=numbers, granted=numbers, used=numbers, scheduled=numbers)
counts = st.dictionaries(st.sampled_from(AppointmentStatus), numbers)


@given(tallies, numbers)
def test_the_clinical_total_is_the_larger_of_allocation_and_bookings_and_what_is_asked(
    tally: Tally, asked: int
) -> None:
    assert tally.clinical_review_total(asked) == max(tally.allocation, tally.used + tally.scheduled) + asked


@given(tallies)
def test_remaining_is_never_negative_and_never_more_than_the_allocation(tally: Tally) -> None:
    assert 0 <= tally.remaining <= tally.allocation == tally.entitled + tally.granted
    assert tally.used + tally.scheduled + tally.remaining >= tally.allocation


@given(tallies, numbers)
def test_a_review_is_needed_exactly_where_the_total_exceeds_the_threshold(tally: Tally, asked: int) -> None:
    total = tally.clinical_review_total(asked)
    assert tally.needs_clinical_review(asked, total - 1)
    assert not tally.needs_clinical_review(asked, total)
    assert not tally.needs_clinical_review(asked, total + 1)


@pytest.mark.parametrize(("total", "needed"), [(11, False), (12, False), (13, True)])
def test_of_11_12_and_13_only_13_exceeds_twelve(total: int, needed: bool) -> None:  # noqa: FBT001 - a table's column
    tally = Tally(entitled=6, granted=2, used=3, scheduled=1)
    assert tally.needs_clinical_review(total - 8, 12) is needed


@given(numbers, numbers, counts)
def test_every_appointment_counts_once_and_a_cancelled_one_nowhere(
    entitled: int, granted: int, by_status: dict[AppointmentStatus, int]
) -> None:
    tally = Tally.of(entitled, granted, by_status)
    counted = sum(by_status.values()) - by_status.get(AppointmentStatus.CANCELLED, 0)
    assert (tally.entitled, tally.granted) == (entitled, granted)
    assert tally.used + tally.scheduled == counted
    assert tally.scheduled == by_status.get(AppointmentStatus.SCHEDULED, 0)


@pytest.mark.parametrize(
    ("status", "used", "scheduled"),
    [
        (AppointmentStatus.SCHEDULED, 0, 1),
        (AppointmentStatus.COMPLETED, 1, 0),
        (AppointmentStatus.LATE_CANCELLED, 1, 0),
        (AppointmentStatus.NOT_ATTENDED, 1, 0),
        (AppointmentStatus.CANCELLED, 0, 0),
    ],
)
def test_an_appointments_status_is_the_authority(status: AppointmentStatus, used: int, scheduled: int) -> None:
    tally = Tally.of(6, 0, {status: 1})
    assert (tally.used, tally.scheduled, tally.remaining) == (used, scheduled, 6 - used - scheduled)


def test_an_overbooked_case_has_nothing_remaining_and_counts_what_is_booked() -> None:
    overbooked = Tally(entitled=6, granted=0, used=7, scheduled=2)
    assert overbooked.remaining == 0
    assert overbooked.clinical_review_total(3) == 12


@pytest.mark.parametrize("asked", [1, 4])
def test_one_to_the_maximum_can_be_asked_for(asked: int) -> None:
    check_sessions(asked, 4, "sessionsRequested")


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [(0, NoSessions), (-1, NoSessions), (-(2**31), NoSessions), (5, TooManySessions), (2**31, TooManySessions)],
)
def test_fewer_than_one_and_more_than_the_maximum_are_refused_by_field(asked: int, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal) as raised:
        check_sessions(asked, 4, "sessionsGranted")
    assert raised.value.path == ("sessionsGranted",)
