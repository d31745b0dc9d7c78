"""Nothing is said to a mail server that does not prove who it is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtplib import SMTPAuthenticationError, SMTPException

from jobs.smtp import SmtpMailer
from tests.jobs.post_office import (
    PASSWORD,
    TOKEN,
    USER,
    Certificate,
    PostOffice,
    certificate,
    letter,
    mailer,
    post_office,
)

SECURITY = pytest.mark.parametrize("security", ["tls", "starttls"])


@asynccontextmanager
async def secured(
    security: str, shown: Certificate, trusted: Certificate, *, auth: bool = False, **changes: Any
) -> AsyncIterator[tuple[PostOffice, SmtpMailer]]:
    """Serve with one certificate, and trust another one or the same."""
    implicit, starttls = (shown.serving(), None) if security == "tls" else (None, shown.serving())
    async with (
        post_office(implicit=implicit, starttls=starttls, auth=auth) as office,
        mailer(office.port, security=security, tls=trusted.trusting(), **changes) as sends,
    ):
        yield office, sends


@SECURITY
async def test_a_message_goes_to_a_server_that_is_trusted(tmp_path: Path, security: str) -> None:
    known = certificate(tmp_path / "known.pem")
    async with secured(security, known, known) as (office, sends):
        for _ in range(2):
            await sends.send(letter(), token=TOKEN)
    assert [each.content for each in office.accepted] == [letter().as_bytes()] * 2
    assert office.connections == 1


@SECURITY
@pytest.mark.parametrize(
    "wrong",
    [{"address": "127.0.0.2"}, {"until": timedelta(days=-1)}, {}],
    ids=["of another host", "expired", "of an unknown authority"],
)
async def test_a_wrong_certificate_is_refused(tmp_path: Path, security: str, wrong: dict[str, Any]) -> None:
    shown = certificate(tmp_path / "shown.pem", **wrong)
    trusted = shown if wrong else certificate(tmp_path / "known.pem")
    async with secured(security, shown, trusted, auth=True, username=USER, password=PASSWORD) as (office, sends):
        with pytest.raises((SMTPException, OSError)):
            await sends.send(letter(), token=TOKEN)
    assert not office.accepted


async def test_a_server_without_tls_is_told_nothing(tmp_path: Path) -> None:
    known = certificate(tmp_path / "known.pem")
    async with (
        post_office(auth=True) as office,
        mailer(office.port, security="starttls", tls=known.trusting(), username=USER, password=PASSWORD) as sends,
    ):
        with pytest.raises(SMTPException, match="STARTTLS"):
            await sends.send(letter(), token=TOKEN)
    assert not office.accepted


@SECURITY
async def test_we_sign_in_as_who_we_are(tmp_path: Path, security: str) -> None:
    known = certificate(tmp_path / "known.pem")
    async with secured(security, known, known, auth=True, username=USER, password=PASSWORD) as (office, sends):
        await sends.send(letter(), token=TOKEN)
    assert len(office.accepted) == 1


async def test_a_sign_in_that_is_refused_blames_nobodys_address(tmp_path: Path) -> None:
    known = certificate(tmp_path / "known.pem")
    async with secured("starttls", known, known, auth=True, username=USER, password="wrong") as (office, sends):
        with pytest.raises(SMTPAuthenticationError):
            await sends.send(letter(), token=TOKEN)
    assert not office.accepted
