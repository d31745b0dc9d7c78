"""The consultant's steps: from the calendar to a confirmed request, and later its outcome."""

from typing import Any
from zoneinfo import ZoneInfo

from api.demo.asking import Asking
from api.demo.choosing import Choice, appointments_between, choose, week_of
from api.demo.mailbox import Mailbox
from api.demo.party import Party
from api.demo.screen import Screen
from api.demo.wording import day, hours, moment, sessions, words
from models.clock import Clock

_SHOWN = 12


class ConsultantSide:
    """One consultant at work on one case: what they saw last of each thing stays at hand."""

    def __init__(self, party: Party, screen: Screen, clock: Clock) -> None:
        self.party = party
        self.screen = screen
        self.viewer: Any = party.ask("viewer")
        self.zone = ZoneInfo(self.viewer["timeZone"])
        self.today = clock.now().astimezone(self.zone).date()
        self.asking: Asking

    def open_calendar(self, organisation_id: str) -> Choice:
        monday, sunday = week_of(self.today)
        appointments = list(appointments_between(self.party, monday, sunday))
        choice = choose(self.party, appointments, self.today, organisation_id=organisation_id)
        self.screen.step(f"My Calendar, {day(monday)} to {day(sunday)} {sunday.year}")
        self._show_calendar(appointments, choice.appointment)
        return choice

    def open_appointment(self, choice: Choice) -> None:
        self.screen.step("Click on the appointment, and open it")
        self.asking = Asking(self.party, choice)
        appointment, client = self.asking.appointment, self.asking.client
        self.screen.facts(
            [
                ("When", " ".join(hours(appointment, self.zone))),
                ("Status", words(appointment["status"])),
                ("Client", client["displayName"]),
                ("E-mail, phone", f"{client['email']}, {client['phone'] or '-'}"),
                ("Parent Case", appointment["case"]["number"]),
                ("All cases", ", ".join(case["number"] for case in client["cases"])),
            ]
        )

    def open_case(self) -> None:
        case = self.asking.case
        self.screen.step(f"Go to the parent case, {case['number']}")
        self.screen.facts(
            [
                ("Organisation", case["organisation"]["name"]),
                ("Sessions", ", ".join(f"{number} {name}" for name, number in case["sessions"].items())),
                ("Open request", "none" if case["openRequest"] is None else case["openRequest"]["reference"]),
            ]
        )

    def see_actions(self) -> None:
        self.screen.step("Select an action")
        for action in self.asking.case["availableActions"]:
            self.screen.table(
                [(words(action["action"]), "enabled" if action["enabled"] else action["reason"])], marked=0
            )

    def open_form(self) -> None:
        self.screen.step("The extra sessions form")
        form = self.asking.open_form()
        review = "needed first" if form["wouldNeedClinicalReview"] else "not needed"
        self.screen.facts(
            [
                ("Requestor", ", ".join(map(words, form["requestors"]))),
                ("Sessions", f"1 to {form['maximumSessions']}; entitled, as a guide: {form['entitledSessions']}"),
                ("Date of request", form["dateOfRequest"]),
                ("Goal", ", ".join(option["label"] for option in form["goalCategories"])),
                ("Pathway", ", ".join(option["label"] for option in form["referralPathways"])),
                ("Clinical review", f"{review} for {self.asking.sessions}"),
            ]
        )

    def submit(self) -> None:
        self.screen.step("Submit")
        request, form = self.asking.submit(), self.asking.form
        goal, pathway = form["goalCategories"][0]["label"], form["referralPathways"][0]["label"]
        self.screen.facts(
            [
                ("Reference", request["reference"]),
                ("Asked for", sessions(request["sessionsRequested"])),
                ("Goal", f"{goal}: {request['goal']['statement']}"),
                ("Pathway", f"{pathway}: {request['referralPathway']['detail']}"),
                ("Status", f"{words(request['status'])}: stored, and nobody has been told"),
            ]
        )

    def confirm(self, mailbox: Mailbox) -> None:
        self.screen.step("Confirm")
        self.asking.confirm()
        due = {kind: moment(each["dueAt"], self.zone) for kind, each in self.asking.due().items()}
        receipt = self.asking.letter(mailbox, "We have received request")
        request = self.asking.look()
        held = request["case"]["bookingHold"]
        self.screen.facts(
            [
                ("Status", words(request["status"])),
                ("Decision due", due.get("DECISION")),
                ("Outcome due", due.get("RELAY")),
                ("Booking hold", f"{'on' if held['active'] else 'off'}, bookable: {held['bookableSessions']}"),
                ("E-mail", f"{receipt.subject} (to {receipt.to})"),
            ]
        )

    def see_outcome(self) -> None:
        """Wait until both outcome e-mails are away. Raises DemoStopped."""
        self.screen.step("The outcome, as the consultant sees it")
        request = self.asking.wait_for_outcome()
        granted = f"{request['sessionsGranted']} of {request['sessionsRequested']} sessions"
        self.screen.facts([("Status", words(request["status"])), ("Granted", granted)])
        self.screen.timeline(request["timeline"], self.zone)

    def read_outcome(self, mailbox: Mailbox) -> None:
        """Show the two letters that relay the outcome: the consultant's, then the client's."""
        self.screen.step("Both outcome e-mails")
        self.screen.letter(self.asking.letter(mailbox, "The outcome of request"))
        self.screen.letter(self.asking.letter_to_client(mailbox))

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
