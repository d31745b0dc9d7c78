"""Reads of who has signed in with a browser, by what their cookie's secret hashes to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, bindparam, or_, select

from models.actor import Actor
from models.queries.accounts import PEOPLE, actor_in
from models.queries.reading import Source
from models.rules.browser_sessions import STILL_BELIEVED, SessionLimits
from models.secret_texts import digest_of
from models.tables import Account, BrowserSession

S = BrowserSession

_ALIVE: Final = and_(S.used_at > bindparam("used_since"), S.ends_at > bindparam("now"))
_BY_DIGEST: Final = (
    PEOPLE.add_columns(S.id.label("session_id"), S.digest, S.changed_at, S.used_at, S.ends_at)
    .join(S, S.account_id == Account.id)
    .where(
        or_(
            S.digest == bindparam("digest"),
            and_(S.previous == bindparam("digest"), S.changed_at > bindparam("changed_since")),
        ),
        _ALIVE,
    )
)
_LIVING: Final = select(S.id).where(S.id.in_(bindparam("ids", expanding=True)), _ALIVE)


def has_had(secret: str) -> ColumnElement[bool]:
    """Match the session whose cookie has this secret, or had it before, however long ago that changed."""
    digest = digest_of(secret)
    return or_(S.digest == digest, S.previous == digest)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that is alive."""

    actor: Actor
    session_id: str
    digest: bytes
    """Of the secret that it has now; a cookie with the one before is believed for a moment."""
    changed_at: datetime
    used_at: datetime
    ends_at: datetime
    """At the latest."""


async def signed_in_with(source: Source, digest: bytes, *, now: datetime, limits: SessionLimits) -> SignedIn | None:
    """Return whose session a secret opens; None for an unknown, ended or idle one, and for an account that is gone."""
    given = {"digest": digest, "changed_since": now - STILL_BELIEVED, **_alive(now, limits)}
    row = (await source.execute(_BY_DIGEST, given)).one_or_none()
    if row is None:
        return None
    return SignedIn(actor_in(row), row.session_id, row.digest, row.changed_at, row.used_at, row.ends_at)


async def living_sessions(source: Source, ids: list[str], *, now: datetime, limits: SessionLimits) -> frozenset[str]:
    """Return those of these sessions that have not ended."""
    return frozenset((await source.execute(_LIVING, {"ids": ids, **_alive(now, limits)})).scalars())


def _alive(now: datetime, limits: SessionLimits) -> dict[str, Any]:
    return {"now": now, "used_since": limits.used_since(now)}
