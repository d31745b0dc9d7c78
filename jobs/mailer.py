"""How a mail is written and handed over, so that sending it twice is the same as sending it once."""

import asyncio
import binascii
import hashlib
import os
import re
import tempfile
import textwrap
from collections.abc import Mapping
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address, BaseHeader, HeaderRegistry
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from mailbox import Maildir
from pathlib import Path
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import mrml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES: Final = Path(__file__).parent / "templates"
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

# Control characters, bidirectional overrides and isolates, lone surrogates: nothing that a name or a label needs, and
# everything that could break the markup or show a reader another order than the one written.
_UNWANTED: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_TEXT_WIDTH: Final = 72
# Left alone, the renderer links a font from a third party, which would learn who opens what and when.
_NOTHING_FETCHED: Final = mrml.RenderOptions(fonts={})


class _Headers(HeaderRegistry):
    """The standard registry, which makes a class anew for every header of every message, but once for each name."""

    @cache  # noqa: B019 - one registry for the process, and the names that are written below
    def __getitem__(self, name: str) -> type[BaseHeader]:
        return super().__getitem__(name)


_POLICY: Final = SMTP.clone(header_factory=_Headers())
_fixed: Final = cache(_POLICY.header_factory)
"""Reads a header that is the same in every message of a deployment."""


class MailRejected(Exception):
    """The mail server says that nothing can be sent to this address, and that trying again is of no use."""


class Mailer(Protocol):
    async def send(self, message: EmailMessage, *, token: str) -> None:
        """Hand one message over, durably; raises where that failed, and may be called again with the same message.

        ``token`` marks the return path, where there is one. Raises MailRejected where the address is to blame.
        """
        ...

    async def close(self) -> None:
        """Let go of what is kept open between two messages. It may be used again after that."""
        ...


class MaildirMailer:
    """Keeps every message in a Maildir on this machine: what a deployment without a mail server does."""

    def __init__(self, folder: Path) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        Maildir(folder, create=True)
        self._folder = folder

    async def send(self, message: EmailMessage, *, token: str) -> None:
        """Keep the message on disk; one that is already here, read or unread, is left alone. No mail comes back."""
        del token
        await asyncio.to_thread(self._keep, message)

    async def close(self) -> None:
        """Nothing is kept open."""

    def _keep(self, message: EmailMessage) -> None:
        # Maildir.add would choose a new name each time; ours follows from the Message-ID, so that a repeat is seen.
        name = hashlib.sha256(message["Message-ID"].encode()).hexdigest()[:32]
        arrived = self._folder / "new" / name
        if arrived.exists() or any((self._folder / "cur").glob(f"{name}*")):
            return
        handle, half_written = tempfile.mkstemp(prefix=name, dir=self._folder / "tmp")
        with os.fdopen(handle, "wb") as file:
            file.write(message.as_bytes(policy=message.policy.clone(linesep="\n")))
            file.flush()
            os.fsync(file.fileno())
        Path(half_written).replace(arrived)
        _sync_folder(arrived.parent)


