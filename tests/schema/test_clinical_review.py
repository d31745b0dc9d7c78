"""The clinical review over HTTP: from the questions to the verdict, refused by typed codes, unseen by organisations."""

from typing import Any

import pytest

from models.database import Database
from models.keyring import Keyring
from tests.builders import World, confirmed
from tests.clock import FixedClock
from tests.operations.acting import release
from tests.operations.clinical import ANSWERS, NOTE, a_long_case, in_review
from tests.operations.ledger import changes_nothing
from tests.queries.asked import listening
from tests.queries.columns import all_forbidden
from tests.schema.house import EVERYBODY, House
from tests.schema.test_bad_input import INVISIBLE, MALFORMED_IDS, NOBODYS, check, expect
from tests.schema.widest import everything_of

REQUEST = everything_of("ExtraSessionsRequest", 4)
ANSWER = f"""
mutation Answer($input: AnswerFurtherDetailsInput!) {{
  answerFurtherDetails(input: $input) {{ request {REQUEST} userErrors {{ message path code }} }}
}}
"""
REVIEW = f"""
mutation Review($input: RecordClinicalReviewInput!) {{
  recordClinicalReview(input: $input) {{ request {REQUEST} userErrors {{ message path code }} }}
}}
"""
FORM = """
query Form($id: ID!, $sessions: Int) {
  case(by: {id: $id}) {
    extraSessionsForm(sessionsRequested: $sessions) {
      wouldNeedClinicalReview
      clinicalReviewEstimate { used scheduled remaining requested total threshold needed }
    }
  }
}
"""
WHOLE = f"query ($id: ID!) {{ request(by: {{id: $id}}) {REQUEST} }}"


@pytest.fixture
async def world(database: Database, clock: FixedClock) -> World:
    return await a_long_case(database, clock)


@pytest.fixture
def house(world: World, keyring: Keyring) -> House:
    return House(world, keyring)


def given(answers: dict[str, str]) -> list[dict[str, str]]:
    return [{"code": code, "text": text} for code, text in answers.items()]


async def test_a_review_goes_from_the_questions_through_a_second_round_to_an_endorsement(
    house: House, world: World
) -> None:
    request_id = await confirmed(world)
    asked = await house.ask(world.consultant, WHOLE, id=request_id)
    (pending,) = asked["clinicalReview"]["rounds"]
    assert (pending["answeredAt"], {each["answer"] for each in pending["questions"]}) == (None, {None})
    codes = [each["code"] for each in pending["questions"] if each["required"]]
    command: dict[str, Any] = {"requestId": request_id, "answers": given(ANSWERS), "expectedVersion": 2}
    assert codes == list(ANSWERS)
    answered = await house.ask(world.consultant, ANSWER, input={**command, "idempotencyKey": "one"})
    assert (answered["userErrors"], answered["request"]["status"]) == ([], "CLINICAL_REVIEW")
    command = {"requestId": request_id, "verdict": "ASK_FOR_DETAILS", "questions": ["PLAN"], "note": NOTE}
    again = (await house.ask(world.clinical_reviewer, REVIEW, input=command))["request"]
    assert (again["status"], again["clinicalReview"]["rounds"][1]["note"]) == ("AWAITING_DETAILS", NOTE)
    assert {each["answer"] for each in again["clinicalReview"]["rounds"][0]["questions"]} == {*ANSWERS.values(), None}
    command = {"requestId": request_id, "answers": given({"PLAN": "Two more"})}
    await house.ask(world.consultant, ANSWER, input=command)
    command = {"requestId": request_id, "verdict": "ENDORSE", "sessionsEndorsed": 2, "idempotencyKey": "two"}
    endorsed = (await house.ask(world.clinical_reviewer, REVIEW, input=command))["request"]
    assert endorsed["status"] == "ORGANISATION_REVIEW"
    shown = endorsed["clinicalReview"]
    assert (shown["result"], shown["sessionsEndorsed"], shown["reviewedOn"]) == ("ENDORSED", 2, "2026-11-23")
    assert [each["type"] for each in endorsed["timeline"]][-5:] == [
        *("DETAILS_REQUESTED", "DETAILS_ANSWERED", "DETAILS_REQUESTED", "DETAILS_ANSWERED", "ENDORSED"),
    ]


