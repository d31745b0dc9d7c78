"""The organisation's steps: its reviewers are asked to decide, and never learn about whom."""

from datetime import date
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from api.demo.cast import Cast
from api.demo.consultant_side import done
from api.demo.mailbox import Letter, Mailbox
from api.demo.patience import DemoStopped, until
from api.demo.screen import Screen
from api.demo.wording import moment, sessions, words

_RELEASED_WITHIN = 20


class OrganisationSide:
    def __init__(self, cast: Cast, screen: Screen) -> None:
        self.reviewer = cast.reviewer
        self.second = cast.second_reviewer
        self.addresses = cast.organisation_addresses
        self.screen = screen
        self.viewer: Any = self.reviewer.ask("viewer")
        self.zone = ZoneInfo(self.viewer["timeZone"])
        self.request: Any = None

    def read_invitation(self, mailbox: Mailbox, reference: str) -> None:
        self.screen.step("The invitation, in the organisation's mailbox")
        invitation = mailbox.wait_for(
            lambda letter: letter.to in self.addresses and reference in letter.subject,
            otherwise="No reviewer was invited within 20 s. A request is withheld where its client shares an address "
            "with somebody of the organisation: run the demo again, it takes another case. On PostgreSQL, see that "
            "`extra-sessions worker` runs.",
        )
        self.screen.letter(invitation)

    def open_queue(self, reference: str) -> None:
        self.screen.step("The review queue")
        queue = until(
            lambda: self._queue_with(reference),
            within=_RELEASED_WITHIN,
            otherwise=f"{reference} did not reach the review queue within 20 s.",
        )
        references = [request["reference"] for request in queue["nodes"]]
        rows = [
            (
                request["reference"],
                sessions(request["sessionsRequested"]),
                words(request["status"]),
                ", ".join(f"due {moment(deadline['dueAt'], self.zone)}" for deadline in request["deadlines"]),
            )
            for request in queue["nodes"]
        ]
        self.screen.table(rows, marked=references.index(reference))
        self.request = queue["nodes"][references.index(reference)]

    def open_request(self) -> None:
        self.screen.step(f"One request, {self.request['reference']}")
        self.request = seen = self.reviewer.ask("review-request", id=self.request["id"])
        hidden = [*seen["maskedFields"], *(f"client.{name}" for name in seen["client"]["maskedFields"])]
        self.screen.facts(
            [
                ("Received", seen["dateOfRequest"]),
                ("Sessions", f"{seen['sessionsRequested']} asked for, {seen['entitledSessions']} entitled"),
                ("Goal", words(seen["goal"]["category"])),
                ("Onward plan", "yes" if seen["referralPathway"]["planned"] else "no"),
                ("Client", seen["client"]["displayName"]),
                ("Actions", ", ".join(words(each["action"]) for each in seen["availableActions"] if each["enabled"])),
                ("Held back", ", ".join(hidden)),
            ]
        )

    def approve_for_fewer(self) -> None:
        granted = self.request["sessionsRequested"] - 1
        self.screen.step(f"Approve, for {granted} of {sessions(self.request['sessionsRequested'])}")
        decision = {
            "requestId": self.request["id"],
            "sessionsGranted": granted,
            "expectedVersion": self.request["version"],
            "idempotencyKey": str(uuid4()),
        }
        self.request = done(self.reviewer.ask("approve", input=decision))
        self.screen.facts(
            [
                ("Status", words(self.request["status"])),
                ("Granted", sessions(self.request["sessionsGranted"])),
                ("Decided on", self.request["decision"]["decidedOn"]),
            ]
        )

    def decide_too_late(self) -> None:
        """Have a colleague decide the other way. Raises DemoStopped unless the first decision stands."""
        self.screen.step(f"A second reviewer, {self.second.name}, declines it")
        payload = self.second.ask("decline", input={"requestId": self.request["id"], "reason": "BUDGET"})
        codes = [error["code"] for error in payload["userErrors"]]
        if codes != ["ALREADY_DECIDED"]:
            raise DemoStopped(f"The second decision was answered {codes}, and not ALREADY_DECIDED.")
        self.screen.facts([(error["code"], error["message"]) for error in payload["userErrors"]])

    def ask_what_is_hidden(self, case: Any, appointment: Any, today: date) -> None:
        """Ask by their real ids for what an organisation may not know. Raises DemoStopped where there is an answer."""
        range_of_days = {"from": today, "to": today}
        asked = [
            self.reviewer.answer("appointment", id=appointment["id"]),
            self.reviewer.answer("parent-case", by={"number": case["number"]}),
            self.reviewer.answer("parent-case", by={"id": case["id"]}),
            self.reviewer.answer("my-calendar", **range_of_days, consultantId=appointment["consultant"]["id"]),
        ]
        if any(value is not None for answer in asked for value in (answer.get("data") or {}).values()):
            raise DemoStopped("The organisation was answered what it must never know.")
        self.reviewer.ask("requests", first=100)
        self.reviewer.ask("request-status", by={"reference": self.request["reference"]})
        self.screen.say(
            "The reviewer asks for the appointment, for the case by number and by id and for the consultant's "
            "calendar: there is no such thing, or it is not for this role. Then they list all that they may see."
        )

    def letters(self, mailbox: Mailbox) -> list[Letter]:
        """Return every letter that anybody of the organisation was sent."""
        return mailbox.letters(lambda letter: letter.to in self.addresses)

    def _queue_with(self, reference: str) -> Any:
        queue = self.reviewer.ask("review-queue", first=100)
        return queue if any(request["reference"] == reference for request in queue["nodes"]) else None
