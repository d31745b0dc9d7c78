"""Sign somebody in with a browser: a new session with a secret of its own, whatever the browser brought along."""

from dataclasses import dataclass

from sqlalchemy import delete, insert

from models.clock import Clock
from models.database import Database
from models.ids import new_id
from models.queries.accounts import person_of
from models.queries.browser_sessions import has_had
from models.rules.browser_sessions import SessionLimits
from models.secret_texts import digest_of, new_secret
from models.tables import BrowserSession


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginBrowserSession:
    account_id: str
    limits: SessionLimits
    earlier: str | None = None
    """The secret of the cookie that the browser sent: that session ends. So it does where somebody else, who had copied
    the cookie, has had its secret changed since."""


async def begin_browser_session(command: BeginBrowserSession, *, database: Database, clock: Clock) -> str | None:
    """Return the secret for the cookie, which is kept nowhere; None, and nothing, where no such person may sign in."""
    now, secret = clock.now(), new_secret()
    async with database.transaction() as session:
        if command.earlier is not None:
            await session.execute(delete(BrowserSession).where(has_had(command.earlier)))
        if await person_of(session, command.account_id) is None:
            return None
        row = {
            "id": new_id("ses"),
            "account_id": command.account_id,
            "digest": digest_of(secret),
            **dict.fromkeys(("changed_at", "begun_at", "used_at"), now),
            "ends_at": now + command.limits.longest,
        }
        await session.execute(insert(BrowserSession).values(row))
    return secret
