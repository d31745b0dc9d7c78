"""Runs what happens beside a request's straight way, and holds what comes back to the recorded examples."""

from datetime import timedelta
from typing import Any

import pytest

from models.database import Database
from models.keyring import Keyring
from models.operations.record_mail import MailOutcome
from models.rules.vocabulary import MailKind
from tests.builders import World
from tests.clock import FixedClock
from tests.operations.acting import release
from tests.operations.clinical import ANSWERS as DETAILS
from tests.operations.test_record_mail import note
from tests.operations.timing import run_until
from tests.schema.documents import APPROVE, CONFIRM, SUBMIT
from tests.schema.house import House
from tests.schema.recording import ANSWERS, Recorder, a_named_world

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NOVEMBER = {"from": "2026-11-01", "to": "2026-11-30"}
RECORDED = "recorded anew: look at them, and run the test again"


def a_form(world: World, sessions: int) -> dict[str, Any]:
    today = f"{world.clock.now():%Y-%m-%d}"
    form = {"appointmentId": world.appointment_id, "sessionsRequested": sessions, "dateOfRequest": today}
    return {**form, "clientConsents": True, **ANSWERS}


async def test_a_question_and_what_follows_an_outcome_answer_as_their_examples_say(
    database: Database, clock: FixedClock, keyring: Keyring
) -> None:
    world = await a_named_world(database, clock)
    recorder = Recorder(House(world, keyring))

    request_id = await a_question(recorder, world)
    await an_outcome_that_is_hard_to_relay(recorder, world, request_id)
    form = {**a_form(world, 1), "requestId": request_id, "idempotencyKey": "c7aa21b4"}
    del form["appointmentId"]
    await recorder.run("reconsider", world.consultant, input=form)
    await recorder.run("close-case.refused", world.consultant, input={"caseId": world.case.id})
    await recorder.run("close-case", world.staff, input={"caseId": world.case.id, "idempotencyKey": "5e0c9f38"})
    await recorder.run("request-summary", world.consultant)
    await recorder.run("request-statistics", world.staff, **NOVEMBER)

    assert not recorder.recorded, RECORDED


async def a_question(recorder: Recorder, world: World) -> str:
    """The organisation asks; the consultant's first draft names the client and is refused; staff release the next."""
    request = (await recorder.house.ask(world.consultant, SUBMIT, input=a_form(world, 4)))["request"]
    await recorder.house.ask(world.consultant, CONFIRM, input={"requestId": request["id"]})
    await release(world, request["id"])
    of_it = {"requestId": request["id"]}
    question = {**of_it, "topic": "PERIOD", "expectedVersion": 1, "idempotencyKey": "41d2be07"}
    await recorder.run("ask-question", world.reviewer, input=question)
    await recorder.run("request-status.paused", world.consultant, by={"id": request["id"]})
    world.clock.advance(timedelta(days=2))
    names_them = {**of_it, "answer": "Marama will come fortnightly from the 7th of December."}
    await recorder.run("draft-answer.refused", world.consultant, input=names_them)
    draft = {**of_it, "answer": "Fortnightly, so over two months.", "idempotencyKey": "e2690f1c"}
    version = (await recorder.run("draft-answer", world.consultant, input=draft))["request"]["version"]
    await recorder.run("staff-tasks", world.staff)
    await recorder.run("release-answer", world.staff, input={**of_it, "expectedVersion": version})
    await recorder.run("review-request.answered", world.reviewer, id=request["id"])
    return str(request["id"])


async def an_outcome_that_is_hard_to_relay(recorder: Recorder, world: World, request_id: str) -> None:
    """The mail server refuses the client's address: staff tell them by telephone, and put it right."""
    await recorder.house.ask(world.reviewer, APPROVE, input={"requestId": request_id, "sessionsGranted": 2})
    await note(world, MailKind.OUTCOME_CONSULTANT, MailOutcome.ACCEPTED)
    await note(world, MailKind.OUTCOME_CLIENT, MailOutcome.REJECTED)
    found = await recorder.run("staff-tasks.bounced", world.staff, filter={"kinds": ["BOUNCED_ADDRESS"]})
    await recorder.run("confirm-relay", world.staff, input={"requestId": request_id, "idempotencyKey": "70fd83aa"})
    await recorder.run("complete-task", world.staff, input={"taskId": found["nodes"][0]["id"]})


async def test_a_clinical_review_and_an_overdue_decision_answer_as_their_examples_say(
    database: Database, clock: FixedClock, keyring: Keyring
) -> None:
    world = await a_named_world(database, clock, clinical_review_threshold=9)
    recorder = Recorder(House(world, keyring))

    request_id = await a_clinical_review(recorder, world)
    await release(world, request_id)
    await recorder.run("review-request.endorsed", world.reviewer, id=request_id)
    await run_until(world, clock.now() + timedelta(days=14))
    await recorder.run("requests.overdue", world.staff, filter={"overdue": True})
    await recorder.run("request-status.escalated", world.staff, by={"id": request_id})
    await recorder.run("request-summary.reviewer", world.reviewer)

    assert not recorder.recorded, RECORDED


async def a_clinical_review(recorder: Recorder, world: World) -> str:
    """The form says beforehand that it will come; the consultant answers, the clinical reviewer endorses for fewer."""
    by = world.consultant
    await recorder.run("extra-sessions-form.clinical-review", by, caseId=world.case.id, sessionsRequested=4)
    request = (await recorder.house.ask(by, SUBMIT, input=a_form(world, 4)))["request"]
    of_it = {"requestId": request["id"]}
    await recorder.run("confirm.clinical-review", by, input=of_it)
    answers = [{"code": code, "text": text} for code, text in DETAILS.items()]
    await recorder.run("answer-further-details.refused", by, input={**of_it, "answers": answers[:-1]})
    await recorder.run("answer-further-details", by, input={**of_it, "answers": answers, "expectedVersion": 2})
    await recorder.run("review-queue.clinical-reviewer", world.clinical_reviewer)
    seen = await recorder.run("review-request.clinical-reviewer", world.clinical_reviewer, id=request["id"])
    verdict = {**of_it, "verdict": "ENDORSE", "sessionsEndorsed": 3, "expectedVersion": seen["version"]}
    await recorder.run("record-clinical-review", world.clinical_reviewer, input=verdict)
    return str(request["id"])
