"""The demo from beginning to end, against real servers on ports of this machine."""

import mailbox
import re
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.commands.demo import demo
from api.demo.server import server
from api.settings import read_settings

STEPS = (
    *("My Calendar", "Click on the appointment", "Go to the parent case", "Select an action"),
    *("The extra sessions form", "Submit", "Confirm", "The invitation", "The review queue", "One request"),
    *("Approve", "A second reviewer", "The outcome", "Both outcome e-mails"),
    *("The form of a long case", "Submit and confirm", "The e-mail to the consultant", "The 5 questions"),
    *("The clinical reviewer's queue", "The request, with its answers", "Endorse", "What the organisation sees"),
    "Approve",
    *("Another request", "Ask a question", "The question, by e-mail", "A draft that names the client"),
    *("A draft that names nobody", "What waits for staff", "Read the draft", "The answer, as the reviewer reads it"),
    "Decline",
    *("What is overdue", "Whom the clock has told", "The request, as staff see it", "The same request"),
    "Look in all of it",
)
SHOWN = (
    r"Sessions +\d+ used \+ \d+ scheduled \+ \d+ remaining \+ 4 requested = \d+\n +Without a review  up to 12",
    r"Clinical review +needed first",
    r"Endorse, for 2 of 4 sessions",
    r"Sessions +2 asked for\n",
    r"Decision due +.* \(paused\)",
    r"IDENTIFIER_FOUND +The organisation would learn who this is about\. Take out: the client's\s+name \(characters",
    r"Decision was due +.* \(paused\)\n +Decision is due +.* \((on track|at risk)\)",
    r"│ Fortnightly, so that they take about two months\.\n +\d",
    r"To +people@saltbush\.example",
    r"Overdue; provider staff were told\.",
    r"Ask question +The decision is overdue",
)
"""What the chapters are told for."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder, and a usual port on which nobody serves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for name, value in {"MODE": "demo", "DATA_DIR": tmp_path, "PORT": port}.items():
        monkeypatch.setenv(f"EXTRA_SESSIONS_{name}", str(value))
    return tmp_path


def test_the_demo_walks_the_whole_way_on_a_server_of_its_own(home: Path) -> None:
    result = CliRunner().invoke(demo)

    check_walk(result, home)
    [address] = re.findall(r"Server +http://([\d.]+):(\d+)", result.output)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address[0], int(address[1])), timeout=1)


def test_the_demo_walks_twice_on_a_server_that_is_running_and_leaves_it_running(home: Path) -> None:
    with server(read_settings(), None) as url:
        check_walk(CliRunner().invoke(demo, ["--url", f"{url}/"]), home)
        result = CliRunner().invoke(demo, ["--url", url])
        with server(read_settings(), url) as still:
            assert still == url

    check_walk(result, home)
    assert url in result.output


def test_the_demo_refuses_to_touch_anything_but_a_demo(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EXTRA_SESSIONS_MODE")

    result = CliRunner().invoke(demo)

    assert result.exit_code != 0
    assert "EXTRA_SESSIONS_MODE=demo" in str(result.exception)
    assert list(home.iterdir()) == []


def test_the_demo_says_where_nobody_answers(home: Path) -> None:
    result = CliRunner().invoke(demo, ["--url", "http://127.0.0.1:9"])

    assert result.exit_code == 1
    assert result.output == "Error: Nothing answers at http://127.0.0.1:9/healthz.\n"
    assert list(home.iterdir()) == []


def check_walk(result: Result, home: Path) -> None:
    """Check that every step was shown in its order, that both outcome mails came, and that nobody was named."""
    assert result.exit_code == 0, result.output
    shown = re.findall(r"^ ?(\d+)  (.*)$", result.output, re.MULTILINE)
    assert [int(number) for number, _ in shown] == list(range(1, len(STEPS) + 1))
    assert [title[: len(step)] for (_, title), step in zip(shown, STEPS, strict=True)] == list(STEPS)
    assert "\x1b" not in result.output, "colours are for terminals"
    assert "None was found." in result.output
    assert not [shown for shown in SHOWN if not re.search(shown, result.output)]

    letters = mailbox.Maildir(home / "mail")
    searched = re.findall(r"bytes: (\d+) answers and (\d+) e-mails", result.output)
    assert [int(number) for _, number in searched] == [len([each for each in letters if theirs(each)])]
    assert int(searched[0][0]) > 30, "of every chapter"
    subjects = [str(letter["Subject"]) for letter in letters]
    assert f"The outcome of request {reference_of(result)}" in subjects
    to_client = re.findall(r"To +(\S+)\n +Subject +An update from", result.output)
    assert [str(letter["To"]) for letter in letters if str(letter["To"]) in to_client]


def theirs(letter: mailbox.MaildirMessage) -> bool:
    """Whether a letter went to the reviewers' organisation."""
    return str(letter["To"]).endswith("@saltbush.example")


def reference_of(result: Result) -> str:
    [reference] = re.findall(r"(R-\w{8}) was approved for", result.output)
    return str(reference)
