"""What bad input gets: a typed user error or a coded error, never a fault, never half a write."""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest
from httpx2 import Response

from models.actor import Actor
from models.database import Database
from models.keyring import Keyring
from models.rules.vocabulary import CaseStatus
from tests.builders import World, a_world, confirmed, released, submitted
from tests.clock import FixedClock
from tests.operations.acting import decline
from tests.operations.ledger import changes_nothing
from tests.operations.questioning import ANSWER, asked, drafted
from tests.schema import documents
from tests.schema.house import House

NOBODYS = "A" * 22
MALFORMED_IDS = ("", "7", "req", "req_", "req_" + "A" * 23, "REQ_" + NOBODYS, "req_" + "é" * 22, "%", "x" * 9_000, "\0")
INVISIBLE = {
    "a control character": "Rest\x07",
    "NUL": "Rest\0",
    "an override of the reading direction": "Rest \u202eyaw",
    "an isolate": "Rest \u2066way",
    "a zero-width space": "Re\u200bst",
    "a byte order mark in the middle": "Re\ufeffst",
    "a private character": "Rest \ue000",
    "a line separator of another age": "Rest\x85more",
}

Change = dict[str, Any]


def a_form(world: World, **changes: Any) -> Change:
    """Return the form's answers as a front end sends them, accepted but for ``changes``."""
    return {
        "appointmentId": world.appointment_id,
        "sessionsRequested": 3,
        "dateOfRequest": "2026-11-23",
        "goal": {"category": "OTHER", "statement": "Rest"},
        "referralPathway": {"kind": "NONE_NEEDED"},
        "clientConsents": True,
        **changes,
    }


def goal(statement: Any) -> Change:
    return {"goal": {"category": "OTHER", "statement": statement}}


def pathway(detail: Any) -> Change:
    return {"referralPathway": {"kind": "PRIVATE", "detail": detail}}


FORMS: dict[str, tuple[Change, str]] = {
    "an appointment of nobody": ({"appointmentId": f"apt_{NOBODYS}"}, "NOT_FOUND"),
    **{f"the appointment {each[:30]!a}": ({"appointmentId": each}, "NOT_FOUND") for each in MALFORMED_IDS},
    "no appointment": ({"appointmentId": None}, "BAD_USER_INPUT"),
    "0 sessions": ({"sessionsRequested": 0}, "NO_SESSIONS"),
    "-1 sessions": ({"sessionsRequested": -1}, "NO_SESSIONS"),
    "5 sessions": ({"sessionsRequested": 5}, "TOO_MANY_SESSIONS"),
    "2^31 - 1 sessions": ({"sessionsRequested": 2**31 - 1}, "TOO_MANY_SESSIONS"),
    "2^31 sessions": ({"sessionsRequested": 2**31}, "BAD_USER_INPUT"),
    "-2^31 - 1 sessions": ({"sessionsRequested": -(2**31) - 1}, "BAD_USER_INPUT"),
    "half a session": ({"sessionsRequested": 1.5}, "BAD_USER_INPUT"),
    "sessions as text": ({"sessionsRequested": "3"}, "BAD_USER_INPUT"),
    "sessions as truth": ({"sessionsRequested": True}, "BAD_USER_INPUT"),
    "yesterday": ({"dateOfRequest": "2026-11-22"}, "DATE_NOT_TODAY"),
    "tomorrow": ({"dateOfRequest": "2026-11-24"}, "DATE_NOT_TODAY"),
    "the first day of all": ({"dateOfRequest": "0001-01-01"}, "DATE_NOT_TODAY"),
    "the last day of all": ({"dateOfRequest": "9999-12-31"}, "DATE_NOT_TODAY"),
    **{
        f"the date {each!a}": ({"dateOfRequest": each}, "BAD_USER_INPUT")
        for each in (
            *("today", "23/11/2026", "23.11.2026", "2026-11-23T00:00:00Z", "2026-11-31", "20261123", "2026-W48-1"),
            *("2026-11-23 ", "\uff12026-11-23", "", 20261123, 1.5, True, None, ["2026-11-23"]),
        )
    },
    "the client as requestor": ({"requestor": "CLIENT"}, "REQUESTOR_NOT_ALLOWED"),
    "the provider as requestor": ({"requestor": "PROVIDER"}, "REQUESTOR_NOT_ALLOWED"),
    "an unknown requestor": ({"requestor": "Consultant"}, "BAD_USER_INPUT"),
    "no consent": ({"clientConsents": False}, "CONSENT_MISSING"),
    "unknown consent": ({"clientConsents": None}, "BAD_USER_INPUT"),
    "no statement": (goal(""), "TEXT_MISSING"),
    "a statement of spaces": (goal(" \n\t "), "TEXT_MISSING"),
    "a statement one character too long": (goal("x" * 2_001), "TEXT_TOO_LONG"),
    "a statement of 60,000 characters": (goal("x" * 60_000), "TEXT_TOO_LONG"),
    "a statement of 1 MB": (goal("x" * 1_000_000), "BAD_USER_INPUT"),
    "a statement that is a list": (goal(["Rest"]), "BAD_USER_INPUT"),
    "a goal that names a problem": ({"goal": {"category": "ANXIETY", "statement": "Rest"}}, "BAD_USER_INPUT"),
    "a detail one character too long": (pathway("x" * 1_001), "TEXT_TOO_LONG"),
    **{f"a statement with {name}": (goal(text), "TEXT_INVALID") for name, text in INVISIBLE.items()},
    **{f"a detail with {name}": (pathway(text), "TEXT_INVALID") for name, text in INVISIBLE.items()},
    "an answer that nobody asked for": ({"reason": "none"}, "BAD_USER_INPUT"),
}


