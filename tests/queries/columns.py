"""What a statement on an organisation's behalf may name: a list of what is open, so that whatever is new is refused."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

READ: dict[str, set[str]] = {
    "account": {
        *("id", "name", "role", "time_zone", "organisation_id", "practice_id", "consultant_id", "disabled_at"),
    },
    "organisation": {"id", "name", "headcount"},
    "agreement": {
        *("id", "organisation_id", "is_current", "region", "time_zone", "added_dates", "removed_dates"),
        *("maximum_sessions", "due_days", "release_rule", "smallest_headcount", "delegation", "automatic_approval"),
    },
    "extra_sessions_request": {
        *("id", "reference", "status", "organisation_id", "agreement_id", "organisation_version", "released_on"),
        "calendar_agreement_id",
        *("sessions_released", "sessions_granted", "entitled_sessions", "goal_category", "onward_plan"),
        *("decision_due_at", "decline_reason", "decided_on"),
    },
    "deadline": {"request_id", "kind", "due_at", "at_risk_from", "met_on"},
    "organisation_question": {"request_id", "number", "topic", "state", "asked_on", "ended_on", "answer"},
    "event": {"seq", "request_id", "type", "occurred_on", "organisation_sees", "organisation_id", "detail"},
    "idempotency_record": {"request_id", "input_hash", "account_id", "operation", "key_hash"},
    "event_head": {"seq", "hash"},
}
"""Columns whose values may come back. The event's head is read by whoever commits, to number what they did."""

LOOKED_AT: dict[str, set[str]] = {
    "event_head": {"seq"},
    "event": {"seq", "occurred_at", "organisation_id", "case_id", "request_id"},
    "extra_sessions_request": {"id", "case_id", "needs_clinical_review"},
    "assist_case": {"id", "practice_id"},
    "appointment": {"case_id", "consultant_id"},
}
"""What the product looks at to know whose streams to wake: whose things these are, and nothing of what happened."""

OWED: dict[str, set[str]] = {
    **READ,
    "account": READ["account"] | {"external_id"},
    "webhook_endpoint": {
        *("id", "account_id", "sealed", "types", "state", "position_seq", "position_at"),
        *("failures", "failing_since", "last_failure"),
    },
}
"""What is read to send an organisation's webhook: what it may know, and the webhook's own."""

NAMED = {
    "extra_sessions_request.released_at",  # what is not released is not there
    "deadline.met_at",
    "deadline.cancelled_at",
    "deadline.paused_at",
}
"""Columns that a condition or an order may name: their values never come back."""

WRITTEN = {"extra_sessions_request", "deadline", "session_grant", "event", "event_head", "mail", "job"} | {
    "idempotency_record",
    "organisation_question",
}
"""Tables that a decision or a question writes."""

_TABLES = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+(\w+)(?:\s+AS\s+(\w+))?", re.IGNORECASE)
_QUALIFIED = re.compile(r"\b([a-z_]\w*)\.([a-z_]\w*)\b")
_HAPPENED = re.compile(r"\b\w+\.\w+ IS (?:NOT )?NULL")
_BARE = re.compile(
    r"\bSELECT (?!EXISTS|count|1\b|append_events)(?P<columns>.*?)\s+FROM\b|\bRETURNING (?P<returned>.*)", re.DOTALL
)
_KEYWORDS = {"of", "nowait", "skip", "set", "only"}


def forbidden(statement: str, read: Mapping[str, Collection[str]] = READ) -> Iterator[str]:
    """Yield each name in a statement that an organisation's may not hold; or that stands not in ``read``."""
    aliases: dict[str, str] = {}
    for table, alias in _TABLES.findall(statement):
        name = table.lower()
        if name in _KEYWORDS:
            continue
        aliases[alias or name] = name
        if name not in read and not (name in WRITTEN and not statement.startswith("SELECT")):
            yield name
    for table, column in _returned(statement):
        if column not in read.get(aliases.get(table, table), set()):
            yield f"{table}.{column} comes back"
    for table, column in _QUALIFIED.findall(statement):
        name = aliases.get(table, table)
        if column not in read.get(name, set()) and f"{name}.{column}" not in NAMED and not _is_count(statement, name):
            yield f"{table}.{column}"


def all_forbidden(statements: Iterable[str]) -> list[str]:
    return sorted({f"{name} in: {text}" for text in statements for name in forbidden(text)})


def _returned(statement: str) -> Iterator[tuple[str, str]]:
    """Yield the columns whose values come back, but not whether they are null."""
    for match in _BARE.finditer(statement):
        columns = match["columns"] or match["returned"] or ""
        yield from _QUALIFIED.findall(_HAPPENED.sub("", columns))


def _is_count(statement: str, name: str) -> bool:
    """A request's full version is counted where it stands, and read by nobody."""
    return name == "extra_sessions_request" and statement.startswith("UPDATE extra_sessions_request SET version=(")
