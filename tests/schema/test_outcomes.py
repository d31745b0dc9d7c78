"""Reconsidering, closing a case, narrowing lists and counting them, as front ends send and receive it."""

from datetime import timedelta
from typing import Any

import pytest

from tests.builders import World, released
from tests.operations.acting import approve, decline
from tests.operations.ledger import changes_nothing
from tests.schema import documents
from tests.schema.house import EVERYBODY, House
from tests.schema.test_bad_input import a_form

RECONSIDER = """mutation ($input: ReconsiderExtraSessionsRequestInput!) {
  reconsiderExtraSessionsRequest(input: $input) {
    request { id status sessionsRequested reconsiderationOf { id decision { decidedBy } } }
    userErrors { message path code }
  }
}"""
CLOSE = """mutation ($input: CloseCaseInput!) {
  closeCase(input: $input) {
    case { id number status availableActions { action enabled reason } openRequest { id } }
    userErrors { message path code }
  }
}"""
LIST = "query ($filter: RequestFilter) { requests(filter: $filter) { totalCount nodes { id } } }"
SUMMARY = "{ requestSummary { byStatus { status count } overdue atRisk awaitingYou } }"
STATISTICS = """query ($from: Date!, $to: Date!, $by: PeriodLength, $of: ID) {
  requestStatistics(from: $from, to: $to, by: $by, organisationId: $of) {
    rows {
      organisation { id name } periodFrom periodTo approved declined decided open
      medianBusinessDays meanBusinessDays lateShare
    }
    csv
  }
}"""
NOVEMBER = {"from": "2026-11-01", "to": "2026-11-30"}


def a_reconsideration(world: World, request_id: str, **changes: Any) -> dict[str, Any]:
    form = a_form(world, requestId=request_id, sessionsRequested=1, **changes)
    del form["appointmentId"]
    return form


async def test_a_consultant_asks_to_reconsider_once(house: House, world: World) -> None:
    old = await released(world)
    form = a_reconsideration(world, old)
    assert house.codes(await house.send(world.consultant, RECONSIDER, input=form)) == {"NOTHING_REFUSED"}
    await decline(world, old)
    too_many = {**form, "sessionsRequested": 4}
    assert house.codes(await house.send(world.consultant, RECONSIDER, input=too_many)) == {"TOO_MANY_SESSIONS"}
    payload = await house.ask(world.consultant, RECONSIDER, input=form)
    assert payload["userErrors"] == []
    request = payload["request"]
    assert (request["status"], request["sessionsRequested"]) == ("SUBMITTED", 1)
    assert request["reconsiderationOf"] == {"id": old, "decision": {"decidedBy": "ORGANISATION"}}
    assert house.codes(await house.send(world.consultant, RECONSIDER, input=form)) == {"ALREADY_RECONSIDERED"}


async def test_a_reconsideration_that_comes_too_late_is_told_its_last_day(house: House, world: World) -> None:
    old = await released(world)
    await decline(world, old)
    world.clock.advance(timedelta(days=15))
    payload = await house.ask(
        world.consultant, RECONSIDER, input=a_reconsideration(world, old, dateOfRequest="2026-12-08")
    )
    assert [error["code"] for error in payload["userErrors"]] == ["TOO_LATE"]
    assert "2026-12-07" in payload["userErrors"][0]["message"]


async def test_nobody_else_asks_to_reconsider(house: House, world: World) -> None:
    old = await released(world)
    await decline(world, old)
    async with changes_nothing(world.database):
        for who in (each for each in EVERYBODY if each != "consultant"):
            response = await house.send(getattr(world, who), RECONSIDER, input=a_reconsideration(world, old))
            assert house.codes(response) == {"NOT_ALLOWED"}, who


async def test_staff_close_a_case_once(house: House, world: World) -> None:
    await released(world)
    payload = await house.ask(world.staff, CLOSE, input={"caseId": world.case.id, "idempotencyKey": "once"})
    assert payload == {
        "case": {
            "id": world.case.id,
            "number": world.case.number,
            "status": "CLOSED",
            "availableActions": [
                {"action": "CLOSE_CASE", "enabled": False, "reason": "This case is closed already."},
            ],
            "openRequest": None,
        },
        "userErrors": [],
    }
    assert await house.ask(world.staff, CLOSE, input={"caseId": world.case.id, "idempotencyKey": "once"}) == payload
    for identifier, code in ((world.case.id, "CASE_CLOSED"), ("case_" + "A" * 22, "NOT_FOUND"), ("\0", "NOT_FOUND")):
        refused = await house.ask(world.staff, CLOSE, input={"caseId": identifier})
        assert refused["case"] is None
        assert [error["code"] for error in refused["userErrors"]] == [code]


