"""A webhook as the provider's staff see it."""

from dataclasses import dataclass
from datetime import datetime

from models.rules.vocabulary import EventType
from models.rules.webhooks import WebhookFailure, WebhookState
from models.views.base import View
from models.views.people import OrganisationView, PracticeView


@dataclass(slots=True, init=False, eq=False, repr=False)
class WebhookAccountView(View):
    id: str
    sign_in_name: str
    name: str
    enabled: bool
    organisation: OrganisationView | None
    practice: PracticeView | None


@dataclass(slots=True, init=False, eq=False, repr=False)
class WebhookView(View):
    id: str
    url: str
    account: WebhookAccountView
    types: list[EventType] | None
    state: WebhookState
    failing_since: datetime | None
    last_failure: WebhookFailure | None
    position: str
    sent_up_to: datetime
    waiting_since: datetime | None
    created_at: datetime
    secret: str | None