def render(  # noqa: PLR0913 - one argument for each fact that the bytes follow from, all named by the caller
    template: str, *, to: str, mail_id: str, created_at: datetime, sender: str, values: Mapping[str, object]
) -> EmailMessage:
    """Write one mail to one recipient; the same arguments give the same bytes, whenever and wherever.

    `sender` is an address alone: the name shown is the provider's (`values["provider"]`), as a product's name on a
    lock screen would tell a client's neighbours something. Blocking: call it in a thread. Raises ValueError for an
    address that cannot be written to, and for a moment without an offset.
    """
    known = {name: _clean(value) for name, value in values.items()}
    origin = _sender(sender)
    digest = hashlib.sha256(b"mail\0" + mail_id.encode()).hexdigest()
    words = _TEXT.get_template(f"{template}.jinja")
    subject = _on_one_line("".join(words.blocks["subject"](words.new_context(known))))
    markup = _MJML.get_template(f"{template}.jinja").render(known, subject=subject)

    message = EmailMessage(policy=_POLICY)
    shown = Address(_on_one_line(str(known["provider"])), origin.username, origin.domain)
    message["From"] = _fixed("From", str(shown))
    message["To"] = _address(to)
    message["Subject"] = subject
    message["Date"] = format_datetime(_aware(created_at).astimezone(UTC))
    message["Message-ID"] = f"<{digest[:32]}@{origin.domain}>"
    message["Auto-Submitted"] = _fixed("Auto-Submitted", "auto-generated")
    message["MIME-Version"] = _fixed("MIME-Version", "1.0")
    message["Content-Type"] = f'multipart/alternative; boundary="=_{digest[32:]}"'
    message.set_payload(
        [
            _part("plain", _spaced(words.render(known))),
            _part("html", mrml.to_html(markup, render_options=_NOTHING_FETCHED).content + "\n"),
        ]
    )
    return message


def _part(subtype: str, text: str) -> MIMEPart:
    """Write one of the two ways of reading a message; ``set_content`` does the same at four times the cost."""
    part: MIMEPart[str] = MIMEPart(policy=_POLICY)
    part["Content-Type"] = _fixed("Content-Type", f'text/{subtype}; charset="utf-8"')
    part["Content-Transfer-Encoding"] = _fixed("Content-Transfer-Encoding", "quoted-printable")
    part.set_payload(binascii.b2a_qp(text.encode(), istext=True).decode("ascii"))
    return part


def in_words(moment: datetime) -> str:
    """Say a moment as its own zone's clocks show it: "Thursday 3 December 2026, 5 pm Melbourne time"."""
    local = _aware(moment)
    minutes = f":{local.minute:02}" if local.minute else ""
    clock_time = f"{local.hour % 12 or 12}{minutes} {'am' if local.hour < 12 else 'pm'}"  # noqa: PLR2004 - noon
    day = f"{DAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]} {local.year}"
    return f"{day}, {clock_time} {_zone_in_words(local)}"


def _zone_in_words(moment: datetime) -> str:
    zone = moment.tzinfo.key if isinstance(moment.tzinfo, ZoneInfo) else ""
    if "/" not in zone:
        return str(moment.tzname())
    return f"{zone.rsplit('/', 1)[1].replace('_', ' ')} time"


def _aware(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError("A mail's moments need an offset.")
    return moment


def _clean(value: object) -> object:
    return _UNWANTED.sub("", value) if isinstance(value, str) else value


def _address(written: str) -> Address:
    """Read one address; a second one, a name beside it, or a line break is refused, not mended."""
    refusal = "Not one plain e-mail address."  # never the address itself: errors end up in logs
    if "\r" in written or "\n" in written:
        raise ValueError(refusal)
    try:
        parsed = Address(addr_spec=written.replace("\0", ""))
        return Address("", parsed.username, parsed.domain.encode("idna").decode())
    except (MessageError, ValueError, IndexError):
        raise ValueError(refusal) from None


_sender: Final = cache(_address)
"""A deployment writes from one address."""


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _wrapped(text: str) -> str:
    return textwrap.fill(_on_one_line(text), _TEXT_WIDTH, break_long_words=False, break_on_hyphens=False)


def _spaced(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text.strip()) + "\n"


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _environment(medium: str, *, escape: bool) -> Environment:
    """Read the same letters in two media: each brings its own layout and its own parts."""
    environment = Environment(
        loader=FileSystemLoader([TEMPLATES, TEMPLATES / medium]),
        autoescape=escape,  # noqa: S701 - plain text has no markup to escape; every HTML part is escaped
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(in_words=in_words, on_one_line=_on_one_line, wrapped=_wrapped)
    return environment


_TEXT: Final = _environment("text", escape=False)
_MJML: Final = _environment("mjml", escape=True)
