"""One request from the consultant's side, without a word on the screen: what they see of it stays at hand."""

from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from api.demo.choosing import Choice
from api.demo.held_back import Known
from api.demo.mailbox import Letter, Mailbox
from api.demo.party import Party
from api.demo.patience import DemoStopped, until

STATEMENT = (
    "Finish the sleep diary and hold the night roster through to Easter. Two panic attacks since the restructure."
)
DETAIL = "The letter to Dr Ilona Banksia at the Kestrel Street clinic is written."
_RELAYED_WITHIN = 20


class Asking:
    """A consultant at work on one case, from its appointment to an outcome."""

    def __init__(self, party: Party, choice: Choice) -> None:
        self.party = party
        self.sessions = choice.sessions
        self.viewer: Any = party.ask("viewer")
        self.zone = ZoneInfo(self.viewer["timeZone"])
        self.appointment: Any = party.ask("appointment", id=choice.appointment["id"])
        self.case: Any = party.ask("parent-case", by={"id": self.appointment["case"]["id"]})
        self.form: Any = None
        self.submitted: Any = None
        self.request: Any = None
        self.written: list[str] = []
        """What the consultant wrote beside the form, and the organisation may not read."""

    @property
    def client(self) -> Any:
        return self.appointment["client"]

    def open_form(self) -> Any:
        case = self.party.ask("extra-sessions-form", caseId=self.case["id"], sessionsRequested=self.sessions)
        self.form = case["extraSessionsForm"]
        return self.form

    def submit(self) -> Any:
        answers = {
            "appointmentId": self.appointment["id"],
            "sessionsRequested": self.sessions,
            "dateOfRequest": self.form["dateOfRequest"],
            "goal": {"category": self.form["goalCategories"][0]["value"], "statement": STATEMENT},
            "referralPathway": {"kind": self.form["referralPathways"][0]["value"], "detail": DETAIL},
            "clientConsents": True,
            "idempotencyKey": str(uuid4()),
        }
        self.submitted = self.request = done(self.party.ask("submit", input=answers))
        return self.request

    def confirm(self) -> Any:
        return self.move("confirm", expectedVersion=self.request["version"])

    def move(self, operation: str, **given: Any) -> Any:
        """Carry out one of the consultant's mutations on the request. Raises DemoStopped for a refusal."""
        self.request = done(self.party.ask(operation, input={"requestId": self.request["id"], **given}))
        return self.request

    def look(self) -> Any:
        self.request = self.party.ask("request-status", by={"reference": self.request["reference"]})
        return self.request

    def due(self) -> dict[str, Any]:
        """Return the request's deadlines by their kind."""
        return {deadline["kind"]: deadline for deadline in self.request["deadlines"]}

    def letter(self, mailbox: Mailbox, subject: str) -> Letter:
        """Return the consultant's letter with this subject and the reference, once it is there. Raises DemoStopped."""
        sent = f"{subject} {self.request['reference']}"
        hello = f"Hello {self.viewer['consultant']['name']}"
        return mailbox.wait_for(
            lambda letter: letter.subject.startswith(sent) and hello in letter.text,
            otherwise=f"The consultant was sent no e-mail “{sent}” within 20 s.",
        )

    def letter_to_client(self, mailbox: Mailbox) -> Letter:
        return mailbox.letters(lambda letter: letter.to == self.client["email"])[-1]

    def wait_for_outcome(self) -> Any:
        """Wait until both outcome e-mails are away. Raises DemoStopped."""
        return until(
            self._relayed,
            within=_RELAYED_WITHIN,
            otherwise="The outcome was not relayed within 20 s. A client who may not get e-mail is told by staff "
            "instead: run the demo again, it takes another case. On PostgreSQL, see that `extra-sessions worker` runs.",
        )

    def known(self) -> Known:
        pathway = self.submitted["referralPathway"]
        texts = [self.submitted["goal"]["statement"], pathway["detail"], *self.written]
        return Known(self.appointment, self.case, self.look(), self.zone, texts=texts, pathway=pathway["kind"])

    def _relayed(self) -> Any:
        request = self.look()
        return request if any(entry["type"] == "OUTCOME_RELAYED" for entry in request["timeline"]) else None


def done(payload: Any) -> Any:
    """Return the request that a mutation worked on. Raises DemoStopped for a refusal."""
    for error in payload["userErrors"]:
        raise DemoStopped(f"Refused: {error['code']}, {error['message']}")
    return payload["request"]
