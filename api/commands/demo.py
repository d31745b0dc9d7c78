"""One request's whole way over HTTP, step by step, as each side sees it; and the proof that nobody was named."""

import asyncio
import time
from collections.abc import Sequence

import click

from api.demo.cast import Cast, cast
from api.demo.confidentiality_check import Finding, search
from api.demo.consultant_side import ConsultantSide
from api.demo.held_back import held_back, known_anyway
from api.demo.mailbox import Letter, Mailbox
from api.demo.organisation_side import OrganisationSide
from api.demo.patience import DemoStopped
from api.demo.screen import Screen
from api.demo.server import server
from api.settings import Settings, SettingsError, read_settings
from models.clock import SystemClock


@click.command()
@click.option("--url", help="A running server, instead of the one on the usual port or, failing that, one of its own.")
@click.option("--pause", type=click.Choice(["none", "key"]), default="none", help="Wait for a key before each step.")
def demo(url: str | None, pause: str) -> None:
    """Walk the consultant's guide step by step over HTTP, then the organisation's side, and print what each side sees.

    Ends with both outcome e-mails, and with a search for every identifying or linking value in all that the
    organisation was sent; it fails if one is found.
    """
    settings = read_settings()
    if not settings.is_demo:
        raise SettingsError("The demo works on invented people alone: set EXTRA_SESSIONS_MODE=demo.")
    try:
        with server(settings, url) as address:
            screen = Screen(pause=pause == "key")
            finding = _walk(settings, address, screen)
    except DemoStopped as stopped:
        raise click.ClickException(str(stopped)) from None
    if finding.found:
        raise click.ClickException("The organisation was sent what it must never know.")


def _walk(settings: Settings, address: str, screen: Screen) -> Finding:
    began = time.monotonic()
    clock = SystemClock()
    players = asyncio.run(cast(settings, address, clock))
    mailbox = Mailbox(settings.data_dir / "mail")
    click.secho("\nExtra Sessions: one request, step by step over HTTP", bold=True)
    screen.facts([("Server", address), ("E-mails", mailbox.folder)])

    organisation = OrganisationSide(players, screen)
    consultant = ConsultantSide(players, screen, clock)
    _ask(consultant, organisation, mailbox)
    _decide(consultant, organisation, mailbox)
    letters = _relay(consultant, organisation, mailbox)
    finding = _check(players, consultant, organisation, letters=letters, provider=settings.provider)
    _sum_up(screen, consultant, finding, seconds=time.monotonic() - began)
    return finding


def _ask(consultant: ConsultantSide, organisation: OrganisationSide, mailbox: Mailbox) -> None:
    viewer = consultant.viewer
    consultant.screen.side("The consultant", f"{viewer['name']}, {viewer['practice']['name']}")
    choice = consultant.open_calendar(organisation.viewer["organisation"]["id"])
    consultant.open_appointment(choice)
    consultant.open_case()
    consultant.see_actions()
    consultant.open_form(choice)
    consultant.submit(choice)
    consultant.confirm(mailbox)


def _decide(consultant: ConsultantSide, organisation: OrganisationSide, mailbox: Mailbox) -> None:
    viewer, reference = organisation.viewer, consultant.request["reference"]
    organisation.screen.side("The organisation", f"{viewer['name']}, {viewer['organisation']['name']}")
    organisation.read_invitation(mailbox, reference)
    organisation.open_queue(reference)
    organisation.open_request()
    organisation.approve_for_fewer()
    organisation.decide_too_late()


def _relay(consultant: ConsultantSide, organisation: OrganisationSide, mailbox: Mailbox) -> Sequence[Letter]:
    """Show the outcome; return what the organisation was written."""
    consultant.screen.side("The outcome", "for consultant and client")
    consultant.see_outcome()
    consultant.screen.step("Both outcome e-mails")
    for letter in consultant.outcome_letters(mailbox):
        consultant.screen.letter(letter)
    return organisation.letters(mailbox)


def _check(
    players: Cast,
    consultant: ConsultantSide,
    organisation: OrganisationSide,
    *,
    letters: Sequence[Letter],
    provider: str,
) -> Finding:
    screen = organisation.screen
    screen.side("Confidentiality", "what the organisation was sent")
    screen.step("Look in all of it for what must not be there")
    organisation.ask_what_is_hidden(consultant.case, consultant.appointment, consultant.today)
    secrets = held_back(consultant)
    known = known_anyway(organisation.request, organisation.viewer, provider)
    answers = [*players.reviewer.received, *players.second_reviewer.received]
    finding = search(secrets, answers=answers, letters=letters, known=known)
    control = search(secrets, answers=players.consultant.received, letters=(), known=known)
    screen.facts(
        [
            (
                "Looked for",
                f"{finding.values} values: client, cases, appointments, consultant, practice, answers, times",
            ),
            ("Looked in", f"{finding.size:,} bytes: {len(answers)} answers and {len(letters)} e-mails, also decoded"),
            ("As a control", f"the same search finds {len(control.found)} in the consultant's own answers"),
        ]
    )
    for found in finding.found:
        click.secho(f"    FOUND {found}", fg="red", bold=True)
    if not finding.found:
        screen.good("None was found.")
    return finding


def _sum_up(screen: Screen, consultant: ConsultantSide, finding: Finding, *, seconds: float) -> None:
    request = consultant.request
    click.secho("\nIn short", bold=True)
    screen.say(
        f"{request['reference']} was approved for {request['sessionsGranted']} of {request['sessionsRequested']} "
        f"sessions in {seconds:.1f} s. Consultant and client have their e-mails. Of {finding.values} values that "
        f"identify or link, the organisation was sent {len(finding.found) or 'none'}."
    )