async def test_a_decline_shows_its_reason_to_the_practice_and_nothing_to_the_organisation(
    house: House, world: World
) -> None:
    request_id = await in_review(world)
    command = {"requestId": request_id, "verdict": "DECLINE", "reason": "GOAL_REACHED"}
    declined = (await house.ask(world.clinical_reviewer, REVIEW, input=command))["request"]
    assert (declined["status"], declined["outcome"], declined["decision"]["reason"]) == ("DECLINED", "DECLINED", None)
    for who in ("consultant", "manager", "staff", "integrator"):
        shown = await house.ask(getattr(world, who), WHOLE, id=request_id)
        assert (shown["clinicalReview"]["result"], shown["clinicalReview"]["reason"]) == ("DECLINED", "GOAL_REACHED")
    for who in ("reviewer", "organisation_integrator"):
        assert await house.ask(getattr(world, who), WHOLE, id=request_id) is None


async def test_an_organisation_reads_no_word_of_a_review_that_endorsed_for_fewer(house: House, world: World) -> None:
    request_id = await in_review(world)
    command = {"requestId": request_id, "verdict": "ENDORSE", "sessionsEndorsed": 1}
    await house.ask(world.clinical_reviewer, REVIEW, input=command)
    await release(world, request_id)
    for who in ("reviewer", "organisation_integrator"):
        with listening() as heard:
            response = await house.send(getattr(world, who), WHOLE, id=request_id)
        shown = response.json()["data"]["request"]
        assert (shown["sessionsRequested"], shown["clinicalReview"], shown["version"]) == (1, None, 1)
        assert all_forbidden(heard) == []
        for word in ("ENDORSED", "DETAILS", *ANSWERS.values(), "CLINICAL_REVIEW"):
            assert word not in response.text


@pytest.mark.parametrize(("document", "may"), [(ANSWER, {"consultant"}), (REVIEW, {"clinical_reviewer"})])
async def test_every_other_role_is_refused_by_role_alone(
    house: House, world: World, subtests: pytest.Subtests, document: str, may: set[str]
) -> None:
    request_id = await (confirmed if document is ANSWER else in_review)(world)
    parts = {"answers": given(ANSWERS)} if document is ANSWER else {"verdict": "ENDORSE"}
    async with changes_nothing(world.database):
        for who in (each for each in EVERYBODY if each not in may):
            with subtests.test(who), listening() as heard:
                response = await house.send(getattr(world, who), document, input={"requestId": request_id, **parts})
                assert house.codes(response) == {"NOT_ALLOWED"}
                assert who not in {"reviewer", "organisation_integrator"} or all_forbidden(heard) == []


ANSWERED: dict[str, tuple[dict[str, Any], str]] = {
    **{f"the request {each[:30]!a}": ({"requestId": each}, "NOT_FOUND") for each in MALFORMED_IDS},
    "a request of nobody": ({"requestId": f"req_{NOBODYS}"}, "NOT_FOUND"),
    "no answers": ({"answers": []}, "ANSWERS_INCOMPLETE"),
    "answers that are null": ({"answers": None}, "BAD_USER_INPUT"),
    "a required answer of spaces": ({"answers": given({**ANSWERS, "RISK": " "})}, "ANSWERS_INCOMPLETE"),
    "an unknown code": ({"answers": given({**ANSWERS, "\0": "x"})}, "UNKNOWN_QUESTION"),
    "an answer twice": ({"answers": given(ANSWERS) + given({"RISK": "None"})}, "UNKNOWN_QUESTION"),
    "an answer one character too long": ({"answers": given({**ANSWERS, "RISK": "x" * 2_001})}, "TEXT_TOO_LONG"),
    "a version that never was": ({"expectedVersion": 0}, "STALE_VERSION"),
    **{f"{name}": ({"answers": given({**ANSWERS, "RISK": text})}, "TEXT_INVALID") for name, text in INVISIBLE.items()},
}


