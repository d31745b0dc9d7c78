"""A decision that did not come in time: whom the clock has told, and that it has decided nothing."""

from typing import Any
from zoneinfo import ZoneInfo

from api.demo.held_back import Known
from api.demo.mailbox import Letter
from api.demo.patience import DemoStopped
from api.demo.stage import Stage
from api.demo.wording import due_of, words


def overdue_chapter(stage: Stage) -> Known:
    stage.screen.chapter("A decision that is overdue")
    stage.staffs_turn()
    zone = ZoneInfo(stage.players.staff.ask("viewer")["timeZone"])
    request = _find(stage)
    _read_letters(stage, request)
    known = _look(stage, request, zone)
    stage.organisations_turn()
    _look_as_organisation(stage, request)
    return known


def _find(stage: Stage) -> Any:
    """Return the reviewer's organisation's oldest overdue request. Raises DemoStopped where none is overdue."""
    stage.screen.step("What is overdue")
    order = {"field": "DECISION_DUE", "descending": False}
    overdue = stage.players.staff.ask("requests", filter={"overdue": True}, orderBy=order, first=100)["nodes"]
    theirs = [
        request
        for request in overdue
        if request["organisation"]["id"] == stage.organisation_id and request["status"] == "ORGANISATION_REVIEW"
    ]
    if not theirs:
        raise DemoStopped(
            f"Nothing of {stage.organisation.viewer['organisation']['name']} is overdue. For a new demo set, stop the "
            "server, remove the data folder and start again."
        )
    rows = [
        (
            request["reference"],
            request["organisation"]["name"],
            words(request["status"]),
            ", ".join(words(each["kind"]).lower() for each in request["deadlines"] if each["state"] == "OVERDUE"),
        )
        for request in overdue
    ]
    stage.screen.table(rows, marked=overdue.index(theirs[0]))
    return theirs[0]


def _read_letters(stage: Stage, request: Any) -> None:
    stage.screen.step("Whom the clock has told, when the decision had not come")
    staff = _letter(stage, f"Request {request['reference']} is overdue", stage.players.staff.name)
    backup = _letter(stage, f"Request {request['reference']} is waiting for a decision", "")
    stage.screen.letter(staff)
    stage.screen.letter(backup)


def _letter(stage: Stage, subject: str, name: str) -> Letter:
    """Return a letter that the clock wrote, perhaps long before this demo."""
    return stage.mailbox.wait_for(
        lambda letter: letter.subject == subject and f"Hello {name}".strip() in letter.text,
        otherwise=f"There is no e-mail “{subject}” in {stage.mailbox.folder}.",
        ever=True,
    )


def _look(stage: Stage, request: Any, zone: ZoneInfo) -> Known:
    staff = stage.players.staff
    stage.screen.step("The request, as staff see it: overdue and told of, and still open")
    seen = staff.ask("request-status", by={"id": request["id"]})
    stage.screen.facts(
        [
            ("Status", words(seen["status"])),
            ("Decision due", due_of(seen, "DECISION", zone)),
            ("Relay due", due_of(seen, "RELAY", zone)),
        ]
    )
    stage.screen.timeline(seen["timeline"], zone)
    case = staff.ask("parent-case", by={"id": seen["case"]["id"]})
    appointment = staff.ask("appointment", id=case["appointments"]["nodes"][0]["id"])
    return Known(appointment, case, seen, zone)


def _look_as_organisation(stage: Stage, request: Any) -> None:
    stage.screen.step("The same request, as the organisation sees it")
    stage.organisation.find(request["reference"])
    seen = stage.organisation.look()
    stage.screen.facts(
        [
            ("Decision due", due_of(seen, "DECISION", stage.organisation.zone)),
            *(
                (words(each["action"]), "enabled" if each["enabled"] else each["reason"])
                for each in seen["availableActions"]
            ),
        ]
    )
    stage.screen.timeline(seen["timeline"], stage.organisation.zone)
