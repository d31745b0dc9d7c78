"""A mail sent twice is the same mail, goes to one address, and says nothing in its headers that it should not."""

import asyncio
import mailbox
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from jinja2 import TemplateNotFound, UndefinedError

from jobs.mailer import MaildirMailer
from jobs.writing import Writer, in_words

WRITER = Writer()

CREATED = datetime(2026, 11, 23, 4, 0, 30, tzinfo=UTC)
SENT: Any = {"to": "sam@example.com", "mail_id": "m", "created_at": CREATED, "sender": "a@b.org"}
TOKEN = "0" * 32
VALUES: dict[str, object] = {
    "provider": "Harbour Wellbeing",
    "name": "Sam",
    "outcome": "APPROVED",
    "sessions_granted": 2,
}


def letter(
    *,
    to: str = "sam@example.com",
    mail_id: str = "mail_1",
    created_at: datetime = CREATED,
    sender: str = "no-reply@sessions.example.org",
    **values: object,
) -> EmailMessage:
    return WRITER.write(
        "outcome_client", to=to, mail_id=mail_id, created_at=created_at, sender=sender, values=VALUES | values
    )


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


# The bytes


def test_the_same_arguments_give_the_same_bytes() -> None:
    assert letter().as_bytes() == letter().as_bytes()


def test_the_same_arguments_give_the_same_bytes_in_another_process() -> None:
    program = f"""
import sys
from datetime import datetime
from jobs.writing import Writer
mail = Writer().write("outcome_client", to="sam@example.com", mail_id="mail_1", sender="no-reply@sessions.example.org",
    created_at=datetime.fromisoformat("{CREATED.isoformat()}"), values={VALUES!r})
sys.stdout.buffer.write(mail.as_bytes())
"""
    for seed in ("1", "2"):
        elsewhere = subprocess.run(  # an environment of its own: another hash seed, another zone
            [sys.executable, "-c", program],
            check=True,
            capture_output=True,
            cwd=Path(__file__).parents[2],
            env={"PYTHONHASHSEED": seed, "TZ": "Pacific/Chatham"},
        )
        assert elsewhere.stdout == letter().as_bytes()


def test_another_zone_s_words_for_the_same_moment_change_nothing() -> None:
    elsewhere = CREATED.astimezone(timezone(timedelta(hours=11)))
    assert letter(created_at=elsewhere).as_bytes() == letter().as_bytes()


def test_the_headers_are_these_and_no_others() -> None:
    message = letter()
    assert message.keys() == [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "MIME-Version",
        "Content-Type",
    ]
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"] == "Mon, 23 Nov 2026 04:00:30 +0000"
    assert message["From"] == "Harbour Wellbeing <no-reply@sessions.example.org>"
    assert message["To"] == "sam@example.com"


def test_text_comes_before_html_and_both_survive_the_wire() -> None:
    message = message_from_bytes(letter(name="Zoë Ā 李").as_bytes(), policy=SMTP)
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert isinstance(message, EmailMessage)
    assert "Hello Zoë Ā 李," in text_of(message)
    assert "Hello Zoë Ā 李," in text_of(message, "html")


def test_no_line_is_longer_than_mail_servers_take() -> None:
    assert max(len(line) for line in letter(name="x" * 5000).as_bytes().split(b"\r\n")) <= 998


def test_message_ids_cannot_be_linked_to_each_other_or_to_the_mail() -> None:
    first, second = letter(mail_id="mail_1"), letter(mail_id="mail_2")
    assert first["Message-ID"] != second["Message-ID"]
    assert first.get_boundary() != second.get_boundary()
    assert "mail_1" not in first.as_string()
    name, domain = first["Message-ID"].strip("<>").split("@")
    assert len(name) == 32
    assert domain == "sessions.example.org"


# The addresses


@pytest.mark.parametrize(
    "to",
    [
        "sam@example.com\r\nBcc: boss@example.org",
        "sam@example.com\nBcc: boss@example.org",
        "sam@example.com\r",
        "sam@example.com, boss@example.org",
        "sam@example.com; boss@example.org",
        "Sam <sam@example.com>",
        "team: sam@example.com;",
        "sam",
        "sam@",
        "@example.com",
        "sam smith@example.com",
        "sam@example.com extra",
        "säm@example.com",
        "sam@" + "x" * 64 + ".com",
        "",
    ],
)
def test_what_is_not_one_plain_address_is_refused_and_kept_out_of_the_error(to: str) -> None:
    with pytest.raises(ValueError, match=r"^Not one plain e-mail address\.$") as refused:
        letter(to=to)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_a_sender_is_one_plain_address_too() -> None:
    with pytest.raises(ValueError, match="Not one plain e-mail address"):
        letter(sender="Extra Sessions <no-reply@sessions.example.org>")


def test_a_nul_in_an_address_is_stripped() -> None:
    assert letter(to="sam\0@example.com")["To"] == "sam@example.com"


def test_an_international_domain_is_written_as_mail_servers_know_it() -> None:
    assert letter(to="sam@bücher.example")["To"] == "sam@xn--bcher-kva.example"


# The values


