"""Reads of requests: the columns asked for and allowed, then each part once for all of them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam

from models.actor import Actor
from models.queries import cases as case_queries
from models.queries.agreements import Terms, load_clinical_terms, load_terms
from models.queries.clients import masked_client, may_identify
from models.queries.clinical_reviews import add_clinical_reviews
from models.queries.offers import load_actions
from models.queries.paging import Narrow
from models.queries.people import load_consultants, load_organisations
from models.queries.questions import load_questions
from models.queries.reading import Reading
from models.queries.request_parts import load_deadlines, load_timelines
from models.queries.request_rows import NO_ANSWERS, open_answers_of, present, select_requests
from models.rules.confidentiality import readable, sees_projection
from models.scope import named, only_visible
from models.tables import ExtraSessionsRequest
from models.views.request import RequestView
from models.views.want import Want, asking, merged

R = ExtraSessionsRequest


async def load_requests(
    reading: Reading,
    want: Want,
    narrow: Narrow,
    extra: Collection[ColumnElement[Any]] = (),
) -> list[tuple[Row[Any], RequestView]]:
    """Return the requests in this actor's scope that ``narrow`` leaves, with the rows for the caller's ``extra``."""
    allowed = _allowed(reading, want)
    statement = narrow(only_visible(select_requests(reading, want, allowed, extra), reading.by, reading.now))
    return await _present(reading, want, await reading.rows(statement), allowed)


async def requests_of(
    reading: Reading, want: Want, ids: Collection[str], *, younger: timedelta = timedelta()
) -> dict[str, RequestView]:
    """Return those of these requests that are in this actor's scope, by id.

    ``younger`` is by how much the snapshot may be younger than the reading's moment, where that could hide one.
    """
    if not ids:
        return {}
    allowed = _allowed(reading, want)
    statement = _by_ids(select_requests(reading, want, allowed), reading.by.unnamed())
    rows = await reading.rows(statement, {"ids": list(ids), "now": reading.now + younger})
    return {view.id: view for _, view in await _present(reading, want, rows, allowed)}


@lru_cache(maxsize=512)
def _by_ids(statement: Select[Any], by: Actor) -> Select[Any]:
    visible = only_visible(statement, by, bindparam("now"))
    return visible.where(R.id.in_(bindparam("ids", expanding=True)))


def _allowed(reading: Reading, want: Want) -> set[str]:
    return want.names & readable("ExtraSessionsRequest", reading.by)


async def _present(
    reading: Reading, want: Want, rows: Sequence[Row[Any]], allowed: Collection[str]
) -> list[tuple[Row[Any], RequestView]]:
    answers = await open_answers_of(reading, want, rows)
    views = [present(reading, want, row, allowed, answers.get(row.id, NO_ANSWERS)) for row in rows]
    found = list(zip(rows, views, strict=True))
    if found:
        await _load_parts(reading, want, found, allowed)
    return found


async def request_of(reading: Reading, request_id: str, want: Want) -> RequestView | None:
    """Return one request as this actor may see it, or None where there is none within their scope."""
    return await _find(reading, named(R.id, request_id), want)


async def request_by_reference(reading: Reading, reference: str, want: Want) -> RequestView | None:
    return await _find(reading, named(R.reference, reference), want)


async def _find(reading: Reading, condition: ColumnElement[bool], want: Want) -> RequestView | None:
    found = await load_requests(reading, want, lambda statement: statement.where(condition))
    return found[0][1] if found else None


async def _load_parts(
    reading: Reading, want: Want, found: Sequence[tuple[Any, RequestView]], allowed: Collection[str]
) -> None:
    if "organisation" in allowed:
        organisations = await load_organisations(reading, _ids(found, "organisation_id"), want.part("organisation"))
        for row, view in found:
            view.organisation = organisations[row.organisation_id]
    if "consultant" in allowed:
        consultants = await load_consultants(reading, _ids(found, "consultant_id"), want.part("consultant"))
        for row, view in found:
            view.consultant = consultants[row.consultant_id]
    await _load_case_parts(reading, want, found, allowed)
    await _load_history(reading, want, found, allowed)
    await _load_what_terms_say(reading, want, found, allowed)
    if "reconsideration_of" in allowed:
        await _load_earlier(reading, want.part("reconsideration_of"), found)


async def _load_case_parts(
    reading: Reading, want: Want, found: Sequence[tuple[Any, RequestView]], allowed: Collection[str]
) -> None:
    """Case, practice and client all hang on the case: one load serves the three."""
    names = [name for name in ("case", "practice", "client") if name in allowed]
    if "client" in names and not may_identify(reading):
        names.remove("client")
        masked = masked_client(reading)
        for _, view in found:
            view.client = masked
    if not names:
        return
    of_case = [asking(**{name: want.part(name)}) for name in names if name != "case"]
    wanted = merged(want.part("case"), *of_case)
    cases = await case_queries.load_cases(reading, _ids(found, "case_id"), wanted)
    for row, view in found:
        case = cases[row.case_id]
        if "case" in names:
            view.case = case
        if "practice" in names:
            view.practice = case.practice
        if "client" in names:
            view.client = case.client


async def _load_history(
    reading: Reading, want: Want, found: Sequence[tuple[Any, RequestView]], allowed: Collection[str]
) -> None:
    ids = {view.id for _, view in found}
    if "deadlines" in allowed:
        deadlines = await load_deadlines(reading, ids)
        for _, view in found:
            view.deadlines = deadlines.get(view.id, [])
    if "timeline" in allowed:
        timelines = await load_timelines(reading, ids)
        for _, view in found:
            view.timeline = timelines.get(view.id, [])
    if "questions" in allowed:
        questions = await load_questions(reading, ids, want.part("questions"))
        for _, view in found:
            view.questions = questions.get(view.id, [])


async def _load_what_terms_say(
    reading: Reading, want: Want, found: Sequence[tuple[Any, RequestView]], allowed: Collection[str]
) -> None:
    """The clinical review and the actions both rest on the terms; only the first reads the threshold."""
    if not {"clinical_review", "available_actions"} & set(allowed):
        return
    agreements = _ids(found, "agreement_id")
    if "available_actions" in allowed and not sees_projection(reading.by):
        agreements |= _ids(found, "calendar_agreement_id") - {None}
    terms: Mapping[str, Terms] = {}
    if "clinical_review" in allowed:
        terms = clinical = await load_clinical_terms(reading.source, agreements)
        await add_clinical_reviews(reading, want.part("clinical_review"), found, clinical)
    if "available_actions" in allowed:
        await load_actions(reading, found, terms or await load_terms(reading.source, agreements))


async def _load_earlier(reading: Reading, want: Want, found: Sequence[tuple[Any, RequestView]]) -> None:
    ids = _ids(found, "reconsideration_of") - {None}
    if ids:
        earlier = await requests_of(reading, want, ids)
        for row, view in found:
            view.reconsideration_of = earlier.get(row.reconsideration_of)


def _ids(found: Sequence[tuple[Any, RequestView]], column: str) -> set[Any]:
    return {getattr(row, column) for row, _ in found}
