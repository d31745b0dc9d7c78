"""Who sees what, as it leaves the server: in queries and in what mutations return, by type and role alone."""

from typing import Any

import pytest

from models.database import Database
from tests.builders import World, a_world, released, submitted
from tests.clock import FixedClock
from tests.rows import DETAIL, STATEMENT
from tests.schema import documents
from tests.schema.house import EVERYBODY, House
from tests.schema.test_bad_input import a_form
from tests.schema.widest import everything_listed, everything_of, fields_of

ALL = {"LINKING", "IDENTIFYING", "CLINICAL"}
CLEARED = {
    "consultant": ALL,
    "manager": {"LINKING", "IDENTIFYING"},
    "reviewer": set(),
    "second_reviewer": set(),
    "clinical_reviewer": {"LINKING", "CLINICAL"},
    "staff": {"LINKING", "IDENTIFYING"},
    "integrator": {"LINKING"},
    "practice_integrator": {"LINKING"},
    "organisation_integrator": set(),
}
OF_A_REQUEST = {
    "LINKING": {
        *(
            "case",
            "clinicalReview",
            "consultant",
            "decision.decidedAt",
            "decision.decidedBy",
            "practice",
            "reconsiderationOf",
            "requestor",
        ),
    },
    "IDENTIFYING": set(),
    "CLINICAL": {
        *("goal.statement", "referralPathway.detail", "referralPathway.kind"),
        *("clinicalReview.rounds.note", "clinicalReview.rounds.questions.answer"),
    },
}
OF_A_CLIENT = {"cases", "dateOfBirth", "displayName", "email", "employeeNumber", "phone"}
CLIENT = {
    "name": "Ngaire Whetu",
    "email": "ngaire.whetu@home.example",
    "phone": "+61491570006",
    "date_of_birth": "1987-02-28",
    "employee_number": "SX-90417",
}
EVERYTHING = f"query ($id: ID!) {{ request(by: {{id: $id}}) {everything_of('ExtraSessionsRequest')} }}"
EVERYTHING_OF_A_NODE = (
    "query ($id: ID!) { node(id: $id) { __typename "
    f"... on ExtraSessionsRequest {everything_of('ExtraSessionsRequest')} }} }}"
)


@pytest.fixture
async def world(database: Database, clock: FixedClock) -> World:
    """A world in which a request can be for the organisation and, with one session more, for clinical review."""
    return await a_world(database, clock, client=CLIENT, clinical_review_threshold=9)


async def test_each_role_sees_its_sensitivities_and_is_told_what_it_does_not(
    house: House, world: World, subtests: pytest.Subtests
) -> None:
    request_id = await released(world)

    for who in (each for each in EVERYBODY if each != "clinical_reviewer"):
        with subtests.test(who):
            check_request(await house.ask(getattr(world, who), EVERYTHING, id=request_id), who, world)
            check_request(await house.ask(getattr(world, who), EVERYTHING_OF_A_NODE, id=request_id), who, world)


async def test_a_clinical_reviewer_reads_the_answers_and_not_the_name(house: House, world: World) -> None:
    request_id = await released(world, sessions_requested=4)

    check_request(await house.ask(world.clinical_reviewer, EVERYTHING, id=request_id), "clinical_reviewer", world)


async def test_what_a_mutation_returns_is_masked_as_a_query_is(
    house: House, world: World, subtests: pytest.Subtests
) -> None:
    moves = {
        "consultant": ("confirm", submitted, {}),
        "staff": ("withdraw", released, {}),
        "second_reviewer": ("decline", released, {"reason": "OTHER"}),
        "reviewer": ("approve", released, {}),
    }
    for who, (verb, step, answers) in moves.items():
        with subtests.test(who):
            request_id = await step(world)
            name = f"{verb}ExtraSessionsRequest"
            document = (
                f"mutation ($input: {name[0].upper() + name[1:]}Input!) "
                f"{{ {name}(input: $input) {{ request {everything_of('ExtraSessionsRequest')} }} }}"
            )
            payload = await house.ask(getattr(world, who), document, input={"requestId": request_id, **answers})
            check_request(payload["request"], who, world)
            if verb == "confirm":
                await house.ask(world.consultant, documents.WITHDRAW, input={"requestId": request_id})


async def test_a_replayed_submission_is_masked_afresh(house: House, world: World) -> None:
    """The consultant who repeats it sees it in full; the key is theirs alone."""
    form = a_form(world, idempotencyKey="1")
    first = await house.ask(world.consultant, documents.SUBMIT, input=form)

    again = await house.ask(world.consultant, documents.SUBMIT, input=form)

    assert again == first
    assert first["request"]["goal"]["statement"] == "Rest"


