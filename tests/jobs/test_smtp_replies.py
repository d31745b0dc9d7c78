"""An address is blamed only where a server clearly speaks of it, and for good."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.smtp_replies import blames_recipient


@pytest.mark.parametrize("code", [501, 550, 551, 552, 553])
def test_a_plain_refusal_blames_the_address_that_it_answers_and_no_message(code: int) -> None:
    assert blames_recipient(code, "no such user here", named=True)
    assert not blames_recipient(code, "no such user here", named=False)


@pytest.mark.parametrize("text", ["5.1.1 unknown", "5.1.0", "5.1.10 null MX", "5.2.1 disabled\nask them", "5.2.2 full"])
def test_a_status_of_address_or_mailbox_blames_it_at_either_step(text: str) -> None:
    assert blames_recipient(550, text, named=True)
    assert blames_recipient(554, text, named=False)


@pytest.mark.parametrize(
    "text",
    [
        "5.1.7 bad sender",
        "5.1.8 bad sender's host",
        "5.2.3 too long",
        "5.4.4 no route",
        "5.7.1 relay denied",
        "4.2.2 full",
    ],
)
def test_any_other_status_blames_nobody(text: str) -> None:
    assert not blames_recipient(550, text, named=True)
    assert not blames_recipient(550, text, named=False)


@pytest.mark.parametrize("code", [500, 502, 503, 521, 530, 535, 554])
def test_a_plain_refusal_of_something_else_blames_nobody(code: int) -> None:
    assert not blames_recipient(code, "no", named=True)


@given(st.integers(-1, 999).filter(lambda code: code // 100 != 5), st.text(), st.booleans())
def test_what_is_not_final_blames_nobody(code: int, text: str, named: bool) -> None:  # noqa: FBT001 - given by name
    assert not blames_recipient(code, f"5.1.1 {text}", named=named)
