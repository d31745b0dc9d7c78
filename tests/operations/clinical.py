"""A clinical review as a test's few lines: a case that needs one, the consultant's answers, the reviewer's verdict."""

from typing import Any

from sqlalchemy import update

from models import tables
from models.actor import Actor
from models.database import Database
from models.operations.answer_details import AnswerDetails, answer_details
from models.operations.record_clinical_review import RecordClinicalReview, record_clinical_review
from models.rules.vocabulary import AppointmentStatus, ClinicalDeclineReason, ClinicalVerdict, MailKind
from models.views.request import RequestView
from models.views.want import Want, asking
from tests.builders import WANT, World, a_world, confirmed
from tests.clock import FixedClock
from tests.operations.ledger import rows
from tests.rows import building

ANSWERS = {
    "CURRENT_STATE": "Sleeps through most nights now",
    "RISK": "None that is acute; seen weekly",
    "PROGRESS": "Back at work three days a week",
    "PLAN": "Return to five days; enough once that holds a month",
}
"""What must be answered, answered."""
NOTE = "Please say more about the plan for March"
REVIEW = asking(
    *("total", "threshold", "result", "reason", "reviewed_on", "reviewed_at", "sessions_endorsed"),
    rounds=asking(
        *("round", "questionnaire", "asked_at", "answered_at", "note"),
        questions=asking("code", "text", "required", "answer"),
    ),
)
"""Everything of a clinical review."""
REVIEWED = asking("id", "version", "status", "sessions_requested", clinical_review=REVIEW)

ASK, ENDORSE, DECLINE = ClinicalVerdict
REASON = ClinicalDeclineReason.OTHER_CARE_INDICATED


BEYOND = (AppointmentStatus.COMPLETED,) * 10
"""With these behind it, three more sessions exceed the usual threshold of twelve."""


async def a_long_case(database: Database, clock: FixedClock, **terms: Any) -> World:
    """Build a world in which whatever is requested needs a clinical review first."""
    return await a_world(database, clock, **{"clinical_review_threshold": 0, **terms})


async def answer(
    world: World,
    request_id: str,
    answers: dict[str, str] | None = None,
    *,
    by: Actor | None = None,
    want: Want = WANT,
    **options: Any,
) -> RequestView:
    given = ANSWERS if answers is None else answers
    command = AnswerDetails(request_id=request_id, answers=tuple(given.items()), **options)
    return await answer_details(
        command, by=by or world.consultant, database=world.database, clock=world.clock, want=want
    )


async def review(
    world: World,
    request_id: str,
    verdict: ClinicalVerdict,
    *,
    by: Actor | None = None,
    want: Want = WANT,
    **options: Any,
) -> RequestView:
    command = RecordClinicalReview(request_id=request_id, verdict=verdict, **options)
    reviewer = by or world.clinical_reviewer
    return await record_clinical_review(command, by=reviewer, database=world.database, clock=world.clock, want=want)


async def in_review(world: World, **changes: Any) -> str:
    """Submit, confirm and answer a request, and return its id: it awaits its clinical review."""
    request_id = await confirmed(world, **changes)
    await answer(world, request_id)
    return request_id


async def on_another_case(world: World) -> str:
    """Add a case of another client's, and return the id of its appointment."""
    async with building(world.database, world.clock) as build:
        case = await build.case(await build.client(), world.organisation_id, world.practice_id)
        return await build.appointment(case.id, world.consultant)


async def leaves(world: World) -> None:
    """Let the world's consultant leave their practice."""
    async with world.database.transaction() as session:
        left = update(tables.Consultant).where(tables.Consultant.id == world.consultant.consultant_id)
        await session.execute(left.values(left_on=world.clock.now().date()))


async def mails(world: World, kind: MailKind) -> list[str | None]:
    """Return to which accounts mails of a kind are owed, each of them with its job."""
    owed = [row for row in await rows(world.database, tables.Mail) if row.kind is kind]
    promised = {row.args.get("mail_id"): row.actor for row in await rows(world.database, tables.Job)}
    assert {promised[row.id] for row in owed} <= {f"{kind.value.lower()}_email"}
    return [row.account_id for row in owed]
