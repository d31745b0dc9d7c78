"""What a client reads of an outcome, and what their lock screen may show."""

import re

import pytest

from jobs.samples import ASKED, CLIENT
from tests.jobs.letters import letter, named

TO_CLIENT = named("outcome_client")


def test_a_client_learns_how_many_sessions_were_approved() -> None:
    outcome = letter("approved, to the client")
    assert outcome.says("Hello Sam,", "2 extra sessions have been approved", "What happens next")
    assert not outcome.mentions("not approved", "sorry")


def test_one_session_is_said_as_one() -> None:
    outcome = letter("approved, to the client", sessions_granted=1)
    assert outcome.says("1 extra session has been approved")
    assert not outcome.mentions("1 extra sessions")


def test_a_client_whose_sessions_were_not_approved_is_told_what_to_do_next() -> None:
    outcome = letter("declined, to the client")
    assert outcome.says("not approved this time", "talk with your consultant", "13 11 14", "1737")
    assert not outcome.mentions("budget", "declined", "have been approved")


def test_a_client_without_a_display_name_is_greeted_all_the_same() -> None:
    assert letter("approved, to the client", name="").says("Hello, This message is for you alone.")


@pytest.mark.parametrize("name", TO_CLIENT)
def test_a_lock_screen_shows_a_client_nothing_but_the_provider(name: str) -> None:
    outcome = letter(name)
    assert outcome.subject == "An update from Harbour Wellbeing"
    assert outcome.message["From"].addresses[0].display_name == "Harbour Wellbeing"
    shown = [outcome.subject, outcome.preview, " ".join(outcome.lines)[:120]]
    for words in shown:
        assert not re.search(r"session|approv|declin|sorry|consultant|case|support|health|care", words, re.IGNORECASE)


@pytest.mark.parametrize("name", TO_CLIENT)
def test_the_preview_is_long_enough_to_keep_the_letter_s_own_words_out(name: str) -> None:
    assert len(letter(name).preview) > 300


@pytest.mark.parametrize("name", TO_CLIENT)
def test_a_client_s_letter_has_no_link_no_reference_and_no_case_number(name: str) -> None:
    outcome = letter(name, **{key: value for key, value in ASKED.items() if key not in CLIENT})
    assert "href" not in dict(outcome.page.attributes)
    assert "://" not in outcome.text
    assert not outcome.mentions("R-7KQ2M9XD", "ASST-", "req_")