async def test_nobody_else_closes_a_case_be_it_there_or_not(house: House, world: World) -> None:
    async with changes_nothing(world.database):
        for who in (each for each in EVERYBODY if each != "staff"):
            for identifier in (world.case.id, "case_" + "A" * 22):
                refused = await house.ask(getattr(world, who), CLOSE, input={"caseId": identifier})
                assert refused["case"] is None
                assert [error["code"] for error in refused["userErrors"]] == ["NOT_ALLOWED"], who


async def test_lists_are_narrowed_by_due_day_and_lateness(house: House, world: World) -> None:
    request_id = await released(world)
    hit = {"totalCount": 1, "nodes": [{"id": request_id}]}
    miss: dict[str, Any] = {"totalCount": 0, "nodes": []}
    for who in ("reviewer", "organisation_integrator", "staff", "consultant"):
        by = getattr(world, who)
        for narrowed, answer in (
            ({"dueFrom": "2026-12-02", "dueTo": "2026-12-02", "overdue": False, "atRisk": False}, hit),
            ({"dueFrom": "2026-12-03"}, miss),
            ({"dueTo": "2026-12-01"}, miss),
            ({"overdue": True}, miss),
            ({"atRisk": True}, miss),
            ({"overdue": None, "atRisk": None, "dueFrom": None, "dueTo": None}, hit),
        ):
            assert await house.ask(by, LIST, filter=narrowed) == answer, (who, narrowed)


@pytest.mark.parametrize(
    "narrowed",
    [
        {"dueFrom": "2026-12-02", "dueTo": "2026-12-01"},
        {"dueFrom": "0001-01-01"},
        {"dueTo": "9999-12-31"},
        {"dueTo": "tomorrow"},
        {"overdue": "yes"},
    ],
)
async def test_a_filter_that_means_nothing_is_refused(house: House, world: World, narrowed: dict[str, Any]) -> None:
    for by in (world.reviewer, world.staff):
        assert await house.refused(by, LIST, filter=narrowed) == "BAD_USER_INPUT"


async def test_a_dashboard_is_counted_for_its_viewer(house: House, world: World) -> None:
    await approve(world, await released(world))
    await released(world)
    world.clock.advance(timedelta(days=30))
    one_each = [{"status": "ORGANISATION_REVIEW", "count": 1}, {"status": "APPROVED", "count": 1}]
    assert await house.ask(world.reviewer, SUMMARY) == {
        "byStatus": one_each,
        "overdue": 1,
        "atRisk": 0,
        "awaitingYou": 1,
    }
    assert await house.ask(world.staff, SUMMARY) == {
        "byStatus": one_each,
        "overdue": 2,  # the first one's relay as well
        "atRisk": 0,
        "awaitingYou": 0,
    }


async def test_statistics_are_for_the_providers_staff(house: House, world: World) -> None:
    await approve(world, await released(world))
    found = await house.ask(world.staff, STATISTICS, **NOVEMBER)
    (row,) = found["rows"]
    assert row == {
        "organisation": {"id": world.organisation_id, "name": row["organisation"]["name"]},
        "periodFrom": "2026-11-01",
        "periodTo": "2026-11-30",
        "approved": 1,
        "declined": 0,
        "decided": 1,
        "open": 0,
        "medianBusinessDays": 0.0,
        "meanBusinessDays": 0.0,
        "lateShare": 0.0,
    }
    assert found["csv"].split("\r\n")[1].startswith(f"{world.organisation_id},Employer ")
    yearly = await house.ask(world.staff, STATISTICS, **NOVEMBER, by="YEAR", of=world.organisation_id)
    assert yearly["rows"] == [row]
    assert (await house.ask(world.staff, STATISTICS, **NOVEMBER, of=world.case.id))["rows"] == []
    for who in (each for each in EVERYBODY if each != "staff"):
        assert await house.refused(getattr(world, who), STATISTICS, **NOVEMBER) == "FORBIDDEN", who
    reversed_days = {"from": "2026-11-30", "to": "2026-11-01"}
    assert await house.refused(world.staff, STATISTICS, **reversed_days) == "BAD_USER_INPUT"


async def test_a_case_offers_its_closing_to_staff(house: House, world: World) -> None:
    case = await house.ask(world.staff, documents.PARENT_CASE, by={"id": world.case.id})
    assert [(each["action"], each["enabled"]) for each in case["availableActions"]] == [("CLOSE_CASE", True)]
