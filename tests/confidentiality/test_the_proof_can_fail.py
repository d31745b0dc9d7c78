"""A proof that can't fail proves nothing: each seeded leak, switched on alone, is caught, and by whom it should be."""

import pytest

from tests.confidentiality import (
    leaks_beside,
    leaks_of_lists,
    leaks_of_lives,
    leaks_of_scopes,
    leaks_of_streams,
    leaks_of_tokens,
    leaks_of_webhooks,
)
from tests.confidentiality.directed import a_day_of_events, a_life, a_living_plot, a_whole_life
from tests.confidentiality.directed_tenants import a_day
from tests.confidentiality.findings import Finding
from tests.confidentiality.performing import Company
from tests.confidentiality.swapping import LEAKS
from tests.confidentiality.tallies import Tally
from tests.confidentiality.tenants import MACHINES, PRACTICE, a_tenant_plot
from tests.confidentiality.worlds import VIEWERS

TRIES = 6
"""As many pairs as a leak has at most before it must be seen; most are seen in the first."""
PROMISED = {
    leaks_of_tokens.TOKENS,
    leaks_of_lists.LISTS,
    leaks_of_lists.ERRORS,
    leaks_of_lists.FIELDS,
    leaks_beside.TIMES,
    leaks_beside.NUMBERS,
    "versions",
    leaks_beside.MAILS,
    "payload sizes",
    leaks_beside.OPERATORS,
    leaks_of_lives.LIVES,
    leaks_of_streams.STREAMS,
    leaks_of_webhooks.WEBHOOKS,
    *leaks_of_scopes.TENANTS,
}
_PROGRAMS = {
    leaks_of_lives.LIVES: a_whole_life,
    leaks_of_streams.STREAMS: a_day_of_events,
    leaks_of_webhooks.WEBHOOKS: a_day_of_events,
}
"""What is played for some of them; for the others, a life."""


@pytest.mark.parametrize("name", sorted(LEAKS))
def test_a_leak_is_caught_by_name(company: Company, name: str) -> None:
    leak = LEAKS[name]
    seen: set[str] = set()
    with leak.switched_on():
        for attempt in range(TRIES):
            seen |= {finding.detector for finding in _look(company, attempt, leak.item)}
            if seen & leak.detectors:
                return
    pytest.fail(f"{name}: seen by {sorted(seen) or 'nobody'}, not by {sorted(leak.detectors)}")


def test_without_a_leak_the_same_pairs_show_nothing(company: Company) -> None:
    company.theatre.tally = tally = Tally()
    for item in (leaks_beside.MAILS, *_PROGRAMS, *leaks_of_scopes.TENANTS):
        assert not [str(finding) for finding in _look(company, 0, item)]
    assert tally.mails


def test_there_is_a_leak_for_everything_that_is_promised_beside_the_fields() -> None:
    assert {leak.item for leak in LEAKS.values()} == PROMISED


def _look(company: Company, attempt: int, item: str) -> list[Finding]:
    seeds = 2 * attempt + 1, 2 * attempt + 2
    if item == leaks_of_scopes.ORGANISATIONS:
        return company.perform((a_living_plot(), seeds, a_day(VIEWERS)))
    if item in {leaks_of_scopes.PRACTICES, leaks_of_scopes.MASKS}:
        machines = item == leaks_of_scopes.MASKS
        day = a_day(MACHINES if machines else PRACTICE)
        return company.perform((a_tenant_plot(attempt, machines=machines), seeds, day))
    found = company.perform((a_living_plot(), seeds, _PROGRAMS.get(item, a_life)()))
    return [*found, *company.theatre.judge_draws()]
