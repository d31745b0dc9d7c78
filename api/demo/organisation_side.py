"""The organisation's steps: its reviewers are asked to decide, and never learn about whom."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from api.demo.asking import done
from api.demo.cast import Cast
from api.demo.held_back import Known
from api.demo.mailbox import Letter, Mailbox
from api.demo.patience import DemoStopped, until
from api.demo.screen import Screen
from api.demo.wording import due_of, sessions, words

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
        self.listed: list[Any] = []
        """All that the reviewer may list, once they have."""

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
        queue = self.find(reference)
        references = [request["reference"] for request in queue]
        rows = [
            (
                request["reference"],
                sessions(request["sessionsRequested"]),
                words(request["status"]),
                f"due {due_of(request, 'DECISION', self.zone)}",
            )
            for request in queue
        ]
        self.screen.table(rows, marked=references.index(reference))

    def find(self, reference: str) -> Any:
        """Return the whole queue, once this request is in it. Raises DemoStopped."""
        queue = until(
            lambda: self._queue_with(reference),
            within=_RELEASED_WITHIN,
            otherwise=f"{reference} did not reach the review queue within 20 s. A request is withheld where its client "
            "shares an address with somebody of the organisation: run the demo again, it takes another case.",
        )
        [self.request] = [request for request in queue["nodes"] if request["reference"] == reference]
        return queue["nodes"]

    def look(self) -> Any:
        """Return the request as the reviewer sees it now."""
        self.request = self.reviewer.ask("review-request", id=self.request["id"])
        return self.request

    def move(self, operation: str, **given: Any) -> Any:
        """Carry out one of the reviewer's mutations on what they see. Raises DemoStopped for a refusal."""
        known = {"requestId": self.request["id"], "expectedVersion": self.request["version"]}
        self.request = done(self.reviewer.ask(operation, input={**known, "idempotencyKey": str(uuid4()), **given}))
        return self.request

    def open_request(self) -> None:
        self.screen.step(f"One request, {self.request['reference']}")
        seen = self.look()
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
        self.move("approve", sessionsGranted=granted)
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

    def ask_what_is_hidden(self, knowns: Sequence[Known]) -> None:
        """Ask by their real ids for what an organisation may not know. Raises DemoStopped where there is an answer."""
        for known in knowns:
            appointment, case = known.appointment, known.case
            day = appointment["startsAt"][:10]
            asked = [
                self.reviewer.answer("appointment", id=appointment["id"]),
                self.reviewer.answer("parent-case", by={"number": case["number"]}),
                self.reviewer.answer("parent-case", by={"id": case["id"]}),
                self.reviewer.answer(
                    "my-calendar", **{"from": day, "to": day}, consultantId=appointment["consultant"]["id"]
                ),
            ]
            if any(value is not None for answer in asked for value in (answer.get("data") or {}).values()):
                raise DemoStopped("The organisation was answered what it must never know.")
            self.reviewer.ask("request-status", by={"reference": known.request["reference"]})
        self.reviewer.answer("staff-tasks")
        self.listed = self.reviewer.ask("requests", first=100)["nodes"]
        self.screen.say(
            "The reviewer asks for each request's appointment, for its case by number and by id and for the "
            "consultant's calendar: there is no such thing, or it is not for this role. Then they list all that they "
            "may see."
        )

    def letters(self, mailbox: Mailbox) -> list[Letter]:
        """Return every letter that anybody of the organisation was ever sent."""
        return mailbox.letters(lambda letter: letter.to in self.addresses, ever=True)

    def _queue_with(self, reference: str) -> Any:
        queue = self.reviewer.ask("review-queue", first=100)
        return queue if any(request["reference"] == reference for request in queue["nodes"]) else None
