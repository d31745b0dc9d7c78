"""A real mail server on this machine, which answers as a test wants it to, and one that only plays back a script."""

import asyncio
import ipaddress
import ssl
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import NameOID

from jobs.pace import Pace
from jobs.smtp import IDLE, MailServer, SmtpMailer
from jobs.writing import Writer
from tests.clock import FixedClock
from tests.jobs.workshop import until

TOKEN = "0123456789abcdef" * 2
RETURN_PATH = "bounces@harbour.example"
USER, PASSWORD = "sessions", "correct horse"


@dataclass
class Handled:
    """One message that the server has accepted."""

    sender: str | None
    recipients: list[str]
    content: bytes


@dataclass
class PostOffice:
    """Accepts whatever comes, but for the commands that ``answers`` has an answer for."""

    answers: dict[str, str] = field(default_factory=dict)
    refuse: dict[str, str] = field(default_factory=dict)
    """Answers to single addresses."""
    accepted: list[Handled] = field(default_factory=list)
    connections: int = 0
    quits: int = 0
    port: int = 0
    transports: list[asyncio.WriteTransport] = field(default_factory=list)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name for it
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802 - as above
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        refusal = self.refuse.get(address.lower(), self.answers.get("RCPT"))
        if refusal is not None:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        if "DATA" in self.answers:
            return self.answers["DATA"]
        assert isinstance(envelope.original_content, bytes)
        self.accepted.append(Handled(envelope.mail_from, list(envelope.rcpt_tos), envelope.original_content))
        return "250 OK"

    async def handle_QUIT(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802 - as above
        self.quits += 1
        return "221 Bye"

    def authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, who: Any) -> AuthResult:
        assert isinstance(who, LoginPassword)
        return AuthResult(success=(who.login, who.password) == (USER.encode(), PASSWORD.encode()), handled=False)

    def drop(self) -> None:
        """Drop every connection, as a server does that is restarted."""
        for transport in self.transports:
            transport.abort()


class _Server(SMTP):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        office: PostOffice = self.event_handler
        office.connections += self.transport is None  # STARTTLS makes the connection anew
        assert isinstance(transport, asyncio.WriteTransport)
        office.transports.append(transport)
        super().connection_made(transport)


@asynccontextmanager
async def post_office(
    *,
    implicit: ssl.SSLContext | None = None,
    starttls: ssl.SSLContext | None = None,
    auth: bool = False,
    answers: dict[str, str] | None = None,
) -> AsyncIterator[PostOffice]:
    """Serve on a free port of this machine: in TLS from the start, with STARTTLS, or in plain."""
    office = PostOffice(dict(answers or {}))
    loop = asyncio.get_running_loop()

    def connected() -> SMTP:
        options: dict[str, Any] = {"tls_context": starttls, "require_starttls": starttls is not None}
        if auth:
            options |= {"auth_required": True, "auth_require_tls": starttls is not None}
            options |= {"authenticator": office.authenticate}
        with warnings.catch_warnings(action="ignore"):  # that passwords are taken without STARTTLS
            return _Server(office, hostname="mx.harbour.example", loop=loop, **options)

    server = await loop.create_server(connected, "127.0.0.1", 0, ssl=implicit)
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        server.close()
        office.drop()
        await _ended(server)


@asynccontextmanager
async def playing(play: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]) -> AsyncIterator[int]:
    """Serve by a script; yields the port. A connection ends with its script."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await play(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await _ended(server)


async def _ended(server: asyncio.Server) -> None:
    """Wait for its connections too, which ``wait_closed`` does only from Python 3.12 on."""
    await until(lambda: not getattr(server, "_active_count", 0))
    await server.wait_closed()


@asynccontextmanager
async def mailer(
    port: int, *, pace: Pace | None = None, idle: timedelta = IDLE, **changes: Any
) -> AsyncIterator[SmtpMailer]:
    server = {
        "host": "127.0.0.1",
        "security": "none",
        "tls": ssl.create_default_context(),
        "return_path": RETURN_PATH,
        "timeout": timedelta(seconds=10),
        **changes,
    }
    sends = SmtpMailer(MailServer(port=port, **server), pace or Pace(0, FixedClock()), idle=idle)
    try:
        yield sends
    finally:
        await sends.close()


def letter(mail_id: str = "mail_1", *, to: str = "sam@home.example") -> EmailMessage:
    return Writer().write(
        "outcome_client",
        to=to,
        mail_id=mail_id,
        created_at=datetime(2026, 11, 23, 4, tzinfo=UTC),
        sender="sessions@harbour.example",
        values={"provider": "Harbour EAP", "name": "Sam", "outcome": "APPROVED", "sessions_granted": 2},
    )


@dataclass(frozen=True)
class Certificate:
    """A certificate with its key. One that signs itself is an authority: who trusts it trusts what it has signed."""

    path: Path

    def serving(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path)
        return context

    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.path)


def certificate(
    path: Path, *, address: str = "127.0.0.1", until: timedelta = timedelta(days=1), by: Certificate | None = None
) -> Certificate:
    """Make a certificate for a server at ``address``, signed ``by`` an authority; ``until`` counts from today."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)  # noqa: TID251 - TLS asks the machine's clock
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{path.stem}.harbour.example")])
    issuer, signing = (name, key) if by is None else _authority(by)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now + until)
        .add_extension(x509.SubjectAlternativeName([_general_name(address)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .sign(signing, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + made.public_bytes(Encoding.PEM))
    return Certificate(path)


def _authority(by: Certificate) -> tuple[x509.Name, ec.EllipticCurvePrivateKey]:
    written = by.path.read_bytes()
    key = load_pem_private_key(written, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return x509.load_pem_x509_certificate(written).subject, key


def _general_name(address: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(address))
    except ValueError:
        return x509.DNSName(address)
