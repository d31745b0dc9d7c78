"""Two tenants: nothing of one practice or organisation is visible to another, nor to a machine beyond its scope.

Everything that belongs to others differs between the two worlds; the tenant's own people can't tell.
"""

import pytest
from hypothesis import strategies as st

from tests.confidentiality.directed import a_living_plot
from tests.confidentiality.directed_tenants import a_day
from tests.confidentiality.pairs import DrawnPair, explained
from tests.confidentiality.performing import Company
from tests.confidentiality.programs import FOLLOWED, SEEDS, Ask, Batch, Break, Follow, Hide, Step, Wait
from tests.confidentiality.tallies import PROPERTY, Tally
from tests.confidentiality.tenants import MACHINES, PRACTICE, a_tenant_plot
from tests.confidentiality.test_two_worlds import Record
from tests.confidentiality.worlds import VIEWERS

SHARE = 6
_OWN = ("Query.calendar", "Query.requests", "Query.nodes", "Query.case", "Query.appointment", "Query.events")
_MOVES = ("submit", "revise", "confirm", "withdraw")
_HIDDEN = ("submit", "revise", "withdraw", "decide withheld", "decide elsewhere")


def _steps(viewers: tuple[str, ...], *, machines: bool) -> st.SearchStrategy[Step]:
    viewer = st.sampled_from(viewers)
    moves = [f"Mutation.{move}ExtraSessionsRequest" for move in _MOVES]
    kinds: list[st.SearchStrategy[Step]] = [
        st.builds(Ask, viewer, SEEDS),
        st.builds(Ask, viewer, SEEDS, st.sampled_from(_OWN)),
        st.builds(Ask, viewer, SEEDS, st.sampled_from(_OWN)),
        st.builds(Ask, viewer, SEEDS, st.sampled_from(moves)),
        st.builds(Follow, viewer, SEEDS, st.sampled_from(FOLLOWED)),
        st.builds(Break, viewer, st.sampled_from(("unknown field", "another's token", "GET"))),
        st.one_of(st.builds(Batch), st.builds(Wait, st.integers(1, 30))),
    ]
    if not machines:
        kinds.append(st.builds(Hide, st.sampled_from(_HIDDEN), st.integers(1, 2), st.booleans()))
    return st.sampled_from(kinds).flatmap(lambda kind: kind)


def _drawn(viewers: tuple[str, ...], *, machines: bool) -> st.SearchStrategy[DrawnPair]:
    plots = SEEDS.map(lambda own: a_tenant_plot(own, machines=machines))
    programs = st.lists(_steps(viewers, machines=machines), min_size=8, max_size=12)
    return st.tuples(plots, st.tuples(SEEDS, SEEDS), programs)


@pytest.mark.parametrize("shard", range(6))
def test_nothing_of_one_practice_is_visible_to_another(company: Company, shard: int, record_property: Record) -> None:
    drawn = _drawn(PRACTICE, machines=False)
    tally = company.prove(shard=20_000 + shard, pairs=SHARE, drawn=drawn)
    record_property(f"{PROPERTY} of tenants, a practice's people", tally.written())


def test_nothing_of_one_organisation_is_visible_to_another(company: Company, record_property: Record) -> None:
    """The pairs of test_two_worlds.py vary the other organisations as well; here they are asked for by their ids."""
    company.theatre.tally = tally = Tally()
    for attempt in range(3):
        findings = company.perform((a_living_plot(), (attempt, attempt + 100), a_day(VIEWERS)))
        assert not findings, explained(findings)
    record_property(f"{PROPERTY} of tenants, an organisation's people", tally.written())


@pytest.mark.parametrize("shard", range(3))
def test_no_machine_can_tell_who_a_client_is(company: Company, shard: int, record_property: Record) -> None:
    drawn = _drawn(MACHINES, machines=True)
    tally = company.prove(shard=30_000 + shard, pairs=SHARE, drawn=drawn)
    record_property(f"{PROPERTY} of clients, machines of a practice and of the provider", tally.written())
