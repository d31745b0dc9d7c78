"""The published figures against the plainest calculation that there is, and the periods against a calendar's pages."""

from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.statistics import Counted, Figures, Group, Period, PeriodLength, figures_by_group, period_of
from models.rules.vocabulary import Outcome

DAYS = st.dates(date(2025, 11, 1), date(2027, 3, 1))
OUTCOMES = st.sampled_from([Outcome.APPROVED, Outcome.DECLINED, None])
COUNTED = st.builds(
    Counted,
    organisation_id=st.sampled_from(["org_a", "org_b"]),
    day=DAYS,
    outcome=OUTCOMES,
    business_days=st.none() | st.integers(0, 30),
    is_late=st.none() | st.booleans(),
)
YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))


@given(st.lists(COUNTED, max_size=30), st.sampled_from(PeriodLength), DAYS, DAYS)
def test_the_figures_are_what_counting_by_hand_gives(
    counted: list[Counted], length: PeriodLength, one: date, other: date
) -> None:
    within = Period(min(one, other), max(one, other))
    found = figures_by_group(counted, length, within)
    for group, figures in found.items():
        mine = [
            each
            for each in counted
            if each.organisation_id == group.organisation_id and group.period.first <= each.day <= group.period.last
        ]
        assert figures == by_hand(mine)
        assert figures.decided == figures.approved + figures.declined
    inside = [each for each in counted if within.first <= each.day <= within.last]
    assert sum(figures.decided + figures.open for figures in found.values()) == len(inside)


def by_hand(counted: list[Counted]) -> Figures:
    approved = declined = waiting = late = judged = 0
    days: list[int] = []
    for each in counted:
        approved += each.outcome is Outcome.APPROVED
        declined += each.outcome is Outcome.DECLINED
        waiting += each.outcome is None
        if each.business_days is not None:
            days.append(each.business_days)
        if each.is_late is not None:
            judged += 1
            late += each.is_late
    days.sort()
    half = len(days) // 2
    middle = None if not days else float(days[half]) if len(days) % 2 else (days[half - 1] + days[half]) / 2
    return Figures(
        approved=approved,
        declined=declined,
        open=waiting,
        median_days=middle,
        mean_days=sum(days) / len(days) if days else None,
        late_share=late / judged if judged else None,
    )


@given(DAYS, st.sampled_from(PeriodLength), DAYS, DAYS)
def test_a_day_lies_in_its_period_and_a_period_in_what_was_asked_for(
    day: date, length: PeriodLength, one: date, other: date
) -> None:
    within = Period(min(one, other, day), max(one, other, day))
    period = period_of(day, length, within)
    assert within.first <= period.first <= day <= period.last <= within.last
    assert period_of(period.first, length, within) == period_of(period.last, length, within) == period
    after = period.last + timedelta(days=1)
    if after <= within.last:
        assert period_of(after, length, within).first == after


@pytest.mark.parametrize("month", range(1, 13))
def test_months_quarters_and_years_are_the_calendars(month: int) -> None:
    day = date(2026, month, 15)
    assert period_of(day, PeriodLength.MONTH, YEAR) == (
        date(2026, month, 1),
        date(2026, month, monthrange(2026, month)[1]),
    )
    quarter = [(1, 3, 31), (4, 6, 30), (7, 9, 30), (10, 12, 31)][(month - 1) // 3]
    assert period_of(day, PeriodLength.QUARTER, YEAR) == (
        date(2026, quarter[0], 1),
        date(2026, quarter[1], quarter[2]),
    )
    assert period_of(day, PeriodLength.YEAR, Period(date.min, date.max)) == YEAR
    assert period_of(day, PeriodLength.ALL, YEAR) is YEAR


def test_the_last_month_of_all_has_an_end() -> None:
    assert period_of(date.max, PeriodLength.MONTH, Period(date.min, date.max)).last == date.max


def test_what_is_beyond_the_days_asked_for_is_not_counted() -> None:
    day = date(2026, 5, 5)
    each = Counted(organisation_id="org", day=day, outcome=Outcome.APPROVED, business_days=3, is_late=False)
    alone = Period(day, day)
    (group,) = figures_by_group([each], PeriodLength.MONTH, alone)
    assert group == Group("org", alone)
    for beside in (day - timedelta(days=1), day + timedelta(days=1)):
        assert figures_by_group([each], PeriodLength.MONTH, Period(beside, beside)) == {}