async def test_a_bad_form_is_refused_by_its_own_code(house: House, world: World, subtests: pytest.Subtests) -> None:
    async with changes_nothing(world.database):
        for name, (changes, code) in FORMS.items():
            with subtests.test(name):
                check(await house.send(world.consultant, documents.SUBMIT, input=a_form(world, **changes)), code)


async def test_plain_line_breaks_and_every_script_are_welcome(house: House, world: World) -> None:
    text = "Schlafprotokoll führen\n\tمی‌خواهم آرام بخوابم\r\n👩‍⚕️ done"

    payload = await house.ask(world.consultant, documents.SUBMIT, input=a_form(world, **goal(text), **pathway(text)))

    assert payload["userErrors"] == []
    assert payload["request"]["goal"]["statement"] == text


async def test_an_appointment_of_another_practice_is_not_there(
    house: House, world: World, database: Database, clock: FixedClock
) -> None:
    elsewhere = await a_world(database, clock)

    await expect(house, world.consultant, documents.SUBMIT, "NOT_FOUND", input=a_form(elsewhere))


async def test_a_closed_case_takes_no_request(database: Database, clock: FixedClock, keyring: Keyring) -> None:
    world = await a_world(database, clock, case_status=CaseStatus.CLOSED)

    await expect(House(world, keyring), world.consultant, documents.SUBMIT, "CASE_CLOSED", input=a_form(world))


async def test_a_case_takes_one_open_request(house: House, world: World) -> None:
    await submitted(world)

    await expect(house, world.consultant, documents.SUBMIT, "OPEN_REQUEST_EXISTS", input=a_form(world))


async def test_a_key_works_for_one_input(house: House, world: World) -> None:
    first = await house.ask(world.consultant, documents.SUBMIT, input=a_form(world, idempotencyKey="k\0" * 500))
    again = await house.ask(world.consultant, documents.SUBMIT, input=a_form(world, idempotencyKey="k\0" * 500))

    assert first == again
    other = a_form(world, idempotencyKey="k\0" * 500, sessionsRequested=2)
    await expect(house, world.consultant, documents.SUBMIT, "IDEMPOTENCY_KEY_REUSED", input=other)


