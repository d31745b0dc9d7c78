"""What the provider's own people read: what waits for them, by when, and nothing that belongs in no e-mail."""

import pytest

from jobs.samples import LINK
from tests.jobs.letters import letter, named

TO_STAFF = named("overdue_staff", "answer_drafted", "decision_needed", "relay_stuck", "address_bounced")
TO_PROVIDER = [*TO_STAFF, "clinical review waiting"]


@pytest.mark.parametrize("name", TO_PROVIDER)
def test_the_link_leads_to_the_request(name: str) -> None:
    assert letter(name).links == [LINK]


@pytest.mark.parametrize("name", TO_PROVIDER)
def test_a_lock_screen_shows_nothing_of_the_person_or_the_care(name: str) -> None:
    shown = f"{letter(name).subject} {letter(name).preview}".lower()
    assert not [word for word in ("client", "clinical", "session", "declin", "approv", "asst-") if word in shown]


@pytest.mark.parametrize("name", TO_STAFF)
def test_staff_are_told_the_reference_and_no_case(name: str) -> None:
    assert "R-7KQ2M9XD" in letter(name).subject
    assert letter(name).says("R-7KQ2M9XD")
    assert not letter(name, case_number="ASST-104233").mentions("ASST-")


def test_staff_learn_that_a_decision_is_overdue() -> None:
    overdue = letter("decision overdue, to staff")
    assert overdue.says("The decision", "Thursday 3 December 2026, 5 pm")
    assert not overdue.mentions("clinical")


def test_staff_learn_that_a_clinical_review_is_overdue() -> None:
    assert letter("clinical review overdue, to staff").says("The clinical review", "Thursday 3 December 2026, 5 pm")


def test_staff_are_to_check_an_answer_and_release_it() -> None:
    drafted = letter("answer drafted")
    assert drafted.says(
        "check it, and release it", "Tuesday 1 December 2026, 5 pm Melbourne time", "no consultant and no practice"
    )


def test_staff_are_to_decide() -> None:
    needed = letter("decision needed")
    assert needed.subject == "Request R-7KQ2M9XD is yours to decide"
    assert needed.says("Harbour Wellbeing to approve or decline")
    assert needed.says("Thursday 3 December 2026, 5 pm Melbourne time", "The first decision counts")


def test_a_stuck_relay_is_passed_on_by_hand_and_confirmed() -> None:
    stuck = letter("relay stuck")
    assert stuck.says(
        "tell the consultant and the client",
        "Friday 4 December 2026, 5 pm Melbourne time",
        "only in a way that is safe for them",
        "confirm in the request that both have been told",
    )


def test_a_bounce_names_no_address() -> None:
    bounced = letter("address bounced")
    assert bounced.says("refused for good", "check the addresses", "tell its reader in another way")
    assert "@" not in bounced.text + bounced.html.split("</head>")[1]


def test_a_clinical_reviewer_is_told_the_case_and_the_date() -> None:
    waiting = letter("clinical review waiting")
    assert waiting.subject == "A review is waiting for you"
    assert waiting.says(
        "ASST-104233", "Wednesday 2 December 2026, 5 pm Melbourne time", "ready for your clinical review"
    )
    assert not waiting.mentions("R-7KQ2M9XD")
