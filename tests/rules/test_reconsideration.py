"""What an outcome refused, and until when and how often it can be asked for again."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.business_days import BusinessCalendar
from models.rules.reconsideration import check_in_time, check_refused, last_day, shortfall
from models.rules.refusals import AlreadyReconsidered, NothingRefused, TooLate
from models.rules.vocabulary import RequestStatus as S

VICTORIA = BusinessCalendar("AU-VIC", "Australia/Melbourne")
WITHOUT_OUTCOME = [status for status in S if status not in {S.APPROVED, S.DECLINED}]


@given(requested=st.integers(1, 4), granted=st.integers(1, 4))
def test_what_was_refused_and_what_was_granted_are_all_that_was_asked_for(requested: int, granted: int) -> None:
    assert shortfall(S.APPROVED, requested=requested, granted=granted) + granted == requested
    assert shortfall(S.DECLINED, requested=requested, granted=None) == requested


@pytest.mark.parametrize("status", WITHOUT_OUTCOME)
def test_while_there_is_no_outcome_nothing_was_refused(status: S) -> None:
    assert shortfall(status, requested=3, granted=None) == 0


def test_ten_business_days_are_counted_by_the_organisations_calendar() -> None:
    assert last_day(date(2026, 11, 23), VICTORIA) == date(2026, 12, 7)
    over_christmas = date(2026, 12, 18)
    assert last_day(over_christmas, VICTORIA) == date(2027, 1, 6)
    closed = BusinessCalendar("AU-VIC", "Australia/Melbourne", added=frozenset({date(2026, 12, 29)}))
    assert last_day(over_christmas, closed) == date(2027, 1, 7)


def test_the_whole_tenth_day_is_in_time_and_the_next_is_not() -> None:
    check_in_time(date(2026, 12, 7), date(2026, 11, 23), VICTORIA)
    with pytest.raises(TooLate) as raised:
        check_in_time(date(2026, 12, 8), date(2026, 11, 23), VICTORIA)
    assert "2026-12-07" in raised.value.message


def test_it_is_asked_for_once_and_only_where_something_was_refused() -> None:
    check_refused(1, is_reconsideration=False, was_reconsidered=False)
    with pytest.raises(NothingRefused):
        check_refused(0, is_reconsideration=False, was_reconsidered=False)
    for is_one, had_one in ((True, False), (False, True), (True, True)):
        with pytest.raises(AlreadyReconsidered):
            check_refused(2, is_reconsideration=is_one, was_reconsidered=had_one)
