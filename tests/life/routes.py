"""The shortest way to each state, by real moves and the clock."""

from datetime import datetime, timedelta

from tests.life import behind
from tests.life.almanac import DAY
from tests.life.knowing import Told
from tests.life.lives import Life
from tests.life.play import Play

PLAIN, LONG = ("first", "ada"), ("third", "cy")
"""A case without and one with a clinical review, and who submits on it."""
SECOND = timedelta(seconds=1)
ROUTES: dict[str, tuple[tuple[str, str], tuple[str, ...]]] = {
    "SUBMITTED": (PLAIN, ()),
    "AWAITING_DETAILS": (LONG, ("confirm",)),
    "CLINICAL_REVIEW": (LONG, ("confirm", "answer_details")),
    "ORGANISATION_REVIEW": (PLAIN, ("confirm", "release")),
    "INFORMATION_REQUESTED": (PLAIN, ("confirm", "release", "ask_question")),
    "APPROVED": (PLAIN, ("confirm", "release", "approve")),
    "DECLINED": (LONG, ("confirm", "answer_details", "decline_clinically")),
    "WITHDRAWN": (PLAIN, ("confirm", "release", "withdraw")),
    "EXPIRED": (PLAIN, ("CONFIRMATION",)),
    "LAPSED": (LONG, ("confirm", "DETAILS")),
    "CANCELLED": (PLAIN, ("confirm", "release", "close_case")),
}
OTHERS: dict[str, tuple[tuple[str, str], tuple[str, ...]]] = {
    "ORGANISATION_REVIEW, withheld": (("sixth", "bo"), ("confirm", "release")),
    "ORGANISATION_REVIEW, not released yet": (("fourth", "ada"), ("revise", "confirm", "answer_details", "endorse")),
    "ORGANISATION_REVIEW, unanswered": (PLAIN, ("confirm", "release", "ask_question", "draft_answer", "ANSWER")),
    "INFORMATION_REQUESTED, drafted": (PLAIN, ("confirm", "release", "ask_question", "draft_answer")),
    "DECLINED by its organisation": (PLAIN, ("confirm", "release", "decline")),
    "SUBMITTED, its time over": (PLAIN, ("past CONFIRMATION",)),
    "AWAITING_DETAILS, its time over": (LONG, ("confirm", "past DETAILS")),
    "INFORMATION_REQUESTED, its time over": (
        *(PLAIN, ("confirm", "release", "ask_question", "draft_answer", "past ANSWER")),
    ),
    "ORGANISATION_REVIEW, overdue": (PLAIN, ("confirm", "release", "DECISION")),
    "ORGANISATION_REVIEW, asked twice": (
        *(PLAIN, ("confirm", "release", *("ask_question", "draft_answer", "release_answer") * 2)),
    ),
    "DECLINED, relayed": (PLAIN, ("confirm", "release", "decline", "confirm_relay")),
    "DECLINED, reconsidered": (PLAIN, ("confirm", "release", "decline", "reconsider")),
    "DECLINED, long ago": (PLAIN, ("confirm", "release", "decline", "two weeks and more")),
    "APPROVED for fewer": (LONG, ("confirm", "answer_details", "endorse", "release", "approve one")),
}
"""States again, where what has happened before makes a difference."""
_WHO = {
    "ask_question": "reviewer of plain",
    "approve": "reviewer of plain",
    "decline": "reviewer of plain",
    "decline_clinically": "clinical",
    "endorse": "clinical",
    "release_answer": "staff",
    "confirm_relay": "staff",
    "withdraw": "staff",
}


async def reach(play: Play, state: str) -> Told:
    """Take a new request there; every invariant is checked at each step."""
    (case, consultant), steps = (ROUTES | OTHERS)[state]
    await play.submit(consultant, case)
    told = play.known.of_case(case)[-1]
    for step in steps:
        await _go(play, told, step, consultant)
    assert told.life.status == state.partition(",")[0].partition(" ")[0]
    return told


async def _go(play: Play, told: Told, step: str, consultant: str) -> None:
    if step == "close_case":
        await play.close_case("staff", told.case)
    elif step == "approve one":
        await play.move("approve", "reviewer of shared", told, sessions_granted=1)
    elif step.islower() and " " not in step and step != "release":
        await play.move(step, _WHO.get(step, consultant), told)
    else:
        play.clock.set(max(play.now, _moment(told.life, step)))
        if not step.startswith("past "):
            await behind.run_due(play)


def _moment(life: Life, step: str) -> datetime:
    """Return when a step is that somebody waits for: a release, a deadline's end, the end of the time to ask again."""
    if step == "release":
        assert life.release_due is not None
        return life.release_due
    if step == "two weeks and more":
        assert life.decided_on is not None
        return life.book.at(life.book.step(life.decided_on, 10) + DAY, 0)
    return life.clocks[step.removeprefix("past ")].due + SECOND
