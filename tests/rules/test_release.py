"""Whether an organisation may learn of a request, and what makes two records one person."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.matching import matchable_email, matchable_employee
from models.rules.release import why_withheld
from models.rules.vocabulary import Delegation, Withheld

SHARED = (Delegation.NONE, Delegation.STAFF_AS_WELL)


@given(st.none() | st.integers(0, 100), st.integers(0, 100), st.booleans(), st.sampled_from(Delegation))
def test_a_request_is_released_only_where_nothing_speaks_against_it(
    headcount: int | None,
    smallest: int,
    matches: bool,  # noqa: FBT001 - drawn, never called by a person
    delegation: Delegation,
) -> None:
    withheld = why_withheld(
        headcount=headcount, smallest_headcount=smallest, account_matches_client=matches, delegation=delegation
    )
    large_enough = headcount is not None and headcount >= smallest
    assert (withheld is None) is (large_enough and not matches and delegation is not Delegation.STAFF_INSTEAD)


@pytest.mark.parametrize(
    ("headcount", "withheld"),
    [(None, Withheld.BELOW_HEADCOUNT), (0, Withheld.BELOW_HEADCOUNT), (29, Withheld.BELOW_HEADCOUNT), (30, None)],
)
def test_the_smallest_headcount_itself_is_large_enough(headcount: int | None, withheld: Withheld | None) -> None:
    for delegation in SHARED:
        answer = why_withheld(
            headcount=headcount, smallest_headcount=30, account_matches_client=False, delegation=delegation
        )
        assert answer is withheld


def test_an_account_that_is_the_client_withholds_the_request_from_all() -> None:
    for delegation in SHARED:
        answer = why_withheld(headcount=500, smallest_headcount=30, account_matches_client=True, delegation=delegation)
        assert answer is Withheld.ACCOUNT_MATCHES_CLIENT


def test_a_delegated_decision_needs_no_other_reason() -> None:
    for headcount, matches in product((None, 500), (True, False)):
        answer = why_withheld(
            headcount=headcount,
            smallest_headcount=30,
            account_matches_client=matches,
            delegation=Delegation.STAFF_INSTEAD,
        )
        assert answer is Withheld.DELEGATED


def test_one_mailbox_has_one_spelling() -> None:
    spellings = ("ana@home.example", " Ana@Home.Example\n", "\uff21na@home.example")
    assert {matchable_email(each) for each in spellings} == {"ana@home.example"}
    assert matchable_email("anna@home.example") != "ana@home.example"


def test_an_employee_number_counts_within_its_organisation() -> None:
    assert matchable_employee("ORG-A", " e-77 ") == matchable_employee("ORG-A", "E-77")
    assert matchable_employee("ORG-A", "E-77") != matchable_employee("ORG-B", "E-77")
    assert matchable_employee("ORG-A", "E-77") != matchable_employee("ORG-A", "E77")
