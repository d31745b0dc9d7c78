"""How long a browser's session lasts, and when its secret changes."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from models.rules.browser_sessions import (
    CHANGED_EVERY,
    NOTED_EVERY,
    STILL_BELIEVED,
    SessionLimits,
    is_to_be_changed,
    is_to_be_noted,
)

BEGUN = datetime(2026, 11, 23, 9, tzinfo=UTC)
SPANS = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=2))


@given(used=SPANS, idle=SPANS, longest=SPANS, now=SPANS)
def test_it_is_alive_until_its_end_and_no_longer(
    used: timedelta, idle: timedelta, longest: timedelta, now: timedelta
) -> None:
    limits = SessionLimits(idle=idle, longest=longest)
    used_at, ends_at, moment = BEGUN + used, BEGUN + longest, BEGUN + now
    alive = used_at > limits.used_since(moment) and ends_at > moment
    assert alive == (moment < min(used_at + idle, ends_at))


def test_use_is_noted_once_a_minute_and_a_secret_changed_every_quarter_of_an_hour() -> None:
    a_moment = timedelta(microseconds=1)
    assert (is_to_be_noted(BEGUN, BEGUN + NOTED_EVERY), is_to_be_noted(BEGUN, BEGUN + NOTED_EVERY - a_moment)) == (
        True,
        False,
    )
    assert is_to_be_changed(BEGUN, BEGUN + CHANGED_EVERY)
    assert not is_to_be_changed(BEGUN, BEGUN + CHANGED_EVERY - a_moment)
    assert STILL_BELIEVED < CHANGED_EVERY, "two changes never leave two old secrets good"
