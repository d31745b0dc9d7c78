"""Every query as each role: what lies outside an account's scope is not there, whichever way it is asked for."""

from datetime import timedelta
from typing import Any

import pytest

from models.database import Database
from models.keyring import Keyring
from tests.builders import World, a_world, confirmed, released, submitted
from tests.clock import FixedClock
from tests.rows import building
from tests.schema import documents
from tests.schema.house import EVERYBODY, House

SEE_CASES = {"consultant", "manager", "staff", "integrator", "practice_integrator"}
DECIDE = {"reviewer", "second_reviewer"}
TWO_NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
A_NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"
A_CONSULTANT = "query ($id: ID!) { consultant(id: $id) { id name practice { name } } }"
THIS_WEEK = {"from": "2026-11-23", "to": "2026-11-29"}


async def test_a_viewer_learns_who_they_are(house: House, world: World, subtests: pytest.Subtests) -> None:
    for who in EVERYBODY:
        with subtests.test(who):
            actor = getattr(world, who)
            viewer = await house.ask(actor, documents.VIEWER)

            assert (viewer["name"], viewer["role"], viewer["timeZone"]) == (
                actor.name,
                actor.role.value,
                actor.time_zone,
            )
            scope = {name: (viewer[name] or {}).get("id") for name in ("organisation", "practice", "consultant")}
            assert scope == {
                "organisation": actor.organisation_id,
                "practice": actor.practice_id,
                "consultant": actor.consultant_id,
            }


async def test_a_case_and_its_appointments_are_seen_by_those_who_work_on_it(
    house: House, world: World, subtests: pytest.Subtests
) -> None:
    for who in EVERYBODY:
        with subtests.test(who):
            actor = getattr(world, who)
            found = [
                await house.ask(actor, documents.APPOINTMENT, id=world.appointment_id),
                await house.ask(actor, documents.PARENT_CASE, by={"id": world.case.id}),
                await house.ask(actor, documents.PARENT_CASE, by={"number": world.case.number}),
                await house.ask(actor, documents.FORM, caseId=world.case.id, sessionsRequested=3),
                await house.ask(actor, A_NODE, id=world.case.id),
                await house.ask(actor, A_NODE, id=world.appointment_id),
                *await house.ask(actor, TWO_NODES, ids=[world.case.id, world.appointment_id]),
            ]

            assert [each is not None for each in found] == [who in SEE_CASES] * len(found)


async def test_a_released_request_is_seen_by_all_but_clinical_reviewers(
    house: House, world: World, subtests: pytest.Subtests
) -> None:
    request_id = await released(world)

    for who in EVERYBODY:
        with subtests.test(who):
            actor, sees = getattr(world, who), who != "clinical_reviewer"
            by_id = await house.ask(actor, documents.REVIEW_REQUEST, id=request_id)
            node = await house.ask(actor, A_NODE, id=request_id)
            listed = await house.ask(actor, documents.REQUESTS)

            assert [by_id is not None, node is not None, listed["totalCount"]] == [sees, sees, int(sees)]
            if sees:
                status = await house.ask(actor, documents.REQUEST_STATUS, by={"reference": by_id["reference"]})
                assert {status["id"], node["id"], listed["nodes"][0]["id"]} == {request_id}


@pytest.mark.parametrize("step", [submitted, confirmed])
async def test_before_its_release_a_request_does_not_exist_for_its_organisation(
    house: House, world: World, subtests: pytest.Subtests, step: Any
) -> None:
    request_id = await step(world)

    for who in EVERYBODY:
        with subtests.test(who):
            actor, sees = getattr(world, who), who in SEE_CASES
            found = await house.ask(actor, documents.REVIEW_REQUEST, id=request_id)
            listed = await house.ask(actor, documents.REQUESTS)
            queue = await house.ask(actor, documents.REVIEW_QUEUE)

            assert (found is not None, len(listed["nodes"])) == (sees, int(sees))
            assert queue["nodes"] == []


async def test_a_request_that_needs_a_clinical_review_goes_to_clinical_reviewers_and_not_to_the_organisation(
    database: Database, clock: FixedClock, keyring: Keyring, subtests: pytest.Subtests
) -> None:
    world = await a_world(database, clock, clinical_review_threshold=8)
    house, request_id = House(world, keyring), await released(world)

    for who in EVERYBODY:
        with subtests.test(who):
            found = await house.ask(getattr(world, who), documents.REQUEST_STATUS, by={"id": request_id})

            assert (found is not None) == (who in {*SEE_CASES, "clinical_reviewer"})
            if found:
                assert found["status"] == "AWAITING_DETAILS"
                review = found["clinicalReview"]
                assert (review["total"], review["threshold"], review["result"]) == (9, 8, None)


