"""Webhooks: where a machine account's events are sent to."""

from datetime import datetime

import strawberry

from models.rules.vocabulary import EventType
from models.rules.webhooks import WebhookFailure, WebhookState
from models.views import webhook as views
from schema.types.people import Organisation, Practice
from schema.types.views import Node, of_view


@of_view(views.WebhookAccountView)
@strawberry.type(description="The machine account (INTEGRATOR) whose events are sent, with its scope.")
class WebhookAccount:
    id: strawberry.ID = strawberry.field(description="Opaque and random.")
    sign_in_name: str = strawberry.field(description="What `registerWebhook` takes as `account`.")
    name: str = strawberry.field(description="The account's name.")
    enabled: bool = strawberry.field(description="Whether it may read anything; nothing is sent where not.")
    organisation: Organisation | None = strawberry.field(
        description="Set where it is one organisation's: then it is sent the organisation's view alone."
    )
    practice: Practice | None = strawberry.field(description="Set where it sees one practice alone.")


@of_view(views.WebhookView)
@strawberry.type(
    description="An address that each event is POSTed to, signed, in order: one that is not taken over holds up "
    "those behind it. What is sent is what the account may see at that moment."
)
class WebhookEndpoint(Node):
    id: strawberry.ID = strawberry.field(description="The mutations take it as `webhookId`.")
    url: str = strawberry.field(description="Where to. It may hold a token: show it to nobody else.")
    account: WebhookAccount = strawberry.field(description="Whose events.")
    types: list[EventType] | None = strawberry.field(description="Only events of these types; null is every type.")
    state: WebhookState = strawberry.field(description="Whether events are sent.")
    failing_since: datetime | None = strawberry.field(
        description="Since when no event is taken over, UTC; null where nothing is wrong, and once it is switched on."
    )
    last_failure: WebhookFailure | None = strawberry.field(
        description="Why it last failed, also where that is mended; null where it never did."
    )
    position: str = strawberry.field(
        description="How far it has come, as a cursor of its account: `replayWebhook` takes it, and so does `events` "
        "of an account with the same scope."
    )
    sent_up_to: datetime = strawberry.field(
        description="About until when all that happened was sent, or was not for this account, UTC."
    )
    waiting_since: datetime | None = strawberry.field(
        description="When the first event happened that was not looked at for it yet, UTC; null where there is none."
    )
    created_at: datetime = strawberry.field(description="When it was registered, UTC.")
