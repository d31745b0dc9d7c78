"""What a consultant reads: where their request stands, what is asked of them, and by when."""

import pytest

from jobs.samples import LINK
from models.rules.business_days import RECONSIDERATION_DAYS
from models.rules.vocabulary import DeclineReason
from tests.jobs.letters import letter, named

TO_CONSULTANT = named(
    *("received", "expired", "details_needed", "details_reminder", "lapsed", "cancelled", "question_asked"),
    "outcome_consultant",
)


@pytest.mark.parametrize("name", TO_CONSULTANT)
def test_a_consultant_s_link_leads_to_the_request(name: str) -> None:
    assert letter(name).links == [LINK]


@pytest.mark.parametrize("name", TO_CONSULTANT)
def test_a_consultant_s_lock_screen_shows_nothing_of_the_care(name: str) -> None:
    shown = f"{letter(name).subject} {letter(name).preview}".lower()
    assert "R-7KQ2M9XD" in letter(name).subject
    assert not [word for word in ("client", "clinical", "session", "declin", "approv", "case") if word in shown]


def test_a_received_request_is_acknowledged_with_its_dates_and_what_to_leave_until_then() -> None:
    received = letter("received")
    assert received.subject == "We have received request R-7KQ2M9XD"
    assert received.says(
        "Hello Priya Nair,",
        "3 extra sessions",
        "by Thursday 3 December 2026, 5 pm Melbourne time",
        "by Friday 4 December 2026, 5 pm Melbourne time",
        "wait before you rebook your client or suggest any further session",
    )
    assert not received.mentions("clinical")


def test_a_request_for_clinical_review_is_acknowledged_without_a_date() -> None:
    received = letter("received, clinical review first")
    assert received.says("a clinical review comes first", "wait before you rebook")
    assert not received.mentions("Decision expected", "Melbourne")


def test_an_expired_request_is_to_be_submitted_anew_and_confirmed() -> None:
    expired = letter("expired")
    assert expired.subject == "Request R-7KQ2M9XD has expired"
    assert expired.says("within 48 hours", "R-7KQ2M9XD", "submit the request anew, and then confirm it")
    assert not expired.mentions("declined")


def test_details_are_asked_for_by_their_date() -> None:
    needed = letter("details needed")
    assert needed.subject == "Request R-7KQ2M9XD needs some details from you"
    assert needed.says("R-7KQ2M9XD", "Monday 30 November 2026, 5 pm Melbourne time", "Answer the questions", "lapses")


def test_a_second_ask_for_details_is_said_as_one() -> None:
    assert letter("details needed").says("If you have answered some before: thank you. The review needs a little more")


def test_details_are_not_to_be_sent_by_e_mail() -> None:
    assert letter("details needed").says("Please answer in the request itself and not by e-mail")


def test_a_reminder_of_details_says_that_it_is_one() -> None:
    reminder = letter("details reminder")
    assert reminder.subject == "Reminder: request R-7KQ2M9XD needs some details from you"
    assert reminder.says("friendly reminder", "Monday 30 November 2026, 5 pm Melbourne time", "lapses")


def test_a_lapsed_request_may_be_submitted_anew() -> None:
    lapsed = letter("lapsed")
    assert lapsed.subject == "Request R-7KQ2M9XD has lapsed"
    assert lapsed.says("not given in time", "It was not declined", "submit the request anew", "R-7KQ2M9XD")


def test_a_cancelled_request_ended_with_its_case() -> None:
    cancelled = letter("cancelled")
    assert cancelled.subject == "Request R-7KQ2M9XD has been cancelled"
    assert cancelled.says("has been closed", "It was not declined", "You need to do nothing", "R-7KQ2M9XD")
    assert not cancelled.mentions("submit the request anew")


def test_a_question_is_asked_in_words_and_by_its_date() -> None:
    asked = letter("question asked")
    assert asked.subject == "A question about request R-7KQ2M9XD"
    assert asked.says("Question", "Over what period would the sessions be held?", "R-7KQ2M9XD")
    assert asked.says("Tuesday 1 December 2026, 5 pm Melbourne time", "time to decide stands still")
    assert "PERIOD" not in asked.text
    assert not asked.mentions("before this one")


@pytest.mark.parametrize("name", ["question asked", "question asked earlier"])
def test_an_answer_must_keep_the_client_unknown(name: str) -> None:
    assert letter(name).says(
        "keep your client unknown", "your client's colleagues", "no name, no date or place", "checks every answer"
    )


def test_a_question_from_an_earlier_system_is_to_be_looked_up() -> None:
    asked = letter("question asked earlier")
    assert asked.says("the system that Harbour Wellbeing used before this one", "Tuesday 1 December 2026, 5 pm")
    assert "None" not in asked.text


def test_a_consultant_learns_of_an_approval_in_full() -> None:
    outcome = letter("approved in full, to the consultant")
    assert outcome.subject == "The outcome of request R-7KQ2M9XD"
    assert outcome.says("3 extra sessions approved", "approved in full", "3 of 3", "you can book them")
    assert not outcome.mentions("fewer", "declined", "Reason")


def test_a_consultant_learns_of_an_approval_for_fewer() -> None:
    outcome = letter("approved for fewer, to the consultant")
    assert outcome.says("2 extra sessions approved", "fewer sessions than you asked for: 2 of 3", "around this number")
    assert not outcome.mentions("in full", "declined", "Reason")


@pytest.mark.parametrize("reason", DeclineReason)
def test_a_consultant_learns_why_a_request_was_declined_in_words(reason: DeclineReason) -> None:
    outcome = letter("declined, to the consultant", reason=reason)
    assert outcome.says("Your request was declined", "Reason given", "What to do next")
    assert reason.value not in outcome.text
    assert not outcome.mentions("has been approved", "you can book them")


def test_a_consultant_does_not_learn_who_declined() -> None:
    assert not letter("declined, to the consultant", reason=DeclineReason.OTHER).mentions("organisation", "clinical")


def test_the_reason_of_a_clinical_decline_is_clinical_and_stays_in_the_request() -> None:
    outcome = letter("declined clinically, to the consultant")
    assert outcome.says("Your request was declined", "Reason given", "You will find it in the request.")
    assert "None" not in outcome.text
    assert not outcome.mentions("organisation", "clinical")


@pytest.mark.parametrize(
    "name", ["approved for fewer, to the consultant", *named("outcome_consultant")[2:]], ids=lambda name: name[:20]
)
def test_whoever_was_granted_fewer_may_ask_once_more(name: str) -> None:
    asked_again = f"ask once for this to be reconsidered, within {RECONSIDERATION_DAYS} business days of the decision"
    assert letter(name).says(asked_again)
    assert not letter(name, can_ask_again=False).mentions("reconsider", "see it differently")


def test_what_was_approved_in_full_is_not_to_be_reconsidered() -> None:
    assert not letter("approved in full, to the consultant").mentions("reconsider")
