"""Requests on their whole way over HTTP, step by step, as each side sees it; and the proof that nobody was named."""

import asyncio
import time
from collections.abc import Sequence

import click

from api.demo.asking import Asking
from api.demo.cast import cast
from api.demo.clinical_chapter import clinical_chapter
from api.demo.confidentiality_check import Finding, search
from api.demo.consultant_side import ConsultantSide
from api.demo.held_back import Known, held_back, known_anyway
from api.demo.mailbox import Mailbox
from api.demo.organisation_side import OrganisationSide
from api.demo.overdue_chapter import overdue_chapter
from api.demo.patience import DemoStopped
from api.demo.question_chapter import question_chapter
from api.demo.screen import Screen
from api.demo.server import server
from api.demo.stage import Stage
from api.demo.standard_chapter import standard_chapter
from api.settings import Settings, SettingsError, read_settings
from models.clock import SystemClock


@click.command()
@click.option("--url", help="A running server, instead of the one on the usual port or, failing that, one of its own.")
@click.option("--pause", type=click.Choice(["none", "key"]), default="none", help="Wait for a key before each step.")
def demo(url: str | None, pause: str) -> None:
    """Walk four requests step by step over HTTP, and print what each side sees.

    The consultant's guide from the calendar to the outcome, a clinical review, a question, and a decision that is
    overdue. Ends with a search for every identifying or linking value in all that the organisation was sent; it fails
    if one is found.
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
    stage = _set(settings, address, screen)
    click.secho("\nExtra Sessions: four requests, step by step over HTTP", bold=True)
    screen.facts([("Server", address), ("E-mails", stage.mailbox.folder)])

    standard = standard_chapter(stage)
    clinical = clinical_chapter(stage)
    question = question_chapter(stage, but=standard.case["id"])
    overdue = overdue_chapter(stage)
    asked = [standard, clinical, question]
    finding = _check(stage, [*(each.known() for each in asked), overdue])
    _sum_up(screen, asked, overdue, finding, seconds=time.monotonic() - began)
    return finding


def _set(settings: Settings, address: str, screen: Screen) -> Stage:
    clock = SystemClock()
    players = asyncio.run(cast(settings, address, clock))
    return Stage(
        players=players,
        screen=screen,
        mailbox=Mailbox(settings.data_dir / "mail"),
        consultant=ConsultantSide(players.consultant, screen, clock),
        organisation=OrganisationSide(players, screen),
        provider=settings.provider,
    )


def _check(stage: Stage, knowns: Sequence[Known]) -> Finding:
    screen, organisation, players = stage.screen, stage.organisation, stage.players
    screen.chapter("Confidentiality: what the organisation was sent")
    screen.step("Look in all of it for what must not be there")
    organisation.ask_what_is_hidden(knowns)
    secrets = [secret for known in knowns for secret in held_back(known)]
    letters = organisation.letters(stage.mailbox)
    known = known_anyway(organisation.listed, organisation.viewer, stage.provider)
    answers = [*players.reviewer.received, *players.second_reviewer.received]
    finding = search(secrets, answers=answers, letters=letters, known=known)
    theirs = [*players.consultant.received, *players.staff.received]
    control = search(secrets, answers=theirs, letters=(), known=known)
    screen.facts(
        [
            (
                "Looked for",
                f"{finding.values} values: clients, cases, appointments, consultants, practices, answers, times",
            ),
            ("Looked in", f"{finding.size:,} bytes: {len(answers)} answers and {len(letters)} e-mails, also decoded"),
            ("As a control", f"the same search finds {len(control.found)} in what the consultant and staff were sent"),
        ]
    )
    for found in finding.found:
        click.secho(f"    FOUND {found}", fg="red", bold=True)
    if not finding.found:
        screen.good("None was found.")
    return finding


def _sum_up(screen: Screen, asked: Sequence[Asking], overdue: Known, finding: Finding, *, seconds: float) -> None:
    standard, clinical, question = (each.request for each in asked)
    click.secho("\nIn short", bold=True)
    screen.say(
        f"{standard['reference']} was approved for {standard['sessionsGranted']} of {standard['sessionsRequested']} "
        f"sessions, {clinical['reference']} after a clinical review for {clinical['sessionsGranted']} of "
        f"{clinical['sessionsRequested']}. {question['reference']} was declined after a question and its answer; "
        f"{overdue.request['reference']} is overdue, and those who must know have been told. It took {seconds:.1f} s. "
        f"Of {finding.values} values that identify or link, the organisation was sent {len(finding.found) or 'none'}."
    )
