"""What an organisation's people read: routine values alone, as they are the client's colleagues."""

import pytest

from jobs.samples import LINK
from tests.jobs.letters import letter, named

TO_ORGANISATION = named("review_invitation", "review_reminder", "review_resumed", "review_ended", "overdue_backup")
WITH_A_LINK = named("review_invitation", "review_reminder", "review_resumed")
DECIDE_BY = "Thursday 3 December 2026, 5 pm Melbourne time"


@pytest.mark.parametrize("name", TO_ORGANISATION)
def test_no_word_is_about_the_client_the_case_or_the_care(name: str) -> None:
    # "consultant", "client" and the like would each be a step towards a person.
    hidden = ("consultant", "client", "practice", "clinical", "appointment", "psycholog", "therap", "ASST-")
    assert not letter(name).mentions(*hidden)


@pytest.mark.parametrize("name", TO_ORGANISATION)
def test_the_reference_is_told_and_that_nobody_should_look_for_the_person(name: str) -> None:
    assert "R-7KQ2M9XD" in letter(name).subject
    assert letter(name).says("R-7KQ2M9XD", "do not try to find out")


@pytest.mark.parametrize("name", WITH_A_LINK)
def test_a_reviewer_s_link_carries_the_request_s_id_and_nothing_else(name: str) -> None:
    assert letter(name).links == [LINK]


@pytest.mark.parametrize("name", ["review ended", "overdue, to the backup reviewer"])
def test_where_there_is_nothing_to_do_or_no_account_there_is_no_link(name: str) -> None:
    assert letter(name).links == []
    assert not letter(name).mentions("req_")


def test_a_reviewer_is_told_the_reference_the_due_date_and_that_the_person_is_not_disclosed() -> None:
    invitation = letter("review invitation")
    assert invitation.subject == "Request R-7KQ2M9XD awaits your decision"
    assert invitation.says(
        "R-7KQ2M9XD", "Thursday 3 December 2026, 5 pm Melbourne time", "Who is it about?", "That is not disclosed"
    )


def test_a_reminder_says_that_it_is_one() -> None:
    reminder = letter("review reminder")
    assert reminder.subject == "Reminder: request R-7KQ2M9XD awaits your decision"
    assert reminder.says("Please decide by", DECIDE_BY, "has not been decided yet", "If a colleague has decided")


def test_a_review_goes_on_with_the_answer_and_a_new_date() -> None:
    resumed = letter("review resumed with an answer")
    assert resumed.subject == "Request R-7KQ2M9XD awaits your decision again"
    assert resumed.says("question has an answer", "find the answer in the request", "the new date", DECIDE_BY)
    assert not resumed.mentions("not answered", "without an answer")


def test_a_review_goes_on_without_an_answer() -> None:
    resumed = letter("review resumed without an answer")
    assert resumed.subject == "Request R-7KQ2M9XD awaits your decision again"
    assert resumed.says("was not answered in time", "the new date", DECIDE_BY)
    assert not resumed.mentions("has been answered", "has an answer")


def test_a_request_that_was_taken_back_needs_nothing_more() -> None:
    ended = letter("review ended")
    assert ended.subject == "Request R-7KQ2M9XD has been taken back"
    assert ended.says("It needs no decision, and there is nothing more for you to do", "Hello Priya Nair,")
    assert not ended.mentions("withdraw", "cancel", "closed")


def test_the_backup_reviewer_learns_what_is_overdue_and_why_they_are_told() -> None:
    overdue = letter("overdue, to the backup reviewer")
    assert overdue.subject == "Request R-7KQ2M9XD is waiting for a decision"
    assert overdue.says("Hello, You are named in your organisation's agreement", "Decision was due by", DECIDE_BY)
