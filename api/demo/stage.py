"""What every chapter of the demo plays on: who is signed in, what is printed, and where the e-mails arrive."""

from dataclasses import dataclass

from api.demo.cast import Cast
from api.demo.consultant_side import ConsultantSide
from api.demo.mailbox import Mailbox
from api.demo.organisation_side import OrganisationSide
from api.demo.screen import Screen


@dataclass(frozen=True, slots=True)
class Stage:
    players: Cast
    screen: Screen
    mailbox: Mailbox
    consultant: ConsultantSide
    organisation: OrganisationSide
    provider: str

    @property
    def organisation_id(self) -> str:
        return str(self.organisation.viewer["organisation"]["id"])

    def consultants_turn(self) -> None:
        viewer = self.consultant.viewer
        self.screen.side("The consultant", f"{viewer['name']}, {viewer['practice']['name']}")

    def organisations_turn(self) -> None:
        viewer = self.organisation.viewer
        self.screen.side("The organisation", f"{viewer['name']}, {viewer['organisation']['name']}")

    def clinical_reviewers_turn(self) -> None:
        self.screen.side("The clinical reviewer", f"{self.players.clinical_reviewer.name}, {self.provider}")

    def staffs_turn(self) -> None:
        self.screen.side("The provider's staff", f"{self.players.staff.name}, {self.provider}")
