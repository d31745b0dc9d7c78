"""How the people of the year behave, by seeded dice: some forget, some are late, some change their minds."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.life.foretelling import last_to_reconsider
from tests.life.lives import Life

HOUR = timedelta(hours=1)
MOST_ROUNDS = 2


@dataclass(frozen=True)
class Plan:
    """What somebody means to do; dropped where the request has moved on by then."""

    at: datetime
    move: str
    who: str
    options: dict[str, Any] = field(default_factory=dict)
    status: str = ""


def next_plan(life: Life, now: datetime, dice: Random) -> Plan | None:
    """Return what happens next to a request in this state unless a clock is quicker; None where everybody forgets."""
    habit = _HABITS.get(life.status)
    found = habit(life, now, dice) if habit else None
    if found is None:
        return None
    move, who, delay, options = found
    at = (now + delay + timedelta(minutes=1)).replace(second=dice.randint(5, 55), microsecond=0)
    if move == "reconsider" and life.book.day(at) > last_to_reconsider(life):
        return None
    return Plan(at, move, who, options, life.status)


Intent = tuple[str, str, timedelta, dict[str, Any]] | None


def _sooner_or_later(dice: Random) -> timedelta:
    """Most people decide within days; the rest are late, some by far."""
    return _after(dice, 1, 72) if dice.random() < 0.85 else _after(dice, 90, 420)


def _after(dice: Random, least: float, most: float) -> timedelta:
    return dice.uniform(least, most) * HOUR


def _submitted(life: Life, _now: datetime, dice: Random) -> Intent:
    luck = dice.random()
    if luck < 0.1:
        return None
    if luck < 0.2 and not life.reconsideration:
        return "revise", "consultant", _after(dice, 0, 40), {"sessions_requested": dice.randint(1, 3)}
    return "confirm", "consultant", _after(dice, 0, 47), {}


def _awaiting_details(_life: Life, _now: datetime, dice: Random) -> Intent:
    return None if dice.random() < 0.1 else ("answer_details", "consultant", _after(dice, 1, 140), {})


def _clinical_review(life: Life, _now: datetime, dice: Random) -> Intent:
    delay, luck = _sooner_or_later(dice), dice.random()
    if luck < 0.2:
        return "ask_for_details", "clinical", delay, {}
    if luck < 0.35:
        return "decline_clinically", "clinical", delay, {}
    return "endorse", "clinical", delay, {"sessions_endorsed": 1} if luck < 0.5 and life.asked > 1 else {}


def _organisation_review(life: Life, now: datetime, dice: Random) -> Intent:
    if not (life.released or life.withheld):
        return None  # nobody knows of it yet
    who = "staff" if life.withheld else "reviewer"
    delay, luck = _sooner_or_later(dice), dice.random()
    if luck < 0.03:
        return "withdraw", "staff", _after(dice, 400, 700), {}  # nobody decided
    left = life.clocks["DECISION"].due - now
    if luck < 0.3 and life.released and life.questions < MOST_ROUNDS and left > 2 * HOUR:
        return "ask_question", "reviewer", dice.uniform(0.05, 0.9) * left, {}
    if luck < 0.5:
        return "decline", who, delay, {}
    return "approve", who, delay, {"sessions_granted": 1} if luck < 0.7 else {}


def _information_requested(life: Life, _now: datetime, dice: Random) -> Intent:
    if life.drafted:
        return "release_answer", "staff", _after(dice, 1, 90), {}
    return None if dice.random() < 0.15 else ("draft_answer", "consultant", _after(dice, 1, 150), {})


def _decided(life: Life, _now: datetime, dice: Random) -> Intent:
    if "RELAY" in life.clocks:
        return "confirm_relay", "staff", _after(dice, 1, 90), {}
    if life.reconsideration or life.granted == life.asked or dice.random() > 0.2:
        return None
    return "reconsider", "consultant", _after(dice, 24, 200), {}


_HABITS: dict[str, Callable[[Life, datetime, Random], Intent]] = {
    "SUBMITTED": _submitted,
    "AWAITING_DETAILS": _awaiting_details,
    "CLINICAL_REVIEW": _clinical_review,
    "ORGANISATION_REVIEW": _organisation_review,
    "INFORMATION_REQUESTED": _information_requested,
    "APPROVED": _decided,
    "DECLINED": _decided,
}
