"""What waits for the provider's staff, as they see it."""

from dataclasses import dataclass
from datetime import datetime

from models.rules.vocabulary import StaffTaskKind, StaffTaskState
from models.views.base import View
from models.views.request import RequestView
from models.views.webhook import WebhookView


@dataclass(slots=True, init=False, eq=False, repr=False)
class StaffTaskView(View):
    id: str
    kind: StaffTaskKind
    state: StaffTaskState
    request: RequestView | None
    webhook: WebhookView | None
    created_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