async def test_the_review_queue_holds_what_awaits_this_viewers_decision(
    house: House, world: World, subtests: pytest.Subtests
) -> None:
    request_id = await released(world)

    for who in EVERYBODY:
        with subtests.test(who):
            queue = await house.ask(getattr(world, who), documents.REVIEW_QUEUE)

            assert [request["id"] for request in queue["nodes"]] == [request_id] * (who in DECIDE)
            assert queue["totalCount"] == int(who in DECIDE)


async def test_a_request_below_the_smallest_headcount_awaits_staff_alone(
    database: Database, clock: FixedClock, keyring: Keyring
) -> None:
    world = await a_world(database, clock, headcount=29)
    house, request_id = House(world, keyring), await released(world)

    queues = {who: await house.ask(getattr(world, who), documents.REVIEW_QUEUE) for who in ("staff", "reviewer")}

    assert [request["id"] for request in queues["staff"]["nodes"]] == [request_id]
    assert queues["reviewer"]["nodes"] == []
    assert queues["reviewer"]["totalCount"] is None, "no counts are told below the headcount"


async def test_the_calendar_is_for_those_who_keep_one(house: House, world: World, subtests: pytest.Subtests) -> None:
    for who in EVERYBODY:
        with subtests.test(who):
            actor = getattr(world, who)
            if who in SEE_CASES:
                assert len((await house.ask(actor, documents.MY_CALENDAR, **THIS_WEEK))["nodes"]) == 4
            else:
                assert await house.refused(actor, documents.MY_CALENDAR, **THIS_WEEK) == "FORBIDDEN"


async def test_my_calendar_is_mine_and_a_manager_may_name_a_consultant(house: House, world: World) -> None:
    async with building(world.database, world.clock) as build:
        colleague = await build.consultant(world.practice_id)
        theirs = await build.appointment(world.case.id, colleague)

    async def shown(actor: Any, **whose: Any) -> list[str]:
        calendar = await house.ask(actor, documents.MY_CALENDAR, **THIS_WEEK, **whose)
        return [appointment["id"] for appointment in calendar["nodes"]]

    assert await shown(colleague) == [theirs]
    assert theirs not in await shown(world.consultant)
    assert len(await shown(world.manager)) == 5
    assert await shown(world.manager, consultantId=colleague.consultant_id) == [theirs]
    assert await shown(world.consultant, consultantId=colleague.consultant_id) == []


async def test_a_calendar_counts_whole_days_where_the_viewer_is(house: House, world: World) -> None:
    async with building(world.database, world.clock) as build:
        late = await build.appointment(
            world.case.id, world.consultant, starts_at=world.clock.now().replace(hour=12, minute=59)
        )
        after_midnight = await build.appointment(
            world.case.id, world.consultant, starts_at=world.clock.now().replace(hour=13, minute=0)
        )

    today = {"from": "2026-11-23", "to": "2026-11-23"}
    calendar = await house.ask(world.consultant, documents.MY_CALENDAR, **today)

    shown = [appointment["id"] for appointment in calendar["nodes"]]
    assert (late in shown, after_midnight in shown) == (True, False), "13:00Z is midnight in Melbourne's summer"


async def test_a_consultant_is_seen_within_the_practice_and_by_the_provider(
    house: House, world: World, subtests: pytest.Subtests
) -> None:
    for who in EVERYBODY:
        with subtests.test(who):
            found = await house.ask(getattr(world, who), A_CONSULTANT, id=world.consultant.consultant_id)

            assert (found is not None) == (who in SEE_CASES)


async def test_nobody_but_the_provider_sees_what_belongs_to_others(
    house: House, world: World, database: Database, clock: FixedClock, subtests: pytest.Subtests
) -> None:
    theirs = await a_world(database, clock)
    request_id = await released(theirs)

    for who in EVERYBODY:
        with subtests.test(who):
            actor = getattr(world, who)
            found = [
                await house.ask(actor, documents.REVIEW_REQUEST, id=request_id),
                await house.ask(actor, documents.PARENT_CASE, by={"number": theirs.case.number}),
                await house.ask(actor, documents.APPOINTMENT, id=theirs.appointment_id),
                *await house.ask(actor, TWO_NODES, ids=[theirs.case.id, request_id]),
            ]

            assert [each is not None for each in found] == [who in {"staff", "integrator"}] * len(found)


