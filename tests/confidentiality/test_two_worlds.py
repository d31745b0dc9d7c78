"""Two worlds alike in all that an organisation may know, and different in all else, look the same to its people.

Every byte that a reviewer or a machine account of the organisation gets is compared, with the statements behind it;
the logs, the jobs and the tokens are searched for what is protected.
"""

from collections.abc import Callable

import pytest

from tests.confidentiality.directed import a_day_of_events, a_living_plot
from tests.confidentiality.pairs import explained
from tests.confidentiality.performing import PAIRS, Company
from tests.confidentiality.tallies import PROPERTY, Tally
from tests.schema.widest import the_schema

SHARE = 7
"""As many pairs as one test draws, so that none takes long. The simplest is among them each time, and played once.
Small in the long proof too: a shard of 100 would ask one question four times where shards of 7 ask four."""
SHARDS = 50

Record = Callable[[str, object], None]


@pytest.mark.parametrize("shard", range(SHARDS))
def test_nobody_of_the_organisation_can_tell_two_worlds_apart(
    company: Company, shard: int, record_property: Record
) -> None:
    told(record_property, "SQLite", company.prove(shard=shard, pairs=SHARE))


@pytest.mark.parametrize("shard", range(4))
def test_nobody_can_tell_two_worlds_apart_on_postgresql(
    postgres_company: Company, shard: int, record_property: Record
) -> None:
    told(record_property, "PostgreSQL", postgres_company.prove(shard=1_000 + shard, pairs=5))


@pytest.mark.prove
@pytest.mark.parametrize("shard", range(-(-PAIRS // (SHARE - 1))))
def test_nobody_can_tell_thousands_of_worlds_apart(company: Company, shard: int, record_property: Record) -> None:
    told(record_property, "SQLite", company.prove(shard=10_000 + shard, pairs=SHARE))


def test_the_tokens_that_the_product_draws_are_in_no_order(company: Company) -> None:
    assert not company.theatre.judge_draws()


def test_all_that_the_schema_lets_be_followed_is_followed(company: Company, record_property: Record) -> None:
    """Days of which every event is told to several people; what can be asked and done, test_reached.py counts."""
    company.theatre.tally = tally = Tally()
    findings = company.perform((a_living_plot(), (3, 4), a_day_of_events()))
    assert not findings, explained(findings)
    followed = the_schema().subscription_type
    assert followed is not None
    assert {f"{followed.name}.{name}" for name in followed.fields} <= tally.operations
    assert tally.sent
    assert tally.posted
    record_property(f"{PROPERTY}, a day of events", tally.written())


def told(record: Record, engine: str, tally: Tally) -> None:
    record(f"{PROPERTY} on {engine}", tally.written())
