"""Deadlines, proved against known answers and against the arithmetic that every calendar obeys."""

import random
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone
from importlib.metadata import version

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.rules.business_days import (
    DETAILS_DUE_DAYS,
    REGIONS,
    BusinessCalendar,
    batch_release_at,
    due_after,
    in_time,
    opening_before,
    relay_due,
    resumed_due,
    validate_region,
    validate_time_zone,
)

ZONES = {
    "AU-VIC": "Australia/Melbourne",
    "AU-NSW": "Australia/Sydney",
    "AU-QLD": "Australia/Brisbane",
    "AU-WA": "Australia/Perth",
}
FIRST, LAST = date(2024, 1, 1), date(2035, 12, 31)
DAYS = st.dates(FIRST, LAST)
COUNTS = st.integers(0, 30)


def calendar_of(region: str, *, added: Iterable[date] = (), removed: Iterable[date] = ()) -> BusinessCalendar:
    country_zone = "Pacific/Auckland" if region.startswith("NZ") else "Australia/Melbourne"
    return BusinessCalendar(region, ZONES.get(region, country_zone), frozenset(added), frozenset(removed))


VICTORIA = calendar_of("AU-VIC")

Dates = tuple[frozenset[date], frozenset[date]]
DATES = st.tuples(st.frozensets(DAYS, max_size=8), st.frozensets(DAYS, max_size=8))
"""What an agreement adds, and what it removes."""


def agreed(region: str, dates: Dates) -> BusinessCalendar:
    added, removed = dates
    return calendar_of(region, added=added, removed=removed - added)


@st.composite
def calendars(draw: st.DrawFn) -> BusinessCalendar:
    return agreed(draw(st.sampled_from(REGIONS)), draw(DATES))


# The known answers


@pytest.mark.parametrize(
    ("region", "day0", "seventh", "eighth"),
    [
        ("AU-VIC", date(2026, 4, 1), date(2026, 4, 14), date(2026, 4, 15)),
        ("AU-VIC", date(2026, 4, 4), date(2026, 4, 15), date(2026, 4, 16)),
        ("AU-NSW", date(2026, 4, 17), date(2026, 4, 29), date(2026, 4, 30)),
        ("AU-QLD", date(2026, 4, 17), date(2026, 4, 28), date(2026, 4, 29)),
        ("AU-QLD", date(2026, 8, 7), date(2026, 8, 19), date(2026, 8, 20)),
        ("AU-VIC", date(2026, 9, 18), date(2026, 9, 30), date(2026, 10, 1)),
        ("AU-WA", date(2026, 5, 25), date(2026, 6, 4), date(2026, 6, 5)),
        ("AU-VIC", date(2026, 12, 18), date(2026, 12, 31), date(2027, 1, 4)),
    ],
)
def test_the_decision_is_due_on_day_seven_and_the_relay_on_day_eight(
    region: str, day0: date, seventh: date, eighth: date
) -> None:
    calendar = calendar_of(region)
    due = due_after(calendar, day0, 7).at
    assert calendar.local_day(due) == seventh
    assert due == calendar.at_local(seventh, time(17))
    assert relay_due(calendar, due).at == calendar.at_local(eighth, time(17))


def resumed(calendar: BusinessCalendar, due_day: date, asked: date, answered: date) -> datetime:
    due_at = calendar.at_local(due_day, time(17))
    return resumed_due(calendar, due_at, asked_day=asked, answered_day=answered).at


def test_a_pause_gives_back_the_days_that_were_left_when_the_question_was_asked() -> None:
    due = resumed(VICTORIA, date(2026, 4, 14), date(2026, 4, 9), date(2026, 4, 15))
    assert due == VICTORIA.at_local(date(2026, 4, 20), time(17))


def test_a_question_asked_on_the_due_day_itself_leaves_one_day() -> None:
    due = resumed(VICTORIA, date(2026, 4, 14), date(2026, 4, 14), date(2026, 4, 14))
    assert VICTORIA.local_day(due) == date(2026, 4, 15)


def test_a_question_answered_on_the_day_it_was_asked_moves_nothing() -> None:
    due = resumed(VICTORIA, date(2026, 4, 14), date(2026, 4, 9), date(2026, 4, 9))
    assert VICTORIA.local_day(due) == date(2026, 4, 14)


