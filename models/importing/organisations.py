"""Loads organisations.csv: each organisation with its agreement, of which changed terms make a new revision."""

from datetime import date
from operator import attrgetter, itemgetter
from typing import Any

from sqlalchemy import insert, select, update

from models.ids import new_id
from models.importing import fields
from models.importing.batch import Batch, Desk, Fate, Row
from models.importing.columns import Column, optional
from models.importing.repeats import refuse_repeats
from models.importing.sheet import Sheet
from models.importing.target import Target, plain_table
from models.rules.business_days import BusinessCalendar
from models.rules.vocabulary import Delegation, ReleaseRule
from models.tables import Agreement, Organisation

_MOST_EMPLOYEES = 10_000_000
_MOST_SESSIONS = 100
_TERMS = (
    Column("region", fields.region, "whose holidays count: a country and a subdivision, such as AU-VIC"),
    Column("time_zone", fields.time_zone, "IANA name, such as Australia/Melbourne"),
    Column("entitled_sessions", fields.whole_number(0, _MOST_SESSIONS), "sessions of a new case"),
    optional("maximum_sessions", fields.whole_number(1, _MOST_SESSIONS), "most sessions of one request", default=4),
    optional("clinical_review_threshold", fields.whole_number(0, 1000), "more in total are reviewed first", default=12),
    optional("due_days", fields.whole_number(1, 100), "business days for a decision", default=7),
    optional("added_dates", fields.days, "days off beside the region's holidays, divided by spaces", default=()),
    optional("removed_dates", fields.days, "holidays that are worked, divided by spaces", default=()),
    optional("release_rule", fields.word_of(ReleaseRule), "BATCH (next morning) or AT_ONCE", default=ReleaseRule.BATCH),
    optional("smallest_headcount", fields.whole_number(0, _MOST_EMPLOYEES), "below it staff decide", default=30),
    optional("delegation", fields.word_of(Delegation), "NONE, STAFF_INSTEAD or STAFF_AS_WELL", default=Delegation.NONE),
    optional("automatic_approval", fields.whole_number(0, _MOST_SESSIONS), "approve up to so many by rule", default=0),
    optional("backup_reviewer", fields.email, "e-mail that hears of an overdue decision"),
)
_AGREEMENT = plain_table(Agreement)
_TERM_NAMES = tuple(column.name for column in _TERMS)
_ORGANISATIONS = Target(Organisation, "external_id", "org", follows=("name", "headcount"))


async def load(batch: Batch, desk: Desk) -> None:
    await refuse_repeats(batch, desk, "external_id")
    for row in batch.good:
        _check_terms(batch, row)
    rows = batch.good
    drafts = [(row, {name: row[name] for name in ("external_id", "name", "headcount")}) for row in rows]
    existing = await _ORGANISATIONS.existing(desk, [row["external_id"] for row in rows])
    await _ORGANISATIONS.settle(desk, drafts, existing)
    await _revise(desk, [(row, draft["id"]) for row, draft in drafts])


def _check_terms(batch: Batch, row: Row) -> None:
    row.values["added_dates"] = list(row["added_dates"])
    row.values["removed_dates"] = list(row["removed_dates"])
    if row["automatic_approval"] > row["maximum_sessions"]:
        batch.refuse(row, "automatic_approval", "expected no more than maximum_sessions")
    added, removed = (frozenset(map(date.fromisoformat, row[name])) for name in ("added_dates", "removed_dates"))
    try:
        BusinessCalendar(row["region"], row["time_zone"], added, removed)
    except ValueError:
        batch.refuse(row, "removed_dates", "expected no day that added_dates holds too")


async def _revise(desk: Desk, rows: list[tuple[Row, str]]) -> None:
    """Give each organisation the terms of its row: a request keeps the revision that it was submitted under."""
    organisations = [organisation for _, organisation in rows]
    current = select(_AGREEMENT).where(Agreement.organisation_id.in_(organisations), _AGREEMENT.c.is_current)
    agreed = {each.organisation_id: each for each in await desk.session.execute(current)}
    added = []
    for row, organisation in rows:
        old = agreed.get(organisation)
        if old is None or attrgetter(*_TERM_NAMES)(old) != itemgetter(*_TERM_NAMES)(row):
            row.met(Fate.ADDED if old is None else Fate.CHANGED)
            added.append(_agreement(row, organisation, revision=1 if old is None else old.revision + 1))
    if added:
        outdated = [agreement["organisation_id"] for agreement in added]
        end = update(Agreement).where(Agreement.organisation_id.in_(outdated), _AGREEMENT.c.is_current)
        await desk.session.execute(end.values(is_current=False), execution_options={"synchronize_session": False})
        await desk.session.execute(insert(_AGREEMENT), added)


def _agreement(row: Row, organisation: str, *, revision: int) -> dict[str, Any]:
    terms = {name: row[name] for name in _TERM_NAMES}
    identity = {"id": new_id("agr"), "organisation_id": organisation, "revision": revision, "is_current": True}
    return identity | terms


SHEET = Sheet(
    "organisations",
    "the clients' employers, each with the agreement in force; changed terms begin a new revision of it",
    (
        Column("external_id", fields.external_id, "the organisation's id in the old system"),
        Column("name", fields.line_of(200), "as it is shown"),
        optional("headcount", fields.whole_number(0, _MOST_EMPLOYEES), "employees; empty counts as too few"),
        *_TERMS,
    ),
    load,
)
