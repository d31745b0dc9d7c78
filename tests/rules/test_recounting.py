"""What another calendar makes of what runs."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

import pytest

from models.rules.business_days import BusinessCalendar
from models.rules.recounting import Recounted, Running, recount
from models.rules.vocabulary import DeadlineKind as K

MELBOURNE = "Australia/Melbourne"
PLAIN = BusinessCalendar("AU-VIC", MELBOURNE)
CLOSED = BusinessCalendar("AU-VIC", MELBOURNE, added=frozenset([date(2026, 4, 14)]))
DAY0 = date(2026, 4, 1)


def at(day: int, hour: int = 17) -> datetime:
    return PLAIN.at_local(date(2026, 4, day), time(hour))


DECISION = Running(K.DECISION, at(14), DAY0, 7, is_paused=False)
RELAY = Running(K.RELAY, at(15), date(2026, 4, 14), 1, is_paused=False)


def moves(found: Iterable[Recounted]) -> dict[K, datetime]:
    return {each.kind: each.due.at for each in found if each.moves}


def test_by_the_same_calendar_everything_is_counted_and_nothing_moves() -> None:
    found = recount([DECISION, RELAY], PLAIN, now=at(2))
    assert {each.kind for each in found} == {K.DECISION, K.RELAY}
    assert moves(found) == {}


@pytest.mark.parametrize("running", [[DECISION, RELAY], [RELAY, DECISION]])
def test_the_relay_moves_with_the_decision_in_whichever_order_they_come(running: list[Running]) -> None:
    assert moves(recount(running, CLOSED, now=at(2))) == {K.DECISION: at(15), K.RELAY: at(16)}


def test_without_a_decision_the_relay_is_counted_from_its_own_day() -> None:
    assert moves(recount([RELAY], CLOSED, now=at(2))) == {}
    busier = BusinessCalendar("AU-VIC", MELBOURNE, added=frozenset([date(2026, 4, 15)]))
    assert moves(recount([RELAY], busier, now=at(2))) == {K.RELAY: at(16)}


def test_what_would_be_over_already_stays_and_the_relay_is_counted_from_where_it_stays() -> None:
    late = DECISION._replace(due_at=at(15))
    found = recount([late, RELAY._replace(due_at=at(16))], PLAIN, now=at(14) + timedelta(microseconds=1))
    assert {each.kind for each in found} == {K.RELAY}
    assert moves(found) == {}
    assert moves(recount([late], PLAIN, now=at(14))) == {K.DECISION: at(14)}, "exactly 17:00:00 is in time"


def test_what_is_late_and_does_not_move_is_counted_all_the_same() -> None:
    assert [each.moves for each in recount([DECISION], PLAIN, now=at(20))] == [False]


def test_what_is_paused_moves_whatever_the_hour() -> None:
    late = DECISION._replace(due_at=at(15), is_paused=True)
    assert moves(recount([late], PLAIN, now=at(20))) == {K.DECISION: at(14)}