MUTATIONS: dict[str, tuple[str, str, Change]] = {
    "revise": ("consultant", documents.REVISE, {}),
    "confirm": ("consultant", documents.CONFIRM, {}),
    "withdraw": ("consultant", documents.WITHDRAW, {}),
    "approve": ("reviewer", documents.APPROVE, {}),
    "decline": ("reviewer", documents.DECLINE, {"reason": "BUDGET"}),
    "ask": ("reviewer", documents.ASK, {"topic": "PERIOD"}),
    "draft": ("consultant", documents.DRAFT, {"answer": ANSWER}),
    "release": ("staff", documents.RELEASE, {}),
    "confirm relay": ("staff", documents.CONFIRM_RELAY, {}),
}


async def decided(world: World) -> str:
    """Have a request declined, and return its id; nobody has been told yet."""
    request_id = await released(world)
    await decline(world, request_id)
    return request_id


STEPS: dict[str, Callable[[World], Awaitable[str]]] = {
    **dict.fromkeys(("revise", "confirm", "withdraw"), submitted),
    **dict.fromkeys(("approve", "decline", "ask"), released),
    "draft": asked,
    "release": drafted,
    "confirm relay": decided,
}
"""What brings a request to where each mutation can be made."""


@pytest.mark.parametrize("name", MUTATIONS)
async def test_an_id_of_nothing_is_not_found(house: House, world: World, name: str) -> None:
    actor, document, answers = MUTATIONS[name]
    ids = (f"req_{NOBODYS}", world.case.id, world.appointment_id, *MALFORMED_IDS)

    async with changes_nothing(world.database):
        for request_id in ids:
            response = await house.send(getattr(world, actor), document, input={"requestId": request_id, **answers})
            check(response, "NOT_FOUND")


@pytest.mark.parametrize("name", [name for name, (actor, *_) in MUTATIONS.items() if actor != "staff"])
async def test_another_practice_and_another_organisation_find_nothing(
    house: House, world: World, database: Database, clock: FixedClock, name: str
) -> None:
    actor, document, answers = MUTATIONS[name]
    stranger = getattr(await a_world(database, clock), actor)
    request_id = await STEPS[name](world)

    await expect(house, stranger, document, "NOT_FOUND", input={"requestId": request_id, **answers})


@pytest.mark.parametrize("name", MUTATIONS)
async def test_a_version_that_never_was_is_stale(house: House, world: World, name: str) -> None:
    actor, document, answers = MUTATIONS[name]
    request_id = await STEPS[name](world)

    for version, code in ((0, "STALE_VERSION"), (-1, "STALE_VERSION"), (2**31, "BAD_USER_INPUT")):
        known = {"requestId": request_id, "expectedVersion": version, **answers}
        await expect(house, getattr(world, actor), document, code, input=known)


REVISIONS: dict[str, tuple[Change, str]] = {
    "0 sessions": ({"sessionsRequested": 0}, "NO_SESSIONS"),
    "5 sessions": ({"sessionsRequested": 5}, "TOO_MANY_SESSIONS"),
    "2^31 sessions": ({"sessionsRequested": 2**31}, "BAD_USER_INPUT"),
    "no statement": (goal(" "), "TEXT_MISSING"),
    "a long statement": (goal("x" * 2_001), "TEXT_TOO_LONG"),
    "an override": (goal("\u202eRest"), "TEXT_INVALID"),
    "a long detail": (pathway("x" * 1_001), "TEXT_TOO_LONG"),
    "a goal without a statement": ({"goal": {"category": "OTHER"}}, "BAD_USER_INPUT"),
}


async def test_a_bad_revision_leaves_the_request_as_it_was(
    house: House, world: World, subtests: pytest.Subtests
) -> None:
    request_id = await submitted(world)

    for name, (changes, code) in REVISIONS.items():
        with subtests.test(name):
            await expect(house, world.consultant, documents.REVISE, code, input={"requestId": request_id, **changes})


async def test_a_confirm_after_a_revise_needs_the_new_version(house: House, world: World) -> None:
    request_id = await submitted(world)
    seen = {"requestId": request_id, "expectedVersion": 1}
    revision = await house.ask(world.consultant, documents.REVISE, input={**seen, "sessionsRequested": 2})
    assert revision["request"]["version"] == 2

    await expect(house, world.consultant, documents.CONFIRM, "STALE_VERSION", input=seen)


