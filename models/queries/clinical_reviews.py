"""Reads of clinical reviews: what each came to, and its rounds of questions with the answers that a viewer may read."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, select

from models.queries.agreements import ClinicalTerms
from models.queries.reading import Reading
from models.questionnaires import questionnaire
from models.rules.confidentiality import Sensitivity, may_read
from models.rules.vocabulary import ClinicalResult
from models.sealing import Place
from models.tables import AssistCase, ExtraSessionsRequest, FurtherDetails
from models.views.request import ClinicalReview, FurtherDetailsQuestion, FurtherDetailsView, RequestView
from models.views.want import Want

D = FurtherDetails
R = ExtraSessionsRequest

_COLUMNS = (D.id, D.request_id, D.round, D.questionnaire, D.questions, D.asked_at, D.answered_at)
_NOTHING_SEALED: Mapping[str, Any] = {"note": None, "answers": {}}
"""What stands for a round that was not answered yet, is held back, or whose client was erased."""


def details_place(details_id: str) -> Place:
    """Return where a round's note and answers stand."""
    return Place("further_details", Sensitivity.CLINICAL.value, details_id)


async def add_clinical_reviews(
    reading: Reading, want: Want, found: Sequence[tuple[Any, RequestView]], terms: Mapping[str, ClinicalTerms]
) -> None:
    """Give each request that needed a clinical review what there is of it; the others keep their None."""
    reviewed = [(row, view) for row, view in found if row.needs_clinical_review]
    rounds: Mapping[str, list[FurtherDetailsView]] = {}
    if "rounds" in want.names and reviewed:
        rounds = await _load_rounds(reading, want.part("rounds"), {view.id for _, view in reviewed})
    for row, view in reviewed:
        view.clinical_review = _review(row, terms[row.agreement_id])
        if "rounds" in want.names:
            view.clinical_review.rounds = rounds.get(view.id, [])


def _review(row: Any, terms: ClinicalTerms) -> ClinicalReview:
    endorsed = row.clinical_result is ClinicalResult.ENDORSED
    return ClinicalReview(
        total=row.clinical_review_total,
        threshold=terms.clinical_review_threshold,
        result=row.clinical_result,
        reason=row.clinical_reason,
        reviewed_on=row.clinical_at and terms.calendar.local_day(row.clinical_at),
        reviewed_at=row.clinical_at,
        sessions_endorsed=row.sessions_released if endorsed else None,
    )


async def _load_rounds(
    reading: Reading, want: Want, request_ids: Collection[str]
) -> Mapping[str, list[FurtherDetailsView]]:
    """Return each request's rounds, first to last; what is sealed is selected where it is asked for and allowed."""
    asked = want.any_of("note") or want.part("questions").any_of("answer")
    opened = asked and may_read(reading.by, Sensitivity.CLINICAL)
    rows = await reading.rows(_select(request_ids, opened=opened))
    documents = await _open(reading, rows) if opened else {}
    found: dict[str, list[FurtherDetailsView]] = defaultdict(list)
    for row in rows:
        found[row.request_id].append(_round(row, documents.get(row.id, _NOTHING_SEALED)))
    return found


def _select(request_ids: Collection[str], *, opened: bool) -> Select[Any]:
    statement = select(*_COLUMNS).where(D.request_id.in_(request_ids)).order_by(D.request_id, D.round)
    if not opened:
        return statement
    sealed = (D.sealed, D.key_version, R.case_id, AssistCase.client_id)
    return statement.add_columns(*sealed).join(R, R.id == D.request_id).join(AssistCase, AssistCase.id == R.case_id)


async def _open(reading: Reading, rows: Sequence[Any]) -> dict[str, Mapping[str, Any]]:
    """Open what is sealed of these rounds, and put it on record."""
    sealed = [row for row in rows if row.sealed is not None]
    if not sealed:
        return {}
    reading.note(Sensitivity.CLINICAL, {row.case_id for row in sealed})
    keys = await reading.client_keys({row.client_id for row in sealed})
    return {
        row.id: reading.vault.unseal(keys.of(row.client_id, row.key_version), details_place(row.id), row.sealed)
        for row in sealed
    }


def _round(row: Any, document: Mapping[str, Any]) -> FurtherDetailsView:
    return FurtherDetailsView(
        round=row.round,
        questionnaire=row.questionnaire,
        asked_at=row.asked_at,
        answered_at=row.answered_at,
        note=document["note"],
        questions=[
            FurtherDetailsQuestion(each.code, each.text, each.required, document["answers"].get(each.code))
            for each in questionnaire(row.questionnaire).of(row.questions)
        ],
    )
