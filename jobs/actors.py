"""Every actor that a worker carries out. A job whose actor is not listed is tried again, and is dead in the end."""

from jobs.actor import ActorSpec
from jobs.deliver_webhooks import deliver_webhooks
from jobs.emails import EMAILS
from jobs.match_accounts import match_accounts
from jobs.release_request import release_request
from jobs.watch_deadline import watch_deadline

ACTORS: tuple[ActorSpec, ...] = (release_request, match_accounts, watch_deadline, deliver_webhooks, *EMAILS)
QUEUES: frozenset[str] = frozenset(spec.queue for spec in ACTORS)