async def test_a_second_confirm_is_told_so(house: House, world: World) -> None:
    request_id = await confirmed(world)

    await expect(house, world.consultant, documents.CONFIRM, "ALREADY_CONFIRMED", input={"requestId": request_id})
    await expect(house, world.consultant, documents.REVISE, "NOT_OPEN", input={"requestId": request_id})


async def test_an_approval_grants_between_one_and_what_was_released(house: House, world: World) -> None:
    request_id = await released(world)
    codes = {0: "NO_SESSIONS", -1: "NO_SESSIONS", 4: "TOO_MANY_SESSIONS", 2**31: "BAD_USER_INPUT"}

    for granted, code in codes.items():
        decision = {"requestId": request_id, "sessionsGranted": granted}
        await expect(house, world.reviewer, documents.APPROVE, code, input=decision)


async def test_a_decline_gives_a_reason_of_the_list(house: House, world: World) -> None:
    request_id = await released(world)

    for reason in ("NO_MONEY", "", 5, None, "\0"):
        answers = {"requestId": request_id, "reason": reason}
        await expect(house, world.reviewer, documents.DECLINE, "BAD_USER_INPUT", input=answers)


async def test_the_second_reviewer_is_told_of_the_first_ones_decision(house: House, world: World) -> None:
    request_id = await released(world)
    await house.ask(world.reviewer, documents.APPROVE, input={"requestId": request_id, "sessionsGranted": 1})

    for document, answers in ((documents.APPROVE, {}), (documents.DECLINE, {"reason": "OTHER"})):
        response = await expect(
            house, world.second_reviewer, document, "ALREADY_DECIDED", input={"requestId": request_id, **answers}
        )
        assert "approved for 1 session;" in response.text


QUERIES: dict[str, tuple[str, Change]] = {
    **{
        f"the node {each[:30]!a}": ("query ($id: ID!) { node(id: $id) { id } }", {"id": each}) for each in MALFORMED_IDS
    },
    "a node of nothing": ("query ($id: ID!) { node(id: $id) { id } }", {"id": None}),
    "101 nodes": ("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": [f"req_{NOBODYS}"] * 101}),
    "a node among nulls": ("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": [f"req_{NOBODYS}", None]}),
    "no name of a case": (documents.PARENT_CASE, {"by": {}}),
    "two names of a case": (documents.PARENT_CASE, {"by": {"id": "x", "number": "x"}}),
    "a case named by null": (documents.PARENT_CASE, {"by": {"id": None}}),
    "a case named by a list": (documents.PARENT_CASE, {"by": []}),
    "two names of a request": (documents.REQUEST_STATUS, {"by": {"id": "x", "reference": "x"}}),
    **{f"a page of {each}": (documents.REQUESTS, {"first": each}) for each in (0, -1, 101, "5", 1.5)},
    **{
        f"the cursor {each[:30]!a}": (documents.REQUESTS, {"after": each}) for each in ("", "x", "é", "\0", "A" * 9_000)
    },
    "an unknown status": (documents.REQUESTS, {"filter": {"statuses": ["OPEN"]}}),
    "an unknown order": (documents.REQUESTS, {"orderBy": {"field": "CLIENT"}}),
    "an unknown filter": (documents.REQUESTS, {"filter": {"client": "Whetu"}}),
    "a calendar that runs backwards": (documents.MY_CALENDAR, {"from": "2026-11-24", "to": "2026-11-23"}),
    "a calendar of 63 days": (documents.MY_CALENDAR, {"from": "2026-11-01", "to": "2027-01-02"}),
    "a calendar from a text": (documents.MY_CALENDAR, {"from": "monday", "to": "2026-11-23"}),
    "a calendar beyond all days": (documents.MY_CALENDAR, {"from": "9999-12-31", "to": "9999-12-31"}),
    "a calendar before all days": (documents.MY_CALENDAR, {"from": "0001-01-01", "to": "0001-01-02"}),
    "a form for 2^31 sessions": (documents.FORM, {"caseId": f"case_{NOBODYS}", "sessionsRequested": 2**31}),
    "an unknown field": ("{ viewer { salary } }", {}),
    "a lone surrogate in the document": ('{ node(id: "\\uD800") { id } }', {}),
    "NUL in the document": ('{ node(id: "\\u0000") { id } }', {}),
}


