"""The proof leaves nothing out: every field and every code that an organisation's people can reach, it reaches."""

import pytest

from models.rules.vocabulary import Delegation
from tests.confidentiality.directed import a_plot, everything_once, not_its_own_decision
from tests.confidentiality.pairs import explained
from tests.confidentiality.performing import Company
from tests.confidentiality.reachable import reachable_codes, reachable_fields
from tests.confidentiality.tallies import PROPERTY, Tally
from tests.confidentiality.test_two_worlds import Record

SEEDS = (11, 12)


@pytest.mark.parametrize("viewer", ["reviewer", "integrator"])
def test_every_field_and_code_within_reach_is_the_same_in_both_worlds(
    company: Company, viewer: str, record_property: Record
) -> None:
    company.theatre.tally = tally = Tally()
    for delegation, program in (
        (Delegation.NONE, everything_once(viewer)),
        (Delegation.STAFF_INSTEAD, not_its_own_decision(viewer)),
    ):
        findings = company.perform((a_plot(delegation), SEEDS, program))
        assert not findings, explained(findings)
    by = company.theatre.viewer(viewer)
    missing = (reachable_fields(by) - tally.fields) | (reachable_codes(by) - tally.codes)
    assert not missing, f"never reached: {sorted(missing)}"
    record_property(f"{PROPERTY}, all within reach of the {viewer}", tally.written())


def test_what_is_out_of_reach_is_never_reached(company: Company) -> None:
    """The list of what can be reached would otherwise be as short as one likes."""
    company.theatre.tally = tally = Tally()
    company.perform((a_plot(Delegation.NONE), SEEDS, everything_once("reviewer")))
    beyond = tally.fields - reachable_fields(company.theatre.viewer("reviewer"))
    assert not beyond, f"reached, and not expected to be: {sorted(beyond)}"
