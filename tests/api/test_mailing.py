"""Where e-mails go is chosen in one place; a mail server that could not be used soundly stops the start."""

from pathlib import Path

import pytest

from api.app import job_context
from api.mailing import open_mailer
from api.settings import Settings, SettingsError, read_settings
from api.traces import open_traces
from jobs.mailer import MaildirMailer
from jobs.smtp import SmtpMailer
from models.database import Database
from tests.clock import FixedClock
from tests.jobs.post_office import PASSWORD, TOKEN, USER, letter, post_office

SERVER = {"smtp_host": "mx.harbour.example", "mail_return_path": "bounces@harbour.example"}


def settings(data_dir: Path, **changes: object) -> Settings:
    return read_settings(mode="demo", data_dir=data_dir, **{**SERVER, **changes})


def test_without_a_mail_server_e_mails_stay_on_this_machine(tmp_path: Path, clock: FixedClock) -> None:
    assert isinstance(open_mailer(settings(tmp_path, smtp_host=""), clock), MaildirMailer)
    assert (tmp_path / "mail" / "new").is_dir()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_server_and_worker_hand_their_jobs_the_same_mailer(
    tmp_path: Path, database: Database, clock: FixedClock
) -> None:
    chosen = settings(tmp_path)
    assert isinstance(job_context(chosen, database, clock, open_traces(chosen)).mailer, SmtpMailer)
    assert not (tmp_path / "mail").exists()


@pytest.mark.parametrize(
    ("changes", "variable", "said"),
    [
        ({"mail_return_path": ""}, "MAIL_RETURN_PATH", "bounces come back"),
        ({"mail_return_path": "bounces"}, "MAIL_RETURN_PATH", "bounces come back"),
        ({"mail_return_path": "a@b.example\r\nRCPT"}, "MAIL_RETURN_PATH", "bounces come back"),
        ({"mail_return_path": "a@b.example, c@d.example"}, "MAIL_RETURN_PATH", "bounces come back"),
        ({"smtp_security": "none"}, "SMTP_SECURITY", "tls or starttls"),
        ({"smtp_security": "none", "smtp_host": "10.0.0.1"}, "SMTP_SECURITY", "tls or starttls"),
        ({"smtp_username": "u"}, "SMTP_USERNAME", "both, or neither"),
        ({"smtp_password_file": Path("/there/is/none")}, "SMTP_PASSWORD_FILE", "both, or neither"),
        ({"smtp_username": "u", "smtp_password_file": Path("/there/is/none")}, "SMTP_PASSWORD_FILE", "no password"),
    ],
)
def test_a_server_that_cannot_be_used_soundly_stops_the_start(
    tmp_path: Path, clock: FixedClock, changes: dict[str, object], variable: str, said: str
) -> None:
    with pytest.raises(SettingsError, match=f"EXTRA_SESSIONS_{variable}.*{said}"):
        open_mailer(settings(tmp_path, **changes), clock)


def test_an_empty_password_file_holds_no_password(tmp_path: Path, clock: FixedClock) -> None:
    (tmp_path / "password").write_text("\n")
    with pytest.raises(SettingsError, match="no password"):
        open_mailer(settings(tmp_path, smtp_username="u", smtp_password_file=tmp_path / "password"), clock)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.53", "::1", "localhost"])
def test_this_machine_itself_needs_no_tls(tmp_path: Path, clock: FixedClock, host: str) -> None:
    assert isinstance(open_mailer(settings(tmp_path, smtp_host=host, smtp_security="none"), clock), SmtpMailer)


async def test_what_is_set_is_what_the_server_sees(tmp_path: Path, clock: FixedClock) -> None:
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    async with post_office(auth=True) as office:
        given = {"smtp_host": "127.0.0.1", "smtp_port": office.port, "smtp_security": "none"}
        given |= {"smtp_username": USER, "smtp_password_file": tmp_path / "password"}
        sends = open_mailer(settings(tmp_path, **given), clock)
        await sends.send(letter(), token=TOKEN)
        await sends.close()
    assert [each.sender for each in office.accepted] == [f"bounces+{TOKEN}@harbour.example"]