async def test_a_bad_query_gets_a_coded_error(house: House, world: World, subtests: pytest.Subtests) -> None:
    for name, (document, variables) in QUERIES.items():
        with subtests.test(name):
            check(await house.send(world.consultant, document, **variables), "BAD_USER_INPUT")


async def test_a_page_beyond_all_measure_costs_too_much(house: House, world: World) -> None:
    await expect(house, world.consultant, documents.REQUESTS, "QUERY_TOO_COMPLEX", first=2**31 - 1)


async def test_a_name_of_nothing_finds_nothing(house: House, world: World, subtests: pytest.Subtests) -> None:
    by = world.consultant

    for text in (*MALFORMED_IDS, f"apt_{NOBODYS}", "' OR 1=1 --", "ASST-%", "R-________"):
        with subtests.test(text[:30]):
            assert await house.ask(by, documents.APPOINTMENT, id=text) is None
            assert await house.ask(by, documents.PARENT_CASE, by={"id": text}) is None
            assert await house.ask(by, documents.PARENT_CASE, by={"number": text}) is None
            assert await house.ask(by, documents.REQUEST_STATUS, by={"id": text}) is None
            assert await house.ask(by, documents.REQUEST_STATUS, by={"reference": text}) is None
            assert await house.ask(by, "query ($id: ID!) { consultant(id: $id) { id } }", id=text) is None
            calendar = {"from": "2026-11-23", "to": "2026-11-23", "consultantId": text}
            assert (await house.ask(by, documents.MY_CALENDAR, **calendar))["nodes"] == []


BODIES: dict[str, Callable[[bytes], bytes]] = {
    "null": lambda _: b"null",
    "a number": lambda _: b"7",
    "a list": lambda body: b"[" + body + b"]",
    "half a body": lambda body: body[:-5],
    "deep JSON": lambda _: b'{"query":' * 30_000,
    "deep variables": lambda body: body.replace(b'"OTHER"', b"[" * 500 + b"1" + b"]" * 500),
    "bad UTF-8": lambda body: body.replace(b"Rest", b"\xff\xfe"),
    "a lone surrogate": lambda body: body.replace(b"Rest", b"\\ud800"),
    "two operations and no name": lambda body: body.replace(
        b"mutation Submit", b"query Q { viewer { name } } mutation Submit"
    ),
    "an operation that is not there": lambda body: body[:-1] + b',"operationName":"Other"}',
    "variables that are null": lambda body: body.replace(b'"variables":{', b'"variables":null,"rest":{'),
    "variables that are text": lambda body: body.replace(b'"variables":{', b'"variables":"x","rest":{'),
    "the input twice": lambda body: body.replace(b"(input: $input)", b"(input: $input, input: $input)"),
}


async def test_a_good_form_in_a_bad_body_is_not_stored(house: House, world: World, subtests: pytest.Subtests) -> None:
    body = orjson.dumps({"query": documents.SUBMIT, "variables": {"input": a_form(world)}})

    async with changes_nothing(world.database):
        for name, breaking in BODIES.items():
            with subtests.test(name):
                assert breaking(body) != body
                check(await house.post(world.consultant, breaking(body)), "BAD_USER_INPUT")


async def expect(house: House, actor: Actor, document: str, code: str, **variables: Any) -> Response:
    """Check that an operation is refused with this code, politely, and that no row has come or changed."""
    async with changes_nothing(house.world.database):
        response = await house.send(actor, document, **variables)
    check(response, code)
    return response


def check(response: Response, code: str) -> None:
    assert response.status_code in {200, 400, 413}
    assert House.codes(response) == {code}, response.text
    for phrase in ("Traceback", "None", "sqlalchemy", "psycopg", "SELECT", "isoformat", "Did you mean", ".py"):
        assert phrase not in response.text
