"""What a refused person reads: plain, complete, and with nothing in it that they may not know."""

from datetime import date
from typing import Any

import pytest

from models.rules import identifier_found, refusals
from models.rules.identifier_found import IdentifierKind
from models.rules.refusals import AlreadyDecided, NotFound, Refusal, StaleVersion, TooManySessions
from models.rules.vocabulary import Outcome, RequestStatus

MADE_OF: dict[str, tuple[Any, ...]] = {
    "NotFound": ("requestId",),
    "Malformed": ("`first` must be between 1 and 100.", ("first",)),
    "NoSessions": ("sessionsRequested",),
    "TooManySessions": ("sessionsRequested", 4),
    "DateNotToday": (date(2026, 11, 23),),
    "TextMissing": (("goal", "statement"),),
    "TextTooLong": (("goal", "statement"), 2_000),
    "TextInvalid": (("goal", "statement"),),
    "IdentifierFound": (("answer",), {kind: [(0, 4)] for kind in IdentifierKind}),
    "AlreadyDecided": (Outcome.APPROVED, 2),
    "NotOpen": (RequestStatus.DECLINED,),
    "StaleVersion": (3,),
    "UnknownQuestion": (("answers", "0"),),
    "AnswersIncomplete": ("How is the client doing now?",),
    "TooManyQuestions": (2,),
    "TooLate": (date(2026, 11, 23),),
    "ClosesByItself": ("release the answer.",),
}
MODULES = (refusals, identifier_found)
KINDS = {each for module in MODULES for each in vars(module).values() if isinstance(each, type) and each is not Refusal}
ALL = sorted((each for each in KINDS if issubclass(each, Refusal)), key=lambda each: each.__name__)


@pytest.mark.parametrize("kind", ALL)
def test_each_refusal_has_a_code_and_whole_sentences(kind: type[Refusal]) -> None:
    refusal = kind(*MADE_OF.get(kind.__name__, ()))
    assert refusal.code == refusal.code.upper()
    assert refusal.message == str(refusal)
    assert refusal.message[0].isupper() or refusal.message[0] == "`"
    assert refusal.message.endswith((".", "?"))
    assert "None" not in refusal.message


def test_every_code_is_one_refusals_own() -> None:
    assert len({each.code for each in ALL}) == len(ALL)


def test_the_tree_on_the_first_page_names_them_all() -> None:
    assert refusals.__doc__ is not None
    assert not [each.__name__ for each in ALL if each.__name__ not in refusals.__doc__]


def test_unknown_and_invisible_read_the_same() -> None:
    assert NotFound("requestId").message == NotFound("appointmentId").message


@pytest.mark.parametrize(
    ("outcome", "granted", "told"),
    [
        (Outcome.APPROVED, 1, "approved for 1 session;"),
        (Outcome.APPROVED, 2, "approved for 2 sessions;"),
        (Outcome.APPROVED, None, "approved;"),
        (Outcome.DECLINED, None, "declined;"),
    ],
)
def test_the_second_decision_is_told_of_the_first(outcome: Outcome, granted: int | None, told: str) -> None:
    assert told in AlreadyDecided(outcome, granted).message


def test_one_session_is_singular() -> None:
    assert "At most 1 session can" in TooManySessions("sessionsGranted", 1).message
    assert "At most 4 sessions can" in TooManySessions("sessionsGranted", 4).message


def test_a_stale_version_names_the_present_one() -> None:
    refusal = StaleVersion(7)
    assert "version 7." in refusal.message
    assert refusal.path == ("expectedVersion",)
