"""What waits for the provider's staff, as they see it."""

from dataclasses import dataclass
from datetime import datetime

from models.rules.vocabulary import StaffTaskKind, StaffTaskState
from models.views.base import View
from models.views.request import RequestView


@dataclass(slots=True, init=False, eq=False, repr=False)
class StaffTaskView(View):
    id: str
    kind: StaffTaskKind
    state: StaffTaskState
    request: RequestView
    created_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