async def test_an_organisation_learns_nothing_that_names_or_links_whatever_it_asks(
    house: House, world: World, subtests: pytest.Subtests
) -> None:
    """Every field of the schema is asked of everything that it can reach, and of everything that it cannot."""
    request_id = await released(world)
    listed = f"{{ requests(first: 2) {everything_listed()} }}"
    queue = f"{{ reviewQueue(first: 2) {everything_listed()} }}"
    case = f"query ($by: CaseBy!) {{ case(by: $by) {everything_of('AssistCase')} }}"
    questions: list[tuple[str, dict[str, Any]]] = [
        (EVERYTHING, {"id": request_id}),
        (EVERYTHING_OF_A_NODE, {"id": request_id}),
        (listed, {}),
        (queue, {}),
        (f"{{ viewer {everything_of('Viewer')} }}", {}),
        (case, {"by": {"id": world.case.id}}),
        (case, {"by": {"number": world.case.number}}),
        (documents.APPOINTMENT, {"id": world.appointment_id}),
        (documents.MY_CALENDAR, {"from": "2026-11-23", "to": "2026-11-23"}),
        (documents.APPROVE, {"input": {"requestId": request_id, "sessionsGranted": 9}}),
        (documents.APPROVE, {"input": {"requestId": request_id, "sessionsGranted": 2}}),
        (documents.DECLINE, {"input": {"requestId": request_id, "reason": "OTHER"}}),
        (documents.WITHDRAW, {"input": {"requestId": request_id}}),
        (EVERYTHING, {"id": request_id}),
        (listed, {}),
    ]
    secrets = await what_is_secret(house, world, request_id)
    assert len(secrets) > 15

    for who in ("reviewer", "organisation_integrator"):
        for document, variables in questions:
            with subtests.test(f"{who}: {document[:40]}"):
                response = await house.send(getattr(world, who), document, **variables)
                sent = f"{response.headers} {response.text}"
                assert "QUERY_TOO_COMPLEX" not in sent, "what is refused unread shows nothing"
                assert not [secret for secret in secrets if secret.casefold() in sent.casefold()]


async def what_is_secret(house: House, world: World, request_id: str) -> set[str]:
    """Return every identifying and linking value of this world's one client, from the consultant's side."""
    request = await house.ask(world.consultant, EVERYTHING, id=request_id)
    texts = {
        value
        for type_name, field, value in fields_of(request)
        if isinstance(value, str)
        and (type_name in {"Client", "Appointment", "AssistCase", "Practice", "Consultant"} or field == "occurredAt")
        and field not in {"timeZone", "status", "reason"}
    }
    answers = {STATEMENT, DETAIL, "SPECIALIST", world.appointment_id, "Ngaire", "Whetu"}
    return {text for text in texts | answers if text != "null" and len(text) > 3}


def check_request(request: Any, who: str, world: World) -> None:
    """Hold one request to the tables: what this role may see is there, and the rest is masked and named as masked."""
    cleared = CLEARED[who]
    masked: set[str] = set().union(*(fields for level, fields in OF_A_REQUEST.items() if level not in cleared))
    whole = {f"{field}." for field in masked}
    assert set(request["maskedFields"]) == {each for each in masked if not each.startswith(tuple(whole))}
    check_client(request["client"], identified="IDENTIFYING" in cleared)
    check_answers(request, read="CLINICAL" in cleared)
    if "LINKING" in cleared:
        check_links(request, world)
    else:
        check_projection(request)


def check_client(client: Any, *, identified: bool) -> None:
    assert set(client["maskedFields"]) == (set() if identified else OF_A_CLIENT)
    assert client["displayName"] == ("Ngaire Whetu" if identified else "Confidential")
    for field in OF_A_CLIENT - {"displayName"}:
        assert (client[field] is not None) == identified


def check_answers(request: Any, *, read: bool) -> None:
    assert request["goal"]["category"] == "RESTORE_FUNCTION"
    assert request["goal"]["statement"] == (STATEMENT if read else None)
    kind, detail = ("SPECIALIST", DETAIL) if read else (None, None)
    pathway = {"__typename": "ReferralPathway", "planned": True, "kind": kind, "detail": detail}
    assert request["referralPathway"] == pathway


def check_links(request: Any, world: World) -> None:
    assert request["case"]["number"] == world.case.number
    assert request["case"]["client"]["displayName"] == request["client"]["displayName"]
    assert request["practice"]["id"] == world.practice_id
    assert request["consultant"]["id"] == world.consultant.consultant_id
    assert request["requestor"] == "CONSULTANT"
    assert all(entry["occurredAt"] for entry in request["timeline"])
    assert len(request["timeline"]) >= 2


def check_projection(request: Any) -> None:
    """Nothing that links: no case, no moment, no deadline and no event but the organisation's own."""
    for field in ("case", "practice", "consultant", "requestor", "reconsiderationOf", "clinicalReview"):
        assert request[field] is None
    assert {deadline["kind"] for deadline in request["deadlines"]} == {"DECISION"}
    assert {deadline["metAt"] for deadline in request["deadlines"]} == {None}
    assert {entry["type"] for entry in request["timeline"]} <= {"RELEASED", "APPROVED", "DECLINED", "WITHDRAWN"}
    assert {entry["occurredAt"] for entry in request["timeline"]} == {None}
    assert (request["decision"] or {"decidedAt": None})["decidedAt"] is None
