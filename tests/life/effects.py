"""What a move that was made does to a life by the book."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.life.lives import Life


def apply(life: Life, move: str, at: datetime, *, total: int, **options: Any) -> None:
    """Change the life as the move does; ``total`` is the case's clinical review total of this moment."""
    if move == "confirm":
        life.confirm(at, total)
    else:
        _EFFECTS[move](life, at, options)


_EFFECTS: dict[str, Callable[[Life, datetime, dict[str, Any]], None]] = {
    "revise": lambda life, at, options: life.revise(at, options.get("sessions_requested")),
    "answer_details": lambda life, at, _: life.answer_details(at),
    "ask_for_details": lambda life, at, _: life.ask_for_details(at),
    "endorse": lambda life, at, options: life.endorse(at, options.get("sessions_endorsed")),
    "decline_clinically": lambda life, at, _: life.decline_clinically(at),
    "approve": lambda life, at, options: life.approve(at, options.get("sessions_granted")),
    "decline": lambda life, at, _: life.decline(at),
    "ask_question": lambda life, at, _: life.ask_question(at),
    "draft_answer": lambda life, at, _: life.draft_answer(at),
    "release_answer": lambda life, at, _: life.resume(at),
    "withdraw": lambda life, at, _: life.end(at, "WITHDRAWN"),
    "confirm_relay": lambda life, _, __: life.confirm_relay(),
}
