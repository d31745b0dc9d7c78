"""Whatever anybody does, at whatever moment: a request lives by the book, and what must hold holds after every step."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.life.counting import PROPERTY, Count
from tests.life.machine import Lives
from tests.life.theatre import Theatre

Record = Callable[[str, object], None]
STEPS = 50


@pytest.mark.parametrize("shard", range(3))
def test_requests_live_by_the_book(theatre: Theatre, shard: int, record_property: Record) -> None:
    prove(theatre, record_property, shard=shard, plays=20)


@pytest.mark.prove
@pytest.mark.parametrize("shard", range(1_000, 1_012))
def test_requests_live_by_the_book_for_long(theatre: Theatre, shard: int, record_property: Record) -> None:
    prove(theatre, record_property, shard=shard, plays=40)


def prove(theatre: Theatre, record: Record, *, shard: int, plays: int) -> None:
    """Draw and play so many plays, the same for the same shard; fails with the shortest play that shows a fault."""
    theatre.count = count = Count()

    @seed(shard)
    class Shard(Lives):
        runner = theatre.runner
        begin = theatre.begin

    run_state_machine_as_test(
        Shard,
        settings=settings(
            max_examples=plays,
            stateful_step_count=STEPS,
            database=None,
            deadline=None,
            derandomize=False,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
        ),
    )
    record(f"{PROPERTY} on {theatre.database.dialect}", count.written())
