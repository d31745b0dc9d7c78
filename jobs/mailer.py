"""How a mail is handed over, so that sending it twice is the same as sending it once."""

import asyncio
import hashlib
import os
import tempfile
from email.message import EmailMessage
from mailbox import Maildir
from pathlib import Path
from typing import Protocol


class Mailer(Protocol):
    async def send(self, message: EmailMessage) -> None:
        """Hand one message over, durably; raises where that failed, and may be called again with the same message."""
        ...


class MaildirMailer:
    """Keeps every message in a Maildir on this machine: what a deployment without a mail server does."""

    def __init__(self, folder: Path) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        Maildir(folder, create=True)
        self._folder = folder

    async def send(self, message: EmailMessage) -> None:
        """Keep the message on disk; one that is already here, read or unread, is left alone."""
        await asyncio.to_thread(self._keep, message)

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
