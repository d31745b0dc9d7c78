"""What may be asked, how often and until when; and what an answer may be."""

from datetime import UTC, datetime, timedelta

import pytest

from models.rules.questions import (
    ANSWER_LENGTH,
    MOST_QUESTIONS,
    QUESTIONS,
    check_may_ask,
    clean_answer,
    in_words,
)
from models.rules.refusals import (
    DecisionOverdue,
    Refusal,
    TextInvalid,
    TextMissing,
    TextTooLong,
    TooManyQuestions,
)
from models.rules.vocabulary import QuestionTopic

DUE = datetime(2026, 12, 2, 6, tzinfo=UTC)
LATE = DUE + timedelta(microseconds=1)


@pytest.mark.parametrize("topic", QuestionTopic)
def test_every_topic_is_a_question_in_plain_words(topic: QuestionTopic) -> None:
    assert in_words(topic) == QUESTIONS[topic]
    assert in_words(topic).endswith("?")


def test_what_an_earlier_system_asked_is_said_to_be_that() -> None:
    assert "earlier system" in in_words(None)


def test_two_questions_are_asked_and_the_due_moment_is_in_time() -> None:
    assert MOST_QUESTIONS == 2
    for asked in (0, 1):
        check_may_ask(asked=asked, due_at=DUE, now=DUE)
        with pytest.raises(DecisionOverdue):
            check_may_ask(asked=asked, due_at=DUE, now=LATE)
    for now in (DUE, LATE):
        with pytest.raises(TooManyQuestions, match="At most 2"):
            check_may_ask(asked=2, due_at=DUE, now=now)


def test_an_answer_is_trimmed_and_counted_as_it_was_typed() -> None:
    assert clean_answer("  Four, so that it lasts.\n") == "Four, so that it lasts."
    assert clean_answer("x" * ANSWER_LENGTH) == "x" * 1_000


@pytest.mark.parametrize(
    ("text", "refusal"),
    [("", TextMissing), (" \n", TextMissing), ("x" * 1_001, TextTooLong), ("Re\u200bst", TextInvalid)],
)
def test_an_answer_that_is_none_is_refused(text: str, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal) as raised:
        clean_answer(text)
    assert raised.value.path == ("answer",)
