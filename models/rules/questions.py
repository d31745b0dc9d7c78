"""What an organisation may ask about a request, how often and until when; and what an answer may be."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from models.rules.business_days import in_time
from models.rules.refusals import DecisionOverdue, TextMissing, TooManyQuestions
from models.rules.request_form import clean_text
from models.rules.vocabulary import QuestionTopic

MOST_QUESTIONS = 2
"""A request's whole life long, those of an earlier system included."""
ANSWER_LENGTH = 1_000
ANSWER_PATH = ("answer",)

QUESTIONS: Mapping[QuestionTopic, str] = MappingProxyType(
    {
        QuestionTopic.NUMBER_OF_SESSIONS: "Why is this number of sessions needed?",
        QuestionTopic.FEWER_SESSIONS: "Would fewer sessions serve the goal as well?",
        QuestionTopic.PERIOD: "Over what period would the sessions be held?",
        QuestionTopic.ONWARD_PLAN: "What is planned for the time after these sessions?",
        QuestionTopic.SIGN_OF_SUCCESS: "How will it show that the sessions have reached their goal?",
    }
)
"""Every question as people read it, in whichever channel."""
_UNKNOWN = "A question that was asked in the provider's earlier system."


def in_words(topic: QuestionTopic | None) -> str:
    """Return the question as people read it; ``None`` stands for one that the product did not ask itself."""
    return _UNKNOWN if topic is None else QUESTIONS[topic]


def check_may_ask(*, asked: int, due_at: datetime, now: datetime) -> None:
    """Raise unless one more question may be asked; exactly the decision's due moment is not overdue."""
    if asked >= MOST_QUESTIONS:
        raise TooManyQuestions(MOST_QUESTIONS)
    if not in_time(now, due_at):
        raise DecisionOverdue


def clean_answer(text: str) -> str:
    """Return an answer, trimmed. Raises for one that is empty, too long or holds control characters."""
    answer = clean_text(text, ANSWER_PATH, ANSWER_LENGTH)
    if not answer:
        raise TextMissing(ANSWER_PATH)
    return answer
