"""Chooses where e-mails go: to a mail server, or to a Maildir on this machine."""

import re
import ssl
from datetime import timedelta

from api.origins import is_this_machine
from api.settings import Settings, SettingsError
from jobs.mailer import MaildirMailer, Mailer
from jobs.pace import Pace
from jobs.smtp import MailServer, SmtpMailer
from models.clock import Clock

_PORTS = {"tls": 465, "starttls": 587, "none": 25}
_RETURN_PATH = re.compile(r"[A-Za-z0-9._=-]+@[A-Za-z0-9.-]+")


def open_mailer(settings: Settings, clock: Clock) -> Mailer:
    """Return what sends e-mails; nothing is connected yet. Raises SettingsError for what a mail server lacks."""
    if not settings.smtp_host:
        return MaildirMailer(settings.data_dir / "mail")
    _check(settings)
    server = MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port or _PORTS[settings.smtp_security],
        security=settings.smtp_security,
        tls=ssl.create_default_context(),
        return_path=settings.mail_return_path,
        timeout=timedelta(seconds=settings.smtp_timeout),
        username=settings.smtp_username or None,
        password=_password(settings),
    )
    return SmtpMailer(server, Pace(settings.mail_rate, clock))


def _check(settings: Settings) -> None:
    if not _RETURN_PATH.fullmatch(settings.mail_return_path):
        raise SettingsError(
            "EXTRA_SESSIONS_MAIL_RETURN_PATH: with a mail server this must be the address that bounces come back to, "
            "such as bounces@eap.example."
        )
    if settings.smtp_security == "none" and not is_this_machine(settings.smtp_host):
        raise SettingsError(
            "EXTRA_SESSIONS_SMTP_SECURITY: without TLS e-mails go to this machine alone (127.0.0.1, ::1, localhost). "
            "Set it to tls or starttls."
        )
    if bool(settings.smtp_username) != (settings.smtp_password_file is not None):
        raise SettingsError(
            "EXTRA_SESSIONS_SMTP_USERNAME and EXTRA_SESSIONS_SMTP_PASSWORD_FILE go together: set both, or neither."
        )


def _password(settings: Settings) -> str | None:
    if settings.smtp_password_file is None:
        return None
    try:
        password = settings.smtp_password_file.read_text().strip("\r\n")
    except (OSError, UnicodeDecodeError):
        password = ""
    if not password:
        raise SettingsError(f"EXTRA_SESSIONS_SMTP_PASSWORD_FILE: {settings.smtp_password_file} holds no password.")
    return password
