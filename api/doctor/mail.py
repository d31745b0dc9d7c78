"""Looks at the mail server: whether it can be reached from here, and speaks."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import closing
from typing import Final

from api.doctor.findings import Finding, ok, problem

_PATIENCE: Final = 10.0
"""Seconds."""
_HELLO_TO_YOU: Final = 250
_PORTS: Final = {"tls": 465, "starttls": 587, "none": 25}


def look_at_mail_server(host: str, port: int, *, security: str = "none") -> Iterator[Finding]:
    """Connect and say hello, in TLS where that comes first; nobody signs in, and no e-mail is sent.

    An empty host is a deployment without a mail server: there is nothing to look at. Port 0 is the usual one.
    """
    if not host:
        return
    where = f"{host}:{port or _PORTS[security]}"
    try:
        with closing(
            _connected(host, port or _PORTS[security], security)
        ) as server:  # how it takes a goodbye does not matter
            code, _ = server.ehlo()
    except (OSError, smtplib.SMTPException) as error:
        advice = "Is it up, is EXTRA_SESSIONS_SMTP_HOST right, and does the firewall let this machine through?"
        yield problem("mail server", f"{where} can't be reached ({type(error).__name__}).", advice)
        return
    if code == _HELLO_TO_YOU:
        yield ok("mail server", f"{where} answers.")
    else:
        yield problem(
            "mail server", f"{where} refuses this machine's hello with {code}.", "Ask who runs it to let it in."
        )


def _connected(host: str, port: int, security: str) -> smtplib.SMTP:
    if security == "tls":
        return smtplib.SMTP_SSL(host, port, timeout=_PATIENCE, context=ssl.create_default_context())
    return smtplib.SMTP(host, port, timeout=_PATIENCE)
