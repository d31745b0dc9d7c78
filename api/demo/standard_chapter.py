"""A standard request: from the consultant's calendar to both outcome e-mails."""

from api.demo.asking import Asking
from api.demo.stage import Stage


def standard_chapter(stage: Stage) -> Asking:
    stage.screen.chapter("A standard request, from the calendar to its outcome")
    _ask(stage)
    _decide(stage)
    stage.screen.side("The outcome", "for consultant and client")
    stage.consultant.see_outcome()
    stage.consultant.read_outcome(stage.mailbox)
    return stage.consultant.asking


def _ask(stage: Stage) -> None:
    stage.consultants_turn()
    consultant = stage.consultant
    choice = consultant.open_calendar(stage.organisation_id)
    consultant.open_appointment(choice)
    consultant.open_case()
    consultant.see_actions()
    consultant.open_form()
    consultant.submit()
    consultant.confirm(stage.mailbox)


def _decide(stage: Stage) -> None:
    stage.organisations_turn()
    organisation, reference = stage.organisation, stage.consultant.asking.request["reference"]
    organisation.read_invitation(stage.mailbox, reference)
    organisation.open_queue(reference)
    organisation.open_request()
    organisation.approve_for_fewer()
    organisation.decide_too_late()
