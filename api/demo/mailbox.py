"""The e-mails that arrive in the Maildir while the demo runs."""

from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from api.demo.patience import until

_PATIENCE = 20


@dataclass(frozen=True, slots=True)
class Letter:
    raw: bytes
    message: EmailMessage

    @property
    def to(self) -> str:
        return str(self.message["To"])

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        """The text part, decoded."""
        part = self.message.get_body(("plain",))
        return str(part.get_content()) if isinstance(part, EmailMessage) else ""

    def decoded(self) -> str:
        """Everything that a mail program can show of it: headers and all parts."""
        headers = "\n".join(f"{name}: {value}" for name, value in self.message.items())
        parts = [str(part.get_content()) for part in self.message.walk() if part.get_content_maintype() == "text"]
        return "\n".join([headers, *parts])


class Mailbox:
    """Looks at what arrives from now on, unless asked for what there ever was."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._opened: dict[str, Letter] = {}
        self._before = {path.name for path in self._files()}

    def letters(self, belongs: Callable[[Letter], bool], *, ever: bool = False) -> list[Letter]:
        """Return the new letters that belong, or all that there are, by when they were written."""
        found = [self._open(path) for path in self._files() if ever or path.name not in self._before]
        return sorted(filter(belongs, found), key=lambda letter: (letter.message["Date"].datetime, letter.to))

    def wait_for(self, belongs: Callable[[Letter], bool], *, otherwise: str, ever: bool = False) -> Letter:
        """Return the first letter that belongs, as soon as there is one. Raises DemoStopped with ``otherwise``."""
        return until(lambda: next(iter(self.letters(belongs, ever=ever)), None), within=_PATIENCE, otherwise=otherwise)

    def _open(self, path: Path) -> Letter:
        """Read a file once: a letter does not change, and the demo looks often."""
        if path.name not in self._opened:
            self._opened[path.name] = _read(path)
        return self._opened[path.name]

    def _files(self) -> list[Path]:
        return [path for part in ("new", "cur") for path in (self.folder / part).glob("*")]


def _read(path: Path) -> Letter:
    raw = path.read_bytes()
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)  # noqa: S101 - what this policy makes
    return Letter(raw, message)
