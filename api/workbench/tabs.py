"""Which documents GraphiQL opens with for each role, and their variables, filled in from the link in a mail."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from string import Template
from typing import Final

from models import ids
from models.rules.vocabulary import Role

DOCUMENTS: Final = Path(__file__).parent / "documents"
TABS: Final[Mapping[Role, tuple[str, ...]]] = {
    Role.ORG_REVIEWER: (
        "review_queue",
        "one_request",
        "approve_as_requested",
        "approve_fewer",
        "decline",
        "ask_a_question",
        "follow_live",
    ),
    Role.CLINICAL_REVIEWER: (
        "clinical_queue",
        "clinical_request",
        "endorse",
        "ask_for_details",
        "decline_on_clinical_grounds",
        "follow_live",
    ),
    Role.PROVIDER_STAFF: ("staff_tasks", "overdue_requests", "request_in_full", "follow_live", "follow_everything"),
    Role.CONSULTANT: ("my_calendar", "request_in_full", "one_case", "follow_live"),
    Role.PRACTICE_MANAGER: ("cases_with_requests", "request_in_full", "one_case", "follow_live"),
}
"""What each role that signs in with a browser begins with, in order."""
ABOUT_ONE: Final = frozenset({"one_request", "clinical_request", "request_in_full"})
"""What a mail's link opens: it comes first then."""


@dataclass(frozen=True, slots=True)
class Tab:
    """One document with its variables, as GraphiQL takes them: both are text, and both may hold comments."""

    query: str
    variables: str


def requested(text: str | None) -> str:
    """Return the request's id that a link names; an empty text for anything that has not the shape of one."""
    return text if text and ids.prefix_of(text) == "req" else ""


def tabs_for(role: Role, request_id: str, today: date) -> list[Tab]:
    """Return the tabs of a role, what the link is about first."""
    names = sorted(TABS[role], key=lambda name: name not in ABOUT_ONE) if request_id else TABS[role]
    known = {"request": request_id, "today": str(today), "week": str(today + timedelta(days=6))}
    return [_tab(name, known) for name in names]


def _tab(name: str, known: Mapping[str, str]) -> Tab:
    variables = DOCUMENTS / f"{name}.jsonc"
    text = variables.read_text(encoding="utf-8").rstrip() if variables.exists() else ""
    key = secrets.token_urlsafe(12)
    document = (DOCUMENTS / f"{name}.graphql").read_text(encoding="utf-8").rstrip()
    return Tab(document, Template(text).substitute(known, key=key))