def test_further_details_are_due_on_business_day_five() -> None:
    assert due_after(VICTORIA, date(2026, 4, 1), DETAILS_DUE_DAYS).at == VICTORIA.at_local(date(2026, 4, 10), time(17))


def test_a_batch_is_released_on_the_first_business_morning_after_day_zero() -> None:
    assert batch_release_at(VICTORIA, date(2026, 4, 1)) == datetime(2026, 4, 1, 22, tzinfo=UTC)
    assert batch_release_at(VICTORIA, date(2026, 4, 2)) == datetime(2026, 4, 6, 23, tzinfo=UTC)


def test_five_o_clock_exactly_is_in_time_and_a_microsecond_later_is_not() -> None:
    due = due_after(VICTORIA, date(2026, 4, 1), 7).at
    assert in_time(due, due)
    assert not in_time(due + timedelta(microseconds=1), due)


@pytest.mark.parametrize("due_days", [0, -1])
def test_a_deadline_without_a_day_in_between_is_refused(due_days: int) -> None:
    with pytest.raises(ValueError, match="one business day"):
        due_after(VICTORIA, date(2026, 4, 1), due_days)


# Local time


def test_five_o_clock_in_melbourne_is_another_utc_hour_after_the_clocks_change() -> None:
    assert VICTORIA.at_local(date(2026, 4, 14), time(17)) == datetime(2026, 4, 14, 7, tzinfo=UTC)
    assert VICTORIA.at_local(date(2026, 10, 13), time(17)) == datetime(2026, 10, 13, 6, tzinfo=UTC)
    assert VICTORIA.at_local(date(2026, 4, 14), time(17)).tzinfo is UTC


def test_a_time_that_comes_twice_means_the_first() -> None:
    assert VICTORIA.at_local(date(2026, 4, 5), time(2, 30)) == datetime(2026, 4, 4, 15, 30, tzinfo=UTC)


def test_the_local_day_is_the_organisation_s_and_not_utc_s() -> None:
    assert VICTORIA.local_day(datetime(2026, 4, 13, 13, 59, 59, tzinfo=UTC)) == date(2026, 4, 13)
    assert VICTORIA.local_day(datetime(2026, 4, 13, 14, tzinfo=UTC)) == date(2026, 4, 14)
    assert VICTORIA.local_day(datetime(2026, 4, 13, 14, tzinfo=timezone(timedelta(hours=-9)))) == date(2026, 4, 14)


def test_a_moment_without_an_offset_has_no_local_day() -> None:
    with pytest.raises(ValueError, match="without an offset"):
        VICTORIA.local_day(datetime(2026, 4, 13, 14))  # noqa: DTZ001 - the naive moment is what is refused


# Single days


def test_the_state_s_own_holidays_are_days_off_where_the_country_s_plain_answer_has_none() -> None:
    assert not VICTORIA.is_business_day(date(2026, 12, 28))
    assert not VICTORIA.is_business_day(date(2026, 11, 3))
    assert calendar_of("AU-NSW").is_business_day(date(2026, 11, 3))


def test_half_days_are_worked() -> None:
    assert calendar_of("AU-QLD").is_business_day(date(2026, 12, 24))


def test_an_added_date_is_a_day_off_and_a_removed_holiday_is_worked() -> None:
    calendar = calendar_of("AU-VIC", added=[date(2026, 6, 2)], removed=[date(2026, 11, 3)])
    assert not calendar.is_business_day(date(2026, 6, 2))
    assert calendar.is_business_day(date(2026, 11, 3))


def test_a_queensland_agreement_outside_brisbane_can_work_on_the_show_day() -> None:
    cairns = calendar_of("AU-QLD", removed=[date(2026, 8, 12)])
    assert cairns.local_day(due_after(cairns, date(2026, 8, 7), 7).at) == date(2026, 8, 18)


def test_removing_a_weekend_does_not_make_it_worked() -> None:
    assert not calendar_of("AU-VIC", removed=[date(2026, 4, 4)]).is_business_day(date(2026, 4, 4))