async def test_the_actions_offered_are_those_of_the_role(house: House, world: World, subtests: pytest.Subtests) -> None:
    request_id = await released(world)
    nothing: dict[str, list[Any]] = {"availableActions": []}
    decisions = {"APPROVE": True, "DECLINE": True, "ASK_QUESTION": True}
    expected = {
        "consultant": {
            **dict.fromkeys(("REQUEST_EXTRA_SESSIONS", "REVISE", "CONFIRM"), False),
            **dict.fromkeys(("ANSWER_FURTHER_DETAILS", "DRAFT_ANSWER"), False),
            "WITHDRAW": True,
            "RECONSIDER": False,
        },
        "manager": {"ANSWER_FURTHER_DETAILS": False, "DRAFT_ANSWER": False},
        "reviewer": decisions,
        "second_reviewer": decisions,
        "staff": {
            "CLOSE_CASE": True,
            "APPROVE": False,
            "DECLINE": False,
            "RELEASE_ANSWER": False,
            "WITHDRAW": True,
            "CONFIRM_RELAY": False,
        },
    }

    for who in EVERYBODY:
        with subtests.test(who):
            actor = getattr(world, who)
            case = await house.ask(actor, documents.PARENT_CASE, by={"id": world.case.id}) or nothing
            request = await house.ask(actor, documents.REVIEW_REQUEST, id=request_id) or nothing
            actions = [*case["availableActions"], *request["availableActions"]]

            assert {each["action"]: each["enabled"] for each in actions} == expected.get(who, {})
            assert [each["reason"] is None for each in actions] == [each["enabled"] for each in actions]


async def test_a_client_with_two_cases_shows_both_to_those_who_work_on_both(house: House, world: World) -> None:
    async with building(world.database, world.clock) as build:
        second = await build.case(world.case.client_id, world.organisation_id, world.practice_id)

    async def cases(actor: Any) -> list[str]:
        appointment = await house.ask(actor, documents.APPOINTMENT, id=world.appointment_id)
        return [case["number"] for case in appointment["client"]["cases"]]

    assert await cases(world.consultant) == [world.case.number], "no appointment on the other, no knowledge of it"
    assert await cases(world.manager) == [world.case.number, second.number]


async def test_a_list_is_read_page_by_page_without_a_gap_or_a_repeat(house: House, world: World) -> None:
    async with building(world.database, world.clock) as build:
        for day in range(5):
            starts_at = world.clock.now() + timedelta(days=day)
            await build.appointment(world.case.id, world.consultant, starts_at=starts_at)
    whole = await house.ask(world.consultant, documents.MY_CALENDAR, **THIS_WEEK)

    read: list[Any] = []
    page: Any = {"pageInfo": {"hasNextPage": True, "endCursor": None}}
    while page["pageInfo"]["hasNextPage"]:
        after = page["pageInfo"]["endCursor"]
        page = await house.ask(world.consultant, documents.MY_CALENDAR, **THIS_WEEK, first=2, after=after)
        read += page["nodes"]

    assert read == whole["nodes"]
    assert len(read) == 9


async def test_a_cursor_is_good_for_its_own_viewer_and_its_own_list(house: House, world: World) -> None:
    page = await house.ask(world.consultant, documents.MY_CALENDAR, **THIS_WEEK, first=2)
    cursor = page["pageInfo"]["endCursor"]
    forged = cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB")

    for actor, document, after in (
        (world.manager, documents.MY_CALENDAR, cursor),
        (world.consultant, documents.MY_CALENDAR, forged),
        (world.consultant, documents.REQUESTS, cursor),
    ):
        days = THIS_WEEK if document == documents.MY_CALENDAR else {}
        assert await house.refused(actor, document, **days, first=2, after=after) == "BAD_USER_INPUT"


async def test_a_filter_speaks_of_what_the_viewer_is_shown(house: House, world: World) -> None:
    request_id = await released(world)

    async def found(actor: Any, *statuses: str) -> list[str]:
        listed = await house.ask(actor, documents.REQUESTS, filter={"statuses": list(statuses)})
        return [request["id"] for request in listed["nodes"]]

    for actor in (world.consultant, world.reviewer):
        assert await found(actor, "ORGANISATION_REVIEW") == [request_id]
        assert await found(actor, "APPROVED", "CANCELLED", "SUBMITTED") == []
        assert await found(actor) == []
