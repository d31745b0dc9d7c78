"""From every state, whoever may not make a move is told so clearly, and nothing changes; and every state is reached."""

from collections.abc import Callable

import pytest

from tests.life import behind
from tests.life.counting import PROPERTY, Count
from tests.life.knowing import Told
from tests.life.law import CONSULTANT, INTEGRATOR, MOVES, STATES, TABLE
from tests.life.machine import STARTS
from tests.life.play import Play
from tests.life.routes import OTHERS, ROUTES, reach
from tests.life.theatre import Theatre

Record = Callable[[str, object], None]
EVERYBODY = (
    *("ada", "bo", "cy", "di", "manager of north", "manager of south", "clinical", "staff"),
    *("reviewer of plain", "reviewer of shared", "machine", "machine of north", "machine of plain"),
)
"""Of every role somebody on either side of each fence."""


def test_there_is_a_way_to_every_state() -> None:
    assert list(ROUTES) == list(STATES)


@pytest.mark.parametrize("state", [*ROUTES, *OTHERS])
def test_what_the_table_does_not_allow_is_refused(theatre: Theatre, state: str, record_property: Record) -> None:
    theatre.count = Count()
    play = theatre.begin(STARTS[1])
    theatre.runner.run(_everybody_tries(play, state))
    record_property(f"{PROPERTY}, every forbidden move on {theatre.database.dialect}", theatre.count.written())


IN_TIME: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    ("SUBMITTED", "CONFIRMATION", (("revise", "ada"),)),
    ("SUBMITTED", "CONFIRMATION", (("confirm", "ada"),)),
    ("AWAITING_DETAILS", "DETAILS", (("answer_details", "cy"),)),
    ("ORGANISATION_REVIEW", "DECISION", (("ask_question", "reviewer of plain"),)),
    ("INFORMATION_REQUESTED", "ANSWER", (("draft_answer", "ada"), ("release_answer", "staff"))),
)


@pytest.mark.parametrize(("state", "kind", "moves"), IN_TIME)
def test_exactly_the_due_moment_is_in_time(
    theatre: Theatre, state: str, kind: str, moves: tuple[tuple[str, str], ...]
) -> None:

    async def try_it(play: Play) -> None:
        told = await reach(play, state)
        play.clock.set(told.life.clocks[kind].due)
        await behind.run_due(play)
        for move, who in moves:
            assert play.foretold(move, who, told) is None
            await play.move(move, who, told)

    theatre.count = Count()
    theatre.runner.run(try_it(theatre.begin(STARTS[1])))


async def _everybody_tries(play: Play, state: str) -> None:
    told = await reach(play, state)
    tried = 0
    for who in EVERYBODY:
        for move in MOVES:
            tried += await _try(play, told, who, move)
        if play.actor(who).role.value != CONSULTANT:
            await play.submit(who, told.case)
    assert tried >= _least(play, told)
    assert told.life.status == state.partition(",")[0].partition(" ")[0]


async def _try(play: Play, told: Told, who: str, move: str) -> bool:
    """Make a move that must be refused; return whether it was one."""
    if move == "close_case":
        refused = play.actor(who).role.value != "PROVIDER_STAFF" or told.case in play.known.closed
        if refused:
            await play.close_case(who, told.case)
        return refused
    if play.foretold(move, who, told) is None:
        return False
    await play.move(move, who, told)
    return True


def _least(play: Play, told: Told) -> int:
    """Count from the table alone what must be refused: each role that a move is not for in this state."""
    return sum(
        play.actor(who).role.value not in TABLE.get((told.life.status, move), (set(), set()))[0]
        for who in EVERYBODY
        for move in MOVES
        if move != "close_case"
    )


def test_machines_move_nothing() -> None:
    assert not [move for (_, move), (who, _) in TABLE.items() if INTEGRATOR in who]
