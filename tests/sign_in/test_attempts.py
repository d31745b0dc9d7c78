"""Nobody can knock at the sign-in pages as often as they like."""

from datetime import timedelta

import pytest

from api.sign_in.attempts import Attempts
from tests.clock import FixedClock


@pytest.fixture
def attempts(clock: FixedClock) -> Attempts:
    return Attempts(clock, of_one=3, of_all=8)


def test_an_address_has_so_many_attempts_a_minute(attempts: Attempts, clock: FixedClock) -> None:
    assert [attempts.refuse("192.0.2.1") for _ in range(3)] == [0, 0, 0]
    wait = attempts.refuse("192.0.2.1")

    assert 0 < wait <= 61
    assert attempts.refuse("192.0.2.2") == 0, "another address is let in"
    clock.advance(timedelta(seconds=wait))
    assert attempts.refuse("192.0.2.1") == 0


def test_all_together_have_so_many(attempts: Attempts, clock: FixedClock) -> None:
    assert [attempts.refuse(f"192.0.2.{number}") for number in range(8)] == [0] * 8
    assert attempts.refuse("192.0.2.99") > 0
    clock.advance(timedelta(minutes=1))
    assert attempts.refuse("192.0.2.99") == 0


def test_one_that_is_refused_takes_nothing_from_the_others(attempts: Attempts) -> None:
    for _ in range(100):
        attempts.refuse("192.0.2.1")

    assert attempts.refuse("192.0.2.2") == 0


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        (None, "a socket's name", True),
    ],
)
def test_addresses_that_one_owner_can_choose_from_count_as_one(
    first: str | None, second: str | None, same: object, attempts: Attempts
) -> None:
    for _ in range(3):
        attempts.refuse(first)

    assert (attempts.refuse(second) > 0) is same