def test_days_the_wrong_way_round_have_no_business_days_between_them() -> None:
    assert VICTORIA.business_days_between(date(2026, 4, 14), date(2026, 4, 9)) == 0
    assert VICTORIA.business_days_between(date(2026, 4, 14), date(2026, 4, 14)) == 0


def test_business_days_are_not_counted_backwards() -> None:
    with pytest.raises(ValueError, match="forwards"):
        VICTORIA.add_business_days(date(2026, 4, 14), -1)


# What a calendar accepts


def test_the_regions_are_the_nine_australian_and_eighteen_new_zealand_ones() -> None:
    assert len([region for region in REGIONS if region.startswith("AU-")]) == 9
    assert len([region for region in REGIONS if region.startswith("NZ-")]) == 18
    assert [validate_region(region) for region in REGIONS] == list(REGIONS)


@pytest.mark.parametrize("region", ["", "AU", "AU-", "AU-Victoria", "au-vic", "VIC", "NZ-VIC", "AU-VIC\n", "US-CA"])
def test_a_region_that_is_not_in_the_list_makes_no_calendar(region: str) -> None:
    with pytest.raises(ValueError, match="Unknown region"):
        BusinessCalendar(region, "Australia/Melbourne")


@pytest.mark.parametrize("name", ["", "Australia", "Australia/Nowhere", "../etc/passwd", "UTC\0", "x" * 5000])
def test_a_zone_that_is_not_in_the_database_makes_no_calendar(name: str) -> None:
    with pytest.raises(ValueError, match="Unknown time zone"):
        BusinessCalendar("AU-VIC", name)


def test_a_valid_zone_is_returned_as_given() -> None:
    assert validate_time_zone("Pacific/Chatham") == "Pacific/Chatham"


def test_a_date_cannot_be_both_added_and_removed() -> None:
    with pytest.raises(ValueError, match="2026-06-02"):
        calendar_of("AU-VIC", added=[date(2026, 6, 2)], removed=[date(2026, 6, 2)])


def test_the_version_names_the_package_the_region_and_the_dates() -> None:
    day = date(2026, 6, 2)
    versions = [
        VICTORIA.version,
        calendar_of("AU-NSW").version,
        calendar_of("AU-VIC", added=[day]).version,
        calendar_of("AU-VIC", removed=[day]).version,
    ]
    assert VICTORIA.version.startswith(f"holidays-{version('holidays')}/AU-VIC/")
    assert len(set(versions)) == len(versions)


def test_the_version_does_not_depend_on_the_order_of_the_dates() -> None:
    days = [FIRST + timedelta(days=offset) for offset in range(40)]
    assert calendar_of("AU-VIC", added=days).version == calendar_of("AU-VIC", added=reversed(days)).version


# What holds for every calendar of every region

EVERY_REGION = pytest.mark.parametrize("region", REGIONS)
FEW = settings(max_examples=8)
"""For each of the regions; ``make prove`` takes every day of twelve years instead."""


def test_there_are_twenty_seven_regions() -> None:
    assert len(REGIONS) == len(set(REGIONS)) == 27


@FEW
@EVERY_REGION
@given(dates=DATES, day0=DAYS, due_days=st.integers(1, 30))
def test_a_due_day_is_a_business_day_at_five_o_clock(region: str, dates: Dates, day0: date, due_days: int) -> None:
    assert_due(agreed(region, dates), day0, due_days)


@FEW
@EVERY_REGION
@given(dates=DATES, day=DAYS, first=COUNTS, second=COUNTS)
def test_counting_in_two_steps_ends_where_one_step_does(
    region: str, dates: Dates, day: date, first: int, second: int
) -> None:
    assert_adds_up(agreed(region, dates), day, first, second)


@FEW
@EVERY_REGION
@given(dates=DATES, more=st.frozensets(DAYS, max_size=8), day=DAYS, count=COUNTS)
def test_more_holidays_never_make_anything_earlier(
    region: str, dates: Dates, more: frozenset[date], day: date, count: int
) -> None:
    assert_never_earlier(agreed(region, dates), more, day, count)