def test_a_line_break_in_a_name_makes_no_header() -> None:
    message = message_from_bytes(letter(provider="Harbour\r\nBcc: boss@example.org").as_bytes(), policy=SMTP)
    assert message["Bcc"] is None
    assert message["Subject"] == "An update from Harbour Bcc: boss@example.org"


def test_control_characters_overrides_and_surrogates_are_left_out() -> None:
    message = letter(name="S\0a\x1bm\u202egnp.exe\u2066\ud800")
    assert "Hello Samgnp.exe," in text_of(message)
    assert "Hello Samgnp.exe," in text_of(message, "html")


def test_a_value_that_a_letter_needs_is_never_left_out_silently() -> None:
    values = {name: value for name, value in VALUES.items() if name != "sessions_granted"}
    with pytest.raises(UndefinedError, match="sessions_granted"):
        WRITER.write(
            "outcome_client", to="sam@example.com", mail_id="m", created_at=CREATED, sender="a@b.org", values=values
        )


def test_a_letter_that_does_not_exist_is_not_sent() -> None:
    with pytest.raises(TemplateNotFound):
        WRITER.write(
            "../mailer", to="sam@example.com", mail_id="m", created_at=CREATED, sender="a@b.org", values=VALUES
        )


def test_a_moment_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        letter(created_at=CREATED.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2026, 12, 3, 17, tzinfo=ZoneInfo("Australia/Melbourne")), "5 pm Melbourne time"),
        (datetime(2026, 12, 3, 0, 5, tzinfo=ZoneInfo("Australia/Lord_Howe")), "12:05 am Lord Howe time"),
        (datetime(2026, 12, 3, 12, tzinfo=ZoneInfo("Pacific/Auckland")), "12 pm Auckland time"),
        (datetime(2026, 12, 3, 9, 30, tzinfo=UTC), "9:30 am UTC"),
        (datetime(2026, 12, 3, 11, tzinfo=ZoneInfo("UTC")), "11 am UTC"),
    ],
)
def test_a_moment_is_said_as_its_own_zone_s_clocks_show_it(moment: datetime, words: str) -> None:
    assert in_words(moment) == f"Thursday 3 December 2026, {words}"


# The folder


def kept(folder: Path) -> list[bytes]:
    return [message.as_bytes() for message in mailbox.Maildir(folder, create=False)]


async def test_a_message_is_kept_as_it_was_written(tmp_path: Path) -> None:
    folder = tmp_path / "var" / "mail"
    await MaildirMailer(folder).send(letter(), token=TOKEN)
    (only,) = kept(folder)
    read = message_from_bytes(only, policy=SMTP)
    assert isinstance(read, EmailMessage)
    assert (read["Message-ID"], text_of(read)) == (letter()["Message-ID"], text_of(letter()))
    assert not list((folder / "tmp").iterdir())


async def test_the_same_message_again_changes_nothing(tmp_path: Path) -> None:
    mailer = MaildirMailer(tmp_path / "mail")
    await mailer.send(letter(), token=TOKEN)
    (file,) = (tmp_path / "mail" / "new").iterdir()
    before = file.stat()
    await mailer.send(letter(), token=TOKEN)
    await MaildirMailer(tmp_path / "mail").send(letter(), token=TOKEN)
    assert len(kept(tmp_path / "mail")) == 1
    after = file.stat()
    assert (after.st_ino, after.st_mtime_ns, after.st_size) == (before.st_ino, before.st_mtime_ns, before.st_size)


async def test_a_message_that_somebody_has_read_does_not_come_back(tmp_path: Path) -> None:
    mailer = MaildirMailer(tmp_path / "mail")
    await mailer.send(letter(), token=TOKEN)
    (file,) = (tmp_path / "mail" / "new").iterdir()
    file.rename(tmp_path / "mail" / "cur" / f"{file.name}:2,S")
    await mailer.send(letter(), token=TOKEN)
    assert not list((tmp_path / "mail" / "new").iterdir())


async def test_the_same_message_many_times_at_once_is_kept_once(tmp_path: Path) -> None:
    mailer = MaildirMailer(tmp_path / "mail")
    await asyncio.gather(*(mailer.send(letter(), token=TOKEN) for _ in range(20)))
    assert len(kept(tmp_path / "mail")) == 1
    assert not list((tmp_path / "mail" / "tmp").iterdir())


async def test_two_messages_to_one_person_are_both_kept(tmp_path: Path) -> None:
    mailer = MaildirMailer(tmp_path / "mail")
    await mailer.send(letter(mail_id="mail_1"), token=TOKEN)
    await mailer.send(letter(mail_id="mail_2"), token=TOKEN)
    assert len(kept(tmp_path / "mail")) == 2


async def test_nobody_else_on_the_machine_can_read_a_message(tmp_path: Path) -> None:
    await MaildirMailer(tmp_path / "mail").send(letter(), token=TOKEN)
    (file,) = (tmp_path / "mail" / "new").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "mail").stat().st_mode) == 0o700


async def test_a_message_that_could_not_be_written_is_an_error_and_leaves_nothing_to_read(tmp_path: Path) -> None:
    mailer = MaildirMailer(tmp_path / "mail")
    (tmp_path / "mail" / "tmp").rmdir()
    with pytest.raises(FileNotFoundError):
        await mailer.send(letter(), token=TOKEN)
    assert not list((tmp_path / "mail" / "new").iterdir())
