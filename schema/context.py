"""What one GraphQL operation knows of its surroundings: made anew for each."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import strawberry

from models.actor import Actor
from models.clock import Clock
from models.database import Database
from models.feed import Feed
from models.queries.event_stream import HEARTBEAT
from models.queries.events import REPLAYED

if TYPE_CHECKING:
    from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Context:
    actor: Actor
    database: Database
    clock: Clock
    feed: Feed
    """What subscriptions hear by; one for each process."""
    guidelines: str | None = None
    """The provider's own text about extra sessions, Markdown."""
    replay: timedelta = REPLAYED
    """How far back events can be replayed."""
    private_webhooks: bool = False
    """Whether webhooks may go to addresses of this deployment's own network."""
    heartbeat: float = HEARTBEAT
    """Seconds between two heartbeats of a stream."""


Info: "TypeAlias" = strawberry.Info[Context, None]