def assert_due(calendar: BusinessCalendar, day0: date, due_days: int) -> None:
    due = due_after(calendar, day0, due_days)
    due_day = calendar.local_day(due.at)
    assert (due.counted_from, due.counted_days) == (day0, due_days)
    assert calendar.is_business_day(due_day)
    assert due.at == calendar.at_local(due_day, time(17))
    assert calendar.business_days_between(day0, due_day) == due_days
    assert relay_due(calendar, due.at) == due_after(calendar, due_day, 1)
    before = opening_before(calendar, due.at, due_days)
    assert calendar.business_days_between(calendar.local_day(before), due_day) == due_days


def assert_adds_up(calendar: BusinessCalendar, day: date, first: int, second: int) -> None:
    in_two_steps = calendar.add_business_days(calendar.add_business_days(day, first), second)
    assert in_two_steps == calendar.add_business_days(day, first + second)


def assert_never_earlier(calendar: BusinessCalendar, more: frozenset[date], day: date, count: int) -> None:
    busier = calendar_of(calendar.region, added=calendar.added | more, removed=calendar.removed - more)
    assert busier.add_business_days(day, count) >= calendar.add_business_days(day, count)


@pytest.mark.prove
@EVERY_REGION
def test_all_of_it_holds_from_every_day_of_twelve_years(region: str) -> None:
    """Each day with counts that go round, and a holiday more within reach of each."""
    calendar = calendar_of(region)
    for offset in range((LAST - FIRST).days + 1):
        day, count = FIRST + timedelta(days=offset), 1 + offset % 15
        assert_due(calendar, day, count)
        assert_adds_up(calendar, day, offset % 7, count)
        assert_never_earlier(calendar, frozenset([day + timedelta(days=1 + offset % 11)]), day, count)


@given(calendars(), DAYS, COUNTS)
def test_a_later_start_never_ends_earlier(calendar: BusinessCalendar, day: date, count: int) -> None:
    assert calendar.add_business_days(day + timedelta(days=1), count) >= calendar.add_business_days(day, count)


@given(calendars(), DAYS, st.integers(0, 20), st.integers(0, 20), st.integers(0, 20))
def test_a_pause_never_brings_the_decision_forward(
    calendar: BusinessCalendar, day0: date, asked_after: int, answered_after: int, due_days: int
) -> None:
    due_day = calendar.add_business_days(day0, due_days + 1)
    asked = min(day0 + timedelta(days=asked_after), due_day)
    answered = asked + timedelta(days=answered_after)
    due = resumed(calendar, due_day, asked, answered)
    assert calendar.local_day(due) >= due_day
    assert calendar.local_day(due) > answered


def assert_due_on_day_seven(calendar: BusinessCalendar, day0: date) -> None:
    due_day = calendar.local_day(due_after(calendar, day0, 7).at)
    between = [day0 + timedelta(days=offset) for offset in range(1, (due_day - day0).days + 1)]
    assert [calendar.is_business_day(day) for day in between].count(True) == 7
    assert calendar.is_business_day(between[-1])


@pytest.mark.parametrize("region", REGIONS)
def test_every_region_has_its_holidays_in_every_year(region: str) -> None:
    calendar = calendar_of(region)
    for year in range(FIRST.year, LAST.year + 1):
        new_year = date(year, 1, 1)
        weekdays_off = [
            day
            for day in (new_year + timedelta(days=offset) for offset in range(366))
            if day.year == year and day.weekday() < 5 and not calendar.is_business_day(day)
        ]
        assert 8 <= len(weekdays_off) <= 15, (region, year)
        assert not any(calendar.is_business_day(date(year, month, day)) for month, day in [(1, 1), (12, 25), (12, 26)])


@pytest.mark.parametrize("region", REGIONS)
def test_sampled_due_days_agree_with_counting_day_by_day(region: str) -> None:
    calendar = calendar_of(region)
    sample = random.Random(region)
    for _ in range(24):
        assert_due_on_day_seven(calendar, FIRST + timedelta(days=sample.randrange((LAST - FIRST).days)))


@pytest.mark.prove
@pytest.mark.parametrize("region", REGIONS)
def test_every_due_day_of_twelve_years_agrees_with_counting_day_by_day(region: str) -> None:
    calendar = calendar_of(region)
    for offset in range((LAST - FIRST).days + 1):
        assert_due_on_day_seven(calendar, FIRST + timedelta(days=offset))
