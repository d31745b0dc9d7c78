"""The schedule of what the clock does about a deadline, for every kind and by every calendar."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.rules.business_days import REGIONS, BusinessCalendar, due_after
from models.rules.vocabulary import DeadlineKind, EventType
from models.rules.watching import (
    DETAILS_REMINDER_DAY,
    JUST_AFTER,
    REMIND_DAYS_BEFORE,
    Act,
    Scheduled,
    at_risk_from,
    begins_at_risk,
    look_tomorrow,
    next_after,
    owed_now,
    schedule,
    state_reached,
)

K = DeadlineKind
VICTORIA = BusinessCalendar("AU-VIC", "Australia/Melbourne")
DAY0 = date(2026, 4, 1)
DUE = due_after(VICTORIA, DAY0, 7).at
FIRST, LAST = date(2024, 1, 1), date(2035, 12, 31)
ZONES = ("Australia/Melbourne", "Australia/Brisbane", "Australia/Perth", "Pacific/Auckland", "Pacific/Chatham")


def local(day: date, hour: int) -> datetime:
    return VICTORIA.at_local(day, time(hour))


def test_a_decision_s_moments_are_three_reminders_and_the_second_after_it_was_due() -> None:
    assert schedule(K.DECISION, DUE, DAY0, VICTORIA) == [
        Scheduled(local(date(2026, 4, 8), 9), Act.REMIND),
        Scheduled(local(date(2026, 4, 10), 9), Act.REMIND),
        Scheduled(local(date(2026, 4, 13), 9), Act.REMIND),
        Scheduled(datetime(2026, 4, 14, 7, 0, 1, tzinfo=UTC), Act.BREACH),
    ]


def test_details_have_one_reminder_on_day_three() -> None:
    due = due_after(VICTORIA, DAY0, 5).at
    assert schedule(K.DETAILS, due, DAY0, VICTORIA) == [
        Scheduled(local(date(2026, 4, 8), 9), Act.REMIND),
        Scheduled(due + JUST_AFTER, Act.BREACH),
    ]
    assert schedule(K.DETAILS, due, None, VICTORIA) == [Scheduled(due + JUST_AFTER, Act.BREACH)]


@pytest.mark.parametrize("kind", [K.CONFIRMATION, K.CLINICAL_REVIEW, K.ANSWER, K.RELAY])
def test_the_others_are_looked_at_once_they_are_over(kind: DeadlineKind) -> None:
    assert schedule(kind, DUE, DAY0, VICTORIA) == [Scheduled(DUE + JUST_AFTER, Act.BREACH)]


def test_decisions_alone_are_at_risk_before_they_are_due() -> None:
    assert at_risk_from(K.DECISION, DUE, VICTORIA) == local(date(2026, 4, 10), 9)
    for kind in set(K) - {K.DECISION}:
        assert at_risk_from(kind, DUE, VICTORIA) == DUE


@pytest.mark.parametrize("kind", K)
def test_each_state_is_reached_once_on_the_way_through_a_schedule(kind: DeadlineKind) -> None:
    risk = at_risk_from(kind, DUE, VICTORIA)
    acted_until, told = local(DAY0, 12), []
    for owed in schedule(kind, DUE, DAY0, VICTORIA):
        told.append(state_reached(kind, owed, due_at=DUE, at_risk_from=risk, acted_until=acted_until))
        acted_until = owed.at
    lasting = {K.DECISION, K.CLINICAL_REVIEW, K.RELAY}
    at_risk, overdue = EventType.DEADLINE_AT_RISK, EventType.DEADLINE_OVERDUE
    assert [event for event in told if event] == [at_risk] * (kind is K.DECISION) + [overdue] * (kind in lasting)


def test_a_breach_that_waited_after_its_passing_was_told_is_told_no_more() -> None:
    breach = Scheduled(DUE + JUST_AFTER, Act.BREACH)
    assert state_reached(K.RELAY, breach, due_at=DUE, at_risk_from=DUE, acted_until=DUE) is None


def test_what_is_at_risk_from_the_start_has_no_moment_to_come() -> None:
    risk = at_risk_from(K.DECISION, DUE, VICTORIA)
    assert begins_at_risk(DUE, risk, acted_until=risk)
    assert not begins_at_risk(DUE, risk, acted_until=risk - JUST_AFTER)
    assert not begins_at_risk(DUE, DUE, acted_until=DUE + JUST_AFTER), "others are never at risk"


def test_of_several_moments_that_have_come_the_latest_is_owed() -> None:
    moments = schedule(K.DECISION, DUE, DAY0, VICTORIA)
    start = local(DAY0, 12)
    assert owed_now(moments, acted_until=start, now=moments[0].at - timedelta(microseconds=1)) is None
    assert owed_now(moments, acted_until=start, now=moments[0].at) == moments[0]
    assert owed_now(moments, acted_until=start, now=moments[2].at) == moments[2]
    assert owed_now(moments, acted_until=moments[2].at, now=moments[2].at) is None
    assert owed_now(moments, acted_until=moments[2].at, now=DUE) is None
    assert owed_now(moments, acted_until=moments[2].at, now=DUE + JUST_AFTER) == moments[3]
    assert owed_now(moments, acted_until=DUE + JUST_AFTER, now=moments[1].at) is None, "a clock that was put back"


def test_after_the_last_moment_there_is_none() -> None:
    moments = schedule(K.DECISION, DUE, DAY0, VICTORIA)
    assert next_after(moments, moments[0].at) == moments[1]
    assert next_after(moments, moments[3].at) is None


def test_another_look_is_on_the_next_business_day() -> None:
    assert look_tomorrow(VICTORIA, local(date(2026, 4, 2), 18)).at == local(date(2026, 4, 7), 17) + JUST_AFTER


# What holds for every region over twelve years


def assert_sound(calendar: BusinessCalendar, day: date, days: int) -> None:
    due = due_after(calendar, day, days)
    moments = schedule(K.DECISION, due.at, due.counted_from, calendar)
    assert [each.at for each in moments] == sorted({each.at for each in moments})
    *reminders, breach = moments
    assert breach == Scheduled(due.at + JUST_AFTER, Act.BREACH)
    due_day = calendar.local_day(due.at)
    for each, before in zip(reminders, REMIND_DAYS_BEFORE, strict=True):
        reminded_on = calendar.local_day(each.at)
        assert each.act is Act.REMIND
        assert each.at == calendar.at_local(reminded_on, time(9))
        assert calendar.is_business_day(reminded_on)
        assert calendar.business_days_between(reminded_on, due_day) == before
    assert at_risk_from(K.DECISION, due.at, calendar) == reminders[1].at
    reminder, lapse = schedule(K.DETAILS, due_after(calendar, day, 5).at, day, calendar)
    assert calendar.business_days_between(day, calendar.local_day(reminder.at)) == DETAILS_REMINDER_DAY
    assert reminder.at == calendar.at_local(calendar.local_day(reminder.at), time(9)) < lapse.at


@settings(max_examples=8)
@pytest.mark.parametrize("region", REGIONS)
@given(st.data())
def test_a_schedule_is_in_order_and_reminds_on_business_mornings(region: str, data: st.DataObject) -> None:
    added = data.draw(st.frozensets(st.dates(FIRST, LAST), max_size=8))
    zone = data.draw(st.sampled_from(ZONES))
    calendar = BusinessCalendar(region, zone, added=added)
    assert_sound(calendar, data.draw(st.dates(FIRST, LAST)), data.draw(st.integers(1, 15)))


@pytest.mark.prove
@pytest.mark.parametrize("region", REGIONS)
def test_every_schedule_of_twelve_years_is_in_order_and_reminds_on_business_mornings(region: str) -> None:
    calendar = BusinessCalendar(region, "Pacific/Auckland" if region.startswith("NZ") else "Australia/Melbourne")
    for offset in range((LAST - FIRST).days + 1):
        assert_sound(calendar, FIRST + timedelta(days=offset), 7)
