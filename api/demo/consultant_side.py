"""The consultant's steps: from the calendar to a confirmed request, and later its outcome."""

from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from api.demo.cast import Cast
from api.demo.choosing import Choice, appointments_between, choose, week_of
from api.demo.mailbox import Letter, Mailbox
from api.demo.patience import DemoStopped, until
from api.demo.screen import Screen
from api.demo.wording import day, hours, moment, sessions, words
from models.clock import Clock

STATEMENT = (
    "Finish the sleep diary and hold the night roster through to Easter. Two panic attacks since the restructure."
)
DETAIL = "The letter to Dr Ilona Banksia at the Kestrel Street clinic is written."
_SHOWN = 12
_RELAYED_WITHIN = 20


class ConsultantSide:
    """One consultant at work on one case: what they saw last of each thing stays at hand."""

    def __init__(self, cast: Cast, screen: Screen, clock: Clock) -> None:
        self.party = party = cast.consultant
        self.screen = screen
        self._strangers = cast.organisation_addresses
        self.viewer: Any = party.ask("viewer")
        self.zone = ZoneInfo(self.viewer["timeZone"])
        self.today = clock.now().astimezone(self.zone).date()
        self.appointment: Any = None
        self.case: Any = None
        self.form: Any = None
        self.submitted: Any = None
        self.request: Any = None
        self._receipt: Letter | None = None

    def open_calendar(self, organisation_id: str) -> Choice:
        monday, sunday = week_of(self.today)
        appointments = list(appointments_between(self.party, monday, sunday))
        choice = choose(self.party, appointments, self.today, organisation_id=organisation_id)
        self.screen.step(f"My Calendar, {day(monday)} to {day(sunday)} {sunday.year}")
        self._show_calendar(appointments, choice.appointment)
        return choice

    def open_appointment(self, choice: Choice) -> None:
        self.screen.step("Click on the appointment, and open it")
        self.appointment = self.party.ask("appointment", id=choice.appointment["id"])
        client = self.appointment["client"]
        self.screen.facts(
            [
                ("When", " ".join(hours(self.appointment, self.zone))),
                ("Status", words(self.appointment["status"])),
                ("Client", client["displayName"]),
                ("E-mail, phone", f"{client['email']}, {client['phone'] or '-'}"),
                ("Parent Case", self.appointment["case"]["number"]),
                ("All cases", ", ".join(case["number"] for case in client["cases"])),
            ]
        )

    def open_case(self) -> None:
        self.screen.step(f"Go to the parent case, {self.appointment['case']['number']}")
        self.case = self.party.ask("parent-case", by={"id": self.appointment["case"]["id"]})
        tally = self.case["sessions"]
        self.screen.facts(
            [
                ("Organisation", self.case["organisation"]["name"]),
                ("Sessions", ", ".join(f"{number} {name}" for name, number in tally.items())),
                ("Open request", "none" if self.case["openRequest"] is None else self.case["openRequest"]["reference"]),
            ]
        )

    def see_actions(self) -> None:
        self.screen.step("Select an action")
        for action in self.case["availableActions"]:
            self.screen.table(
                [(words(action["action"]), "enabled" if action["enabled"] else action["reason"])], marked=0
            )

    def open_form(self, choice: Choice) -> None:
        self.screen.step("The extra sessions form")
        case = self.party.ask("extra-sessions-form", caseId=self.case["id"], sessionsRequested=choice.sessions)
        self.form = case["extraSessionsForm"]
        review = "needed first" if self.form["wouldNeedClinicalReview"] else "not needed"
        self.screen.facts(
            [
                ("Requestor", ", ".join(map(words, self.form["requestors"]))),
                (
                    "Sessions",
                    f"1 to {self.form['maximumSessions']}; entitled, as a guide: {self.form['entitledSessions']}",
                ),
                ("Date of request", self.form["dateOfRequest"]),
                ("Goal", ", ".join(option["label"] for option in self.form["goalCategories"])),
                ("Pathway", ", ".join(option["label"] for option in self.form["referralPathways"])),
                ("Clinical review", f"{review} for {choice.sessions}"),
            ]
        )

    def submit(self, choice: Choice) -> None:
        self.screen.step("Submit")
        answers = {
            "appointmentId": self.appointment["id"],
            "sessionsRequested": choice.sessions,
            "dateOfRequest": self.form["dateOfRequest"],
            "goal": {"category": self.form["goalCategories"][0]["value"], "statement": STATEMENT},
            "referralPathway": {"kind": self.form["referralPathways"][0]["value"], "detail": DETAIL},
            "clientConsents": True,
            "idempotencyKey": str(uuid4()),
        }
        self.submitted = self.request = done(self.party.ask("submit", input=answers))
        self.screen.facts(
            [
                ("Reference", self.request["reference"]),
                ("Asked for", sessions(self.request["sessionsRequested"])),
                ("Goal", f"{self.form['goalCategories'][0]['label']}: {self.request['goal']['statement']}"),
                (
                    "Pathway",
                    f"{self.form['referralPathways'][0]['label']}: {self.request['referralPathway']['detail']}",
                ),
                ("Status", f"{words(self.request['status'])}: stored, and nobody has been told"),
            ]
        )

    def confirm(self, mailbox: Mailbox) -> None:
        self.screen.step("Confirm")
        known = {"requestId": self.request["id"], "expectedVersion": self.request["version"]}
        self.request = done(self.party.ask("confirm", input=known))
        due = {deadline["kind"]: moment(deadline["dueAt"], self.zone) for deadline in self.request["deadlines"]}
        receipt = mailbox.wait_for(self._is_mine, otherwise="The consultant was sent no e-mail within 20 s.")
        self._receipt = receipt
        held = self.party.ask("request-status", by={"id": self.request["id"]})["case"]["bookingHold"]
        self.screen.facts(
            [
                ("Status", words(self.request["status"])),
                ("Decision due", due.get("DECISION")),
                ("Outcome due", due.get("RELAY")),
                ("Booking hold", f"{'on' if held['active'] else 'off'}, bookable: {held['bookableSessions']}"),
                ("E-mail", f"{receipt.subject} (to {receipt.to})"),
            ]
        )

    def see_outcome(self) -> None:
        """Wait until both outcome e-mails are away. Raises DemoStopped."""
        self.screen.step("The outcome, as the consultant sees it")
        self.request = request = until(
            self._relayed,
            within=_RELAYED_WITHIN,
            otherwise="The outcome was not relayed within 20 s. A client who may not get e-mail is told by staff "
            "instead: run the demo again, it takes another case. On PostgreSQL, see that `extra-sessions worker` runs.",
        )
        granted = f"{request['sessionsGranted']} of {request['sessionsRequested']} sessions"
        self.screen.facts([("Status", words(request["status"])), ("Granted", granted)])
        self.screen.table([(moment(entry["occurredAt"], self.zone), entry["summary"]) for entry in request["timeline"]])

    def outcome_letters(self, mailbox: Mailbox) -> list[Letter]:
        """Return the two letters that relay the outcome: the consultant's, then the client's."""
        to_client = mailbox.letters(lambda letter: letter.to == self.appointment["client"]["email"])
        return [mailbox.letters(self._is_mine)[0], to_client[-1]]

    def _is_mine(self, letter: Letter) -> bool:
        """Whether this is a letter to the consultant, about this request, that they have not read."""
        is_new = self._receipt is None or letter.raw != self._receipt.raw
        return is_new and self.request["reference"] in letter.subject and letter.to not in self._strangers

    def _relayed(self) -> Any:
        request = self.party.ask("request-status", by={"reference": self.request["reference"]})
        return request if any(entry["type"] == "OUTCOME_RELAYED" for entry in request["timeline"]) else None

    def _show_calendar(self, appointments: list[Any], chosen: Any) -> None:
        place = next((n for n, each in enumerate(appointments) if each["id"] == chosen["id"]), None)
        if place is None:
            self.screen.say("No case of this week is left: the demo takes one of the weeks around it.")
            appointments, place = [chosen], 0
        first = max(0, min(place - _SHOWN // 2, len(appointments) - _SHOWN))
        shown = appointments[first : first + _SHOWN]
        rows = [
            (*hours(each, self.zone), words(each["status"]), each["client"]["displayName"], each["case"]["number"])
            for each in shown
        ]
        self.screen.table(rows, marked=place - first)
        if len(appointments) > len(shown):
            self.screen.say(f"... and {len(appointments) - len(shown)} more")


def done(payload: Any) -> Any:
    """Return the request that a mutation worked on. Raises DemoStopped for a refusal."""
    for error in payload["userErrors"]:
        raise DemoStopped(f"Refused: {error['code']}, {error['message']}")
    return payload["request"]
