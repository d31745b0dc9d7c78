"""How a mail is handed over, so that sending it twice is the same as sending it once."""

import asyncio
import hashlib
import os
import tempfile
from email.message import EmailMessage
from mailbox import Maildir
from pathlib import Path
from typing import Protocol


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


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
