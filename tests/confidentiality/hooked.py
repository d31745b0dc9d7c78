"""Sends webhooks while a program plays: what machines are POSTed is kept in place of the network."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, cast

from sqlalchemy import select

from jobs.actor import JobContext
from jobs.deliver_webhooks import deliver_webhooks
from jobs.webhook_line import Lines
from models.actor import Actor
from models.clock import Clock
from models.database import Database
from models.operations.register_webhook import RegisterWebhook, register_webhook
from models.rules.vocabulary import Role
from models.rules.webhooks import WebhookFailure
from models.tables import Account
from models.views.want import asking
from tests.confidentiality.following import asking_for
from tests.confidentiality.worlds import World
from tests.jobs.workshop import surroundings

WEBHOOK = "a webhook"
"""On whose behalf statements are run that read what a webhook is owed, and how far it is."""
_RANDOM = re.compile(r"[A-Za-z0-9+/_=-]{32,}")
"""A message's id and its signature: other ones for each webhook."""


@dataclass(slots=True)
class Posted:
    """Stands in for every endpoint: takes over what it is sent."""

    said: list[bytes] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    """What each message was named: judged as tokens are."""

    @asynccontextmanager
    async def to(self, _url: str) -> AsyncIterator["Posted"]:
        yield self

    async def post(self, body: bytes, headers: Mapping[str, str]) -> WebhookFailure | None:
        """Keep headers and body; of what is random in the headers, its length."""
        self.ids.append(headers["webhook-id"])
        lines = [f"{name}: {_RANDOM.sub(lambda drawn: f'<{len(drawn[0])}>', value)}" for name, value in headers.items()]
        self.said.append("\n".join([*lines, "", ""]).encode() + body)
        return None


@dataclass(slots=True)
class Hooks:
    """The webhooks of one world: one for each machine that is a viewer."""

    database: Database
    clock: Clock
    posted: Posted = field(default_factory=Posted)
    known: dict[str, str] = field(default_factory=dict)
    """Each webhook's viewer, by its id."""

    async def register(self, world: World) -> None:
        assert world.staff is not None
        machines = {name: actor for name, actor in world.viewers.items() if actor.role is Role.INTEGRATOR}
        for name, actor in machines.items():
            command = RegisterWebhook(url="https://machine.example/hooks", account=await self._sign_in_name(actor))
            given: Any = {"database": self.database, "clock": self.clock, "want": asking("id")}
            view = await register_webhook(command, by=world.staff, **given)
            self.known[view.id] = name

    async def send(self) -> list[bytes]:
        """Send all that is owed; return it, each with whose it is."""
        said = []
        with asking_for(WEBHOOK):
            for webhook_id, viewer in self.known.items():
                await deliver_webhooks.run(self.worker(), webhook_id=webhook_id)
                said += [f"to {viewer}: ".encode() + each for each in self.posted.said]
                self.posted.said.clear()
        return said

    def worker(self) -> JobContext:
        """Return a worker's surroundings, with endpoints that are here."""
        return replace(surroundings(self.database, self.clock), webhooks=cast("Lines", self.posted))

    async def _sign_in_name(self, actor: Actor) -> str:
        async with self.database.snapshot() as source:
            of = select(Account.external_id).where(Account.id == actor.account_id)
            return str((await source.execute(of)).scalar_one())
