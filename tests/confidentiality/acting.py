"""Who acts in a world where nobody of the organisation looks, and how a request comes to its release."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import select

from models.actor import Actor
from models.operations.answer_details import AnswerDetails, answer_details
from models.operations.confirm_request import ConfirmRequest, confirm_request
from models.operations.record_clinical_review import RecordClinicalReview, record_clinical_review
from models.operations.revise_request import ReviseRequest, revise_request
from models.questionnaires import current_questionnaire
from models.rules.refusals import Refusal
from models.rules.vocabulary import ClinicalVerdict
from models.tables import AssistCase, Consultant, ExtraSessionsRequest
from tests.builders import WANT
from tests.confidentiality.stage import Stage
from tests.confidentiality.worlds import World

Act = Callable[[Stage, World], Awaitable[object]]


async def quietly(doing: Awaitable[object]) -> None:
    """A refusal is an outcome like any other: what was refused has not happened."""
    try:
        await doing
    except Refusal:
        return


def staff_of(world: World) -> Actor:
    assert world.staff is not None
    return world.staff


def around(stage: Stage) -> dict[str, Any]:
    """Return what every operation gets beside its command and who does it."""
    return {"want": WANT, "database": stage.database, "clock": stage.clock}


async def answerer_of(stage: Stage, world: World, request_id: str) -> Actor:
    """Return the request's consultant, or the manager of the case's practice where they have left."""
    consultant = (
        select(Consultant.id, Consultant.left_on, AssistCase.practice_id)
        .join(ExtraSessionsRequest, ExtraSessionsRequest.consultant_id == Consultant.id)
        .join(AssistCase, AssistCase.id == ExtraSessionsRequest.case_id)
        .where(ExtraSessionsRequest.id == request_id)
    )
    async with stage.database.snapshot() as source:
        row = (await source.execute(consultant)).one()
    if row.left_on is not None:
        return world.managers[row.practice_id]
    return next(each for each in world.consultants if each.consultant_id == row.id)


async def confirm_through_review(stage: Stage, world: World, request_id: str) -> None:
    """Confirm a pending request, revised before; where that takes a clinical review, go through it to its end."""
    by = world.asked_by[request_id]
    for _ in range(world.dice.randint(0, 2)):
        revised = ReviseRequest(request_id=request_id, goal=None, pathway=None)
        await quietly(revise_request(revised, by=by, **around(stage)))
        stage.clock.advance(world.secrets.minutes(1))
    await confirm_request(ConfirmRequest(request_id=request_id), by=by, **around(stage))
    if request_id not in world.reviewed:
        return
    for _ in range(world.dice.randint(0, 1)):
        await answer_round(stage, world, request_id)
        await review(stage, world, request_id, verdict=ClinicalVerdict.ASK_FOR_DETAILS, note=world.secrets.text(6))
    await answer_round(stage, world, request_id)
    known = world.plot.pending[world.requests.index(request_id) - len(world.plot.released)]
    await review(stage, world, request_id, verdict=ClinicalVerdict.ENDORSE, sessions_endorsed=known.sessions)


async def answer_round(stage: Stage, world: World, request_id: str) -> None:
    stage.clock.advance(world.secrets.minutes(2))
    answers = tuple((question.code, world.secrets.text(6)) for question in current_questionnaire().questions)
    command = AnswerDetails(request_id=request_id, answers=answers)
    by = await answerer_of(stage, world, request_id)
    await answer_details(command, by=by, **around(stage))


async def review(stage: Stage, world: World, request_id: str, **verdict: Any) -> None:
    """Record a clinical review; ``verdict`` are the command's parts."""
    assert world.clinician is not None
    stage.clock.advance(world.secrets.minutes(2))
    command = RecordClinicalReview(request_id=request_id, **verdict)
    await record_clinical_review(command, by=world.clinician, **around(stage))
