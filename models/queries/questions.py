"""Reads of what organisations have asked: the question and its days for all, a draft for those alone who may link."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select

from models.queries.reading import Reading
from models.rules.confidentiality import Sensitivity, may_read, projected_question, sees_projection
from models.rules.questions import in_words
from models.rules.vocabulary import QuestionState
from models.sealing import Place
from models.tables import AssistCase, ExtraSessionsRequest, OrganisationQuestion
from models.views.request import QuestionView
from models.views.want import Want

Q = OrganisationQuestion

_COLUMNS = (Q.request_id, Q.number, Q.topic, Q.state, Q.asked_on, Q.ended_on, Q.answer)
_DRAFT_COLUMNS = (Q.id, Q.key_version, Q.draft_sealed, AssistCase.client_id)


def draft_place(question_id: str) -> Place:
    """Return where the draft of an answer stands."""
    return Place("organisation_question", Sensitivity.LINKING.value, question_id)


async def load_questions(reading: Reading, request_ids: Collection[str], want: Want) -> dict[str, list[QuestionView]]:
    """Return each request's questions in the order in which they were asked; a draft only where it is asked for.

    To show a draft is not put on the record of who looked, which is of what identifies or is clinical: it is LINKING,
    was checked for identifiers when it was written, and is sealed for what that check can't know.
    """
    projection = sees_projection(reading.by)
    statement = select(*_COLUMNS).where(Q.request_id.in_(request_ids)).order_by(Q.request_id, Q.number)
    if not projection:
        statement = statement.add_columns(Q.asked_at)
    drafts = want.any_of("draft") and may_read(reading.by, Sensitivity.LINKING)
    if drafts:
        statement = (
            statement.add_columns(*_DRAFT_COLUMNS)
            .join(ExtraSessionsRequest, ExtraSessionsRequest.id == Q.request_id)
            .join(AssistCase, AssistCase.id == ExtraSessionsRequest.case_id)
        )
    rows = await reading.rows(statement)
    opened = await open_drafts(reading, rows) if drafts else {}
    found: dict[str, list[QuestionView]] = defaultdict(list)
    for row in rows:
        found[row.request_id].append(
            QuestionView(
                number=row.number,
                topic=row.topic,
                text=in_words(row.topic),
                state=projected_question(row.state) if projection else row.state,
                asked_on=row.asked_on,
                ended_on=row.ended_on,
                answer=row.answer,
                asked_at=None if projection else row.asked_at,
                draft=opened.get(row.id) if drafts else None,
            )
        )
    return found


async def open_drafts(reading: Reading, rows: Sequence[Any]) -> dict[str, str]:
    """Return the text of each draft that is there, by its question's id."""
    sealed = [row for row in rows if row.draft_sealed is not None]
    keys = await reading.client_keys(row.client_id for row in sealed)
    return {
        row.id: reading.vault.unseal(keys.of(row.client_id, row.key_version), draft_place(row.id), row.draft_sealed)[
            "answer"
        ]
        for row in sealed
    }


async def load_states(reading: Reading, request_ids: Collection[str]) -> dict[str, list[QuestionState]]:
    """Return the states of each request's questions: what decides on what may be done, and is shown to nobody."""
    found: dict[str, list[QuestionState]] = defaultdict(list)
    for row in await reading.rows(select(Q.request_id, Q.state).where(Q.request_id.in_(request_ids))):
        found[row.request_id].append(row.state)
    return found
