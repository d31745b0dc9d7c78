"""Note that a browser's session is used, and change its secret from time to time."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, update

from models.clock import Clock
from models.database import Database
from models.secret_texts import digest_of, new_secret
from models.tables import BrowserSession

_USED: Final = (
    update(BrowserSession)
    .where(BrowserSession.id == bindparam("session_id"))
    .values(used_at=bindparam("at"))
    .returning(BrowserSession.id)
)
_CHANGED: Final = _USED.where(BrowserSession.digest == bindparam("before")).values(
    previous=bindparam("before"), digest=bindparam("after"), changed_at=bindparam("at")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepBrowserSession:
    session_id: str
    change: bytes | None = None
    """What the secret hashes to that is to be changed; None leaves it as it is."""


async def keep_browser_session(command: KeepBrowserSession, *, database: Database, clock: Clock) -> str | None:
    """Return the new secret; None where it is not to be changed, or somebody was faster, or the session is over."""
    given = {"session_id": command.session_id, "at": clock.now()}
    if command.change is None:
        await database.write_down(_USED, given)
        return None
    secret = new_secret()
    changed = await database.write_down(_CHANGED, {**given, "before": command.change, "after": digest_of(secret)})
    return secret if changed else None