async def test_bad_answers_are_refused_by_their_own_code(house: House, world: World, subtests: pytest.Subtests) -> None:
    command = {"requestId": await confirmed(world), "answers": given(ANSWERS)}
    async with changes_nothing(world.database):
        for name, (changes, code) in ANSWERED.items():
            with subtests.test(name):
                check(await house.send(world.consultant, ANSWER, input={**command, **changes}), code)
    await house.ask(world.consultant, ANSWER, input=command)
    await expect(house, world.consultant, ANSWER, "NOT_OPEN", input=command)


REVIEWED: dict[str, tuple[dict[str, Any], str]] = {
    **{f"the request {each[:30]!a}": ({"requestId": each}, "NOT_FOUND") for each in MALFORMED_IDS},
    "no verdict": ({"verdict": None}, "BAD_USER_INPUT"),
    "an unknown verdict": ({"verdict": "APPROVE"}, "BAD_USER_INPUT"),
    "no sessions": ({"sessionsEndorsed": 0}, "NO_SESSIONS"),
    "more sessions than requested": ({"sessionsEndorsed": 4}, "TOO_MANY_SESSIONS"),
    "a reason of a decline": ({"reason": "OTHER"}, "NOT_PART_OF_VERDICT"),
    "an organisation's reason": ({"verdict": "DECLINE", "reason": "BUDGET"}, "BAD_USER_INPUT"),
    "a decline without a reason": ({"verdict": "DECLINE"}, "REASON_MISSING"),
    "no question": ({"verdict": "ASK_FOR_DETAILS", "questions": []}, "TEXT_MISSING"),
    "an unknown question": ({"verdict": "ASK_FOR_DETAILS", "questions": ["\0"]}, "UNKNOWN_QUESTION"),
    "a long note": ({"verdict": "ASK_FOR_DETAILS", "note": "x" * 1_001}, "TEXT_TOO_LONG"),
    "a note with an override": ({"verdict": "ASK_FOR_DETAILS", "note": "Say\u202e more"}, "TEXT_INVALID"),
    "a version that never was": ({"expectedVersion": 0}, "STALE_VERSION"),
}


async def test_bad_verdicts_are_refused_by_their_own_code(
    house: House, world: World, subtests: pytest.Subtests
) -> None:
    command = {"requestId": await in_review(world), "verdict": "ENDORSE"}
    async with changes_nothing(world.database):
        for name, (changes, code) in REVIEWED.items():
            with subtests.test(name):
                check(await house.send(world.clinical_reviewer, REVIEW, input={**command, **changes}), code)
    once = {**command, "idempotencyKey": "once"}
    await house.ask(world.clinical_reviewer, REVIEW, input=once)
    await expect(house, world.clinical_reviewer, REVIEW, "NOT_OPEN", input=command)
    other = {**once, "sessionsEndorsed": 1}
    await expect(house, world.clinical_reviewer, REVIEW, "IDEMPOTENCY_KEY_REUSED", input=other)


async def test_the_form_shows_the_sum_for_a_number_that_can_be_asked_for(house: House, world: World) -> None:
    shown = await house.ask(world.consultant, FORM, id=world.case.id, sessions=3)
    assert shown["extraSessionsForm"]["clinicalReviewEstimate"] == {
        "used": 3,
        "scheduled": 1,
        "remaining": 2,
        "requested": 3,
        "total": 9,
        "threshold": 0,
        "needed": True,
    }
    for sessions in (None, 0, 5, 2**31 - 1):
        shown = await house.ask(world.consultant, FORM, id=world.case.id, sessions=sessions)
        assert shown["extraSessionsForm"]["clinicalReviewEstimate"] is None
