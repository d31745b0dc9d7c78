"""Asking, answering and releasing as they leave the server: typed codes, masked drafts, the form's choices."""

from typing import Any

import pytest

from models.rules.vocabulary import QuestionTopic
from tests.builders import World, released
from tests.operations.ledger import changes_nothing
from tests.operations.questioning import ANSWER, asked, drafted
from tests.schema.house import EVERYBODY, House

_REQUEST = """{
  request {
    id status version
    questions { number topic text state askedOn endedOn answer askedAt draft }
    timeline { type summary }
    availableActions { action enabled }
  }
  userErrors { message path code }
}"""


def mutation(name: str) -> str:
    kind = f"{name[0].upper()}{name[1:]}Input!"
    return f"mutation ($input: {kind}) {{ {name}(input: $input) {_REQUEST} }}"


ASK, DRAFT, RELEASE = mutation("askOrganisationQuestion"), mutation("draftAnswer"), mutation("releaseAnswer")
READ = """query ($id: ID!) {
  request(by: {id: $id}) {
    questions { state answer draft askedAt }
    questionTopics { value label }
    maskedFields
  }
}"""


async def test_a_question_goes_its_way_and_each_side_sees_its_part(house: House, world: World) -> None:
    request_id = await released(world)
    payload = await house.ask(world.reviewer, ASK, input={"requestId": request_id, "topic": "PERIOD"})
    (question,) = payload["request"]["questions"]
    assert question == {
        "number": 1,
        "topic": "PERIOD",
        "text": "Over what period would the sessions be held?",
        "state": "ASKED",
        "askedOn": "2026-11-23",
        "endedOn": None,
        "answer": None,
        "askedAt": None,
        "draft": None,
    }
    assert (payload["request"]["status"], payload["request"]["version"]) == ("INFORMATION_REQUESTED", 2)
    payload = await house.ask(world.consultant, DRAFT, input={"requestId": request_id, "answer": ANSWER})
    (question,) = payload["request"]["questions"]
    assert (question["state"], question["draft"], question["askedAt"]) == ("DRAFTED", ANSWER, "2026-11-23T00:30:00Z")
    seen = await house.ask(world.reviewer, READ, id=request_id)
    assert seen["questions"] == [{"state": "ASKED", "answer": None, "draft": None, "askedAt": None}]
    payload = await house.ask(world.staff, RELEASE, input={"requestId": request_id, "expectedVersion": 5})
    assert payload["request"]["questions"][0]["answer"] == ANSWER
    told = [entry["type"] for entry in payload["request"]["timeline"]]
    assert told[-3:] == ["QUESTION_ASKED", "ANSWER_DRAFTED", "QUESTION_ANSWERED"]
    seen = await house.ask(world.reviewer, READ, id=request_id)
    assert seen["questions"] == [{"state": "ANSWERED", "answer": ANSWER, "draft": None, "askedAt": None}]


async def test_a_reviewers_form_finds_its_choices_on_the_request(house: House, world: World) -> None:
    seen = await house.ask(world.reviewer, READ, id=await released(world))
    assert [each["value"] for each in seen["questionTopics"]] == [topic.value for topic in QuestionTopic]
    assert all(each["label"].endswith("?") for each in seen["questionTopics"])


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("", "TEXT_MISSING"),
        ("x" * 1_001, "TEXT_TOO_LONG"),
        ("Re\u200bst", "TEXT_INVALID"),
        ("It is {number}.", "IDENTIFIER_FOUND"),
        (None, "BAD_USER_INPUT"),
        (["Rest"], "BAD_USER_INPUT"),
    ],
)
async def test_a_bad_answer_is_refused_by_its_own_code(house: House, world: World, answer: Any, code: str) -> None:
    request_id = await asked(world)
    text = answer.format(number=world.case.number) if isinstance(answer, str) else answer
    async with changes_nothing(world.database):
        response = await house.send(world.consultant, DRAFT, input={"requestId": request_id, "answer": text})
    assert house.codes(response) == {code}
    assert world.case.number not in response.text


async def test_each_refusal_has_its_code(house: House, world: World) -> None:
    request_id = await released(world)
    topic = {"topic": "PERIOD"}
    unknown = {"requestId": "req_" + "A" * 22}
    here: dict[str, Any] = {"requestId": request_id}
    for document, actor, given, code in (
        (ASK, world.reviewer, {**here, "topic": "WHO_IS_IT"}, "BAD_USER_INPUT"),
        (ASK, world.reviewer, {**unknown, **topic}, "NOT_FOUND"),
        (ASK, world.reviewer, {**here, **topic, "expectedVersion": 7}, "STALE_VERSION"),
        (DRAFT, world.consultant, {**here, "answer": ANSWER}, "NOT_OPEN"),
        (RELEASE, world.staff, here, "NOT_OPEN"),
        (RELEASE, world.staff, unknown, "NOT_FOUND"),
    ):
        async with changes_nothing(world.database):
            assert house.codes(await house.send(actor, document, input=given)) == {code}
    await house.ask(world.reviewer, ASK, input={**here, **topic})
    assert house.codes(await house.send(world.staff, RELEASE, input=here)) == {"NO_DRAFT"}
    for told in (set(), {"TOO_MANY_QUESTIONS"}):
        await house.ask(world.consultant, DRAFT, input={**here, "answer": ANSWER})
        await house.ask(world.staff, RELEASE, input=here)
        assert house.codes(await house.send(world.reviewer, ASK, input={**here, **topic})) == told


@pytest.mark.parametrize(
    ("document", "given", "may"),
    [
        (ASK, {"topic": "PERIOD"}, {"reviewer", "second_reviewer"}),
        (DRAFT, {"answer": ANSWER}, {"consultant"}),
        (RELEASE, {}, {"staff"}),
    ],
)
async def test_every_other_role_is_not_allowed(
    house: House, world: World, document: str, given: dict[str, Any], may: set[str]
) -> None:
    request_id = await (released(world) if document is ASK else drafted(world))
    async with changes_nothing(world.database):
        for who in (each for each in EVERYBODY if each not in may):
            response = await house.send(getattr(world, who), document, input={"requestId": request_id, **given})
            assert house.codes(response) == {"NOT_ALLOWED"}, who
