"""The further details that a clinical review asks for: which questions, and what counts as an answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from models.rules.refusals import AnswersIncomplete, TextMissing, UnknownQuestion
from models.rules.request_form import clean_text

ANSWER_LENGTH = 2_000
NOTE_LENGTH = 1_000


@dataclass(frozen=True, slots=True)
class Question:
    code: str
    text: str
    required: bool


@dataclass(frozen=True, slots=True)
class Questionnaire:
    version: str
    questions: tuple[Question, ...]

    def of(self, codes: Iterable[str]) -> tuple[Question, ...]:
        """Return the questions of these codes, in the questionnaire's own order."""
        wanted = set(codes)
        return tuple(question for question in self.questions if question.code in wanted)


def check_codes(codes: Iterable[str], known: Questionnaire) -> list[str]:
    """Return the codes to ask again, in the questionnaire's order. Raises UnknownQuestion, TextMissing for none."""
    wanted = list(codes)
    for place, code in enumerate(wanted):
        if not known.of([code]):
            raise UnknownQuestion(("questions", str(place)))
    if not wanted:
        raise TextMissing(("questions",))
    return [question.code for question in known.of(wanted)]


def clean_answers(given: Iterable[tuple[str, str]], asked: Iterable[Question]) -> dict[str, str]:
    """Return the answers by code, trimmed. What was not asked, is missing, too long or unreadable is refused."""
    questions = {question.code: question for question in asked}
    answers: dict[str, str] = {}
    for place, (code, text) in enumerate(given):
        if code not in questions or code in answers:
            raise UnknownQuestion(("answers", str(place), "code"))
        answers[code] = clean_text(text, ("answers", str(place), "text"), ANSWER_LENGTH)
    _check_complete(answers, questions)
    return {code: text for code, text in answers.items() if text}


def _check_complete(answers: Mapping[str, str], questions: Mapping[str, Question]) -> None:
    for code, question in questions.items():
        if question.required and not answers.get(code):
            raise AnswersIncomplete(question.text)


def clean_note(text: str | None) -> str | None:
    """Return the clinical reviewer's note, trimmed; None where nothing was written."""
    return clean_text(text or "", ("note",), NOTE_LENGTH) or None
