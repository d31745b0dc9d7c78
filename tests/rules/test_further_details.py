"""The further-details questions: which can be asked again, and what counts as their answers."""

import pytest

from models.questionnaires import current_questionnaire, questionnaire
from models.rules.further_details import Question, Questionnaire, check_codes, clean_answers, clean_note
from models.rules.refusals import AnswersIncomplete, TextInvalid, TextMissing, TextTooLong, UnknownQuestion

STATE = Question("STATE", "How are they?", required=True)
RISK = Question("RISK", "Which risks?", required=True)
OTHER = Question("OTHER", "Which other care?", required=False)
ASKED = (STATE, RISK, OTHER)
KNOWN = Questionnaire("1", ASKED)
BOTH = [("STATE", "Better"), ("RISK", "None")]


def test_the_newest_version_is_asked_and_each_can_be_read_as_it_was() -> None:
    asked = current_questionnaire()
    assert questionnaire(asked.version) == asked
    assert [question.code for question in asked.questions if question.required]
    assert len({question.code for question in asked.questions}) == len(asked.questions)
    with pytest.raises(FileNotFoundError):
        questionnaire("1999-01")


def test_questions_are_asked_in_the_order_of_their_version_each_once() -> None:
    assert KNOWN.of(["OTHER", "STATE", "gone"]) == (STATE, OTHER)
    assert check_codes(["OTHER", "STATE", "OTHER"], KNOWN) == ["STATE", "OTHER"]


@pytest.mark.parametrize("code", ["", "state", "STATE ", "GONE"])
def test_a_code_that_is_none_is_named_by_its_place(code: str) -> None:
    with pytest.raises(UnknownQuestion) as raised:
        check_codes(["RISK", code], KNOWN)
    assert raised.value.path == ("questions", "1")


def test_asking_nothing_is_no_question() -> None:
    with pytest.raises(TextMissing) as raised:
        check_codes([], KNOWN)
    assert raised.value.path == ("questions",)


def test_answers_are_kept_trimmed_by_code_and_empty_ones_are_none() -> None:
    assert clean_answers([("RISK", " None\n"), ("STATE", "Better"), ("OTHER", " \t")], ASKED) == {
        "RISK": "None",
        "STATE": "Better",
    }


@pytest.mark.parametrize("answers", [[("STATE", "Better")], [("STATE", "Better"), ("RISK", "  ")], []])
def test_a_required_question_is_asked_for_by_its_own_words(answers: list[tuple[str, str]]) -> None:
    with pytest.raises(AnswersIncomplete, match=r"Which risks\?" if answers else r"How are they\?") as raised:
        clean_answers(answers, ASKED)
    assert raised.value.path == ("answers",)


@pytest.mark.parametrize("code", ["GONE", "STATE", "risk"])
def test_what_was_not_asked_or_was_answered_already_is_named_by_its_place(code: str) -> None:
    with pytest.raises(UnknownQuestion) as raised:
        clean_answers([*BOTH, (code, "Once more")], ASKED)
    assert raised.value.path == ("answers", "2", "code")


def test_an_answer_may_be_2000_characters_long_and_plain() -> None:
    assert clean_answers([("STATE", "x" * 2_000), ("RISK", "None")], ASKED)["STATE"] == "x" * 2_000
    for text, refusal in (("x" * 2_001, TextTooLong), ("Be\u202etter", TextInvalid)):
        with pytest.raises(refusal) as raised:
            clean_answers([("RISK", "None"), ("STATE", text)], ASKED)
        assert raised.value.path == ("answers", "1", "text")


def test_a_note_may_be_1000_characters_long_or_nothing() -> None:
    assert (clean_note(None), clean_note("  "), clean_note(" Say more ")) == (None, None, "Say more")
    assert clean_note("x" * 1_000) == "x" * 1_000
    with pytest.raises(TextTooLong) as raised:
        clean_note("x" * 1_001)
    assert raised.value.path == ("note",)
