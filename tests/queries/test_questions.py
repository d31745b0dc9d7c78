"""What each role is shown of a question and its answer, what may be done about it, and how that is read."""

from datetime import date, timedelta

from sqlalchemy import update

from models import tables
from models.actor import SYSTEM, Actor
from models.database import Database
from models.queries.mails import OwedMail, owed_mail
from models.queries.request_lists import RequestFilter, RequestOrder, read_requests, read_review_queue
from models.queries.requests import request_of
from models.rules.vocabulary import (
    DeadlineKind,
    DeadlineState,
    EventType,
    MailKind,
    QuestionState,
    QuestionTopic,
)
from models.views.request import QuestionView, RequestActionName, RequestView
from models.views.want import Page, asking
from tests.builders import World, a_world, released
from tests.clock import FixedClock
from tests.operations.ledger import rows, the_mail
from tests.operations.questioning import ANSWER, ask, asked, draft, drafted, hand_over, look_at, running
from tests.queries.asked import REQUEST, a_list_of, listening, read
from tests.queries.columns import all_forbidden
from tests.rows import building

TODAY = date(2026, 11, 23)
NAME = RequestActionName


async def test_a_draft_is_shown_to_those_alone_who_may_link(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock, clinical_review_threshold=12)
    request_id = await drafted(world)
    for by in (world.consultant, world.manager, world.staff, world.integrator, world.practice_integrator):
        (question,) = (await shown(world, request_id, by)).questions
        assert (question.state, question.draft, question.answer) == (QuestionState.DRAFTED, ANSWER, None), by.role
        assert question.asked_at == clock.now()


async def test_to_the_organisation_a_drafted_answer_is_a_question_that_waits(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    request_id = await asked(world)
    before = [await shown(world, request_id, by) for by in (world.reviewer, world.organisation_integrator)]
    await draft(world, request_id)
    for by, earlier in zip((world.reviewer, world.organisation_integrator), before, strict=True):
        view = await shown(world, request_id, by)
        expected = QuestionView(
            number=1,
            topic=QuestionTopic.PERIOD,
            text="Over what period would the sessions be held?",
            state=QuestionState.ASKED,
            asked_on=TODAY,
            ended_on=None,
            answer=None,
            asked_at=None,
            draft=None,
        )
        assert view.questions == earlier.questions == [expected]
        assert (view.version, view.timeline, view.deadlines) == (earlier.version, earlier.timeline, earlier.deadlines)
        assert [each.type for each in view.timeline] == [EventType.RELEASED, EventType.QUESTION_ASKED]
        assert [(each.kind, each.state) for each in view.deadlines] == [(DeadlineKind.DECISION, DeadlineState.PAUSED)]


async def test_a_released_answer_is_everybodys(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await drafted(world)
    await hand_over(world, request_id)
    for by in (world.reviewer, world.organisation_integrator, world.consultant, world.staff, world.integrator):
        (question,) = (await shown(world, request_id, by)).questions
        assert (question.state, question.answer, question.draft) == (QuestionState.ANSWERED, ANSWER, None)
        assert question.ended_on == TODAY


async def test_a_clinical_reviewer_reads_it_within_their_scope(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await drafted(world)
    async with database.transaction() as session:
        await session.execute(update(tables.ExtraSessionsRequest).values(needs_clinical_review=True))
    (question,) = (await shown(world, request_id, world.clinical_reviewer)).questions
    assert question.draft == ANSWER


async def test_a_draft_is_opened_only_where_it_is_asked_for_and_leaves_no_access(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    request_id = await drafted(world)
    for want, selected in ((asking("state"), False), (asking("draft"), True)):
        with listening() as heard:
            view = await read(database, clock, world.integrator, request_of, request_id, asking("id", questions=want))
        assert view is not None
        assert any("draft_sealed" in text for text in heard) is selected
        assert view.questions[0].draft == (ANSWER if selected else None)
    looked = await rows(database, tables.AccessEvent)
    assert world.integrator.account_id not in {row.account_id for row in looked}


async def test_no_statement_of_an_organisation_names_a_draft_or_a_moment(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await drafted(world)
    for by in (world.reviewer, world.organisation_integrator):
        with listening() as heard:
            await read(database, clock, by, request_of, request_id, REQUEST)
            await read(database, clock, by, read_review_queue, page=Page(20), want=a_list_of(REQUEST))
        assert [text for text in heard if "organisation_question" in text]
        assert all_forbidden(heard) == []


async def test_questions_come_in_the_order_in_which_they_were_asked(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await drafted(world)
    await hand_over(world, request_id)
    await ask(world, request_id, topic=QuestionTopic.FEWER_SESSIONS)
    found = (await shown(world, request_id, world.reviewer)).questions
    assert [(each.number, each.topic) for each in found] == [
        (1, QuestionTopic.PERIOD),
        (2, QuestionTopic.FEWER_SESSIONS),
    ]


async def test_what_an_earlier_system_asked_has_no_topic(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await asked(world)
    async with database.transaction() as session:
        await session.execute(update(tables.OrganisationQuestion).values(topic=None))
    (question,) = (await shown(world, request_id, world.reviewer)).questions
    assert (question.topic, question.text) == (None, "A question that was asked in the provider's earlier system.")


async def test_a_request_without_questions_has_none(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    assert (await shown(world, await released(world), world.reviewer)).questions == []


async def test_what_is_offered_about_a_question_is_what_is_then_accepted(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await asked(world)
    assert await reason(world, request_id, world.consultant, NAME.DRAFT_ANSWER) is None
    assert "left" in str(await reason(world, request_id, world.manager, NAME.DRAFT_ANSWER))
    assert "drafted no answer" in str(await reason(world, request_id, world.staff, NAME.RELEASE_ANSWER))
    assert "INFORMATION_REQUESTED" in str(await reason(world, request_id, world.reviewer, NAME.ASK_QUESTION))
    async with database.transaction() as session:
        await session.execute(update(tables.Consultant).values(left_on=TODAY))
    assert await reason(world, request_id, world.manager, NAME.DRAFT_ANSWER) is None
    await draft(world, request_id, by=world.manager)
    assert await reason(world, request_id, world.staff, NAME.RELEASE_ANSWER) is None
    await hand_over(world, request_id)
    assert await reason(world, request_id, world.reviewer, NAME.ASK_QUESTION) is None


async def test_no_third_question_is_offered_and_none_once_it_is_overdue(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await asked(world)
    clock.advance(timedelta(days=8))
    await look_at(world, DeadlineKind.ANSWER)
    due_at = (await running(world))[DeadlineKind.DECISION].due_at
    clock.set(due_at + timedelta(seconds=1))
    assert "overdue" in str(await reason(world, request_id, world.reviewer, NAME.ASK_QUESTION))
    clock.set(due_at)
    await ask(world, request_id)
    clock.advance(timedelta(days=8))
    await look_at(world, DeadlineKind.ANSWER)
    assert "At most 2" in str(await reason(world, request_id, world.reviewer, NAME.ASK_QUESTION))


async def test_many_requests_with_questions_take_no_more_statements_than_one(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    taken = []
    for _ in range(2):
        async with building(database, clock) as build:
            case = await build.case(await build.client(), world.organisation_id, world.practice_id)
            appointment = await build.appointment(case.id, world.consultant)
        request_id = await released(world, appointment_id=appointment)
        await ask(world, request_id)
        await draft(world, request_id)
        taken.append([await statements(world, by) for by in (world.reviewer, world.manager, world.staff)])
    assert taken[0] == taken[1]


async def statements(world: World, by: Actor) -> int:
    """Return how many statements a list of requests takes, with everything that is asked of them."""
    named = {"filtered": RequestFilter(), "order": RequestOrder(), "page": Page(20), "want": a_list_of(REQUEST)}
    with listening() as heard:
        await read(world.database, world.clock, by, read_requests, **named)
    return len([text for text in heard if "access_" not in text and "client_key" not in text])


async def test_the_mail_about_a_question_carries_the_one_that_was_asked_last(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    request_id = await asked(world)
    mail = await owed(world)
    assert mail is not None
    assert [each.topic for each in mail.request.questions] == [QuestionTopic.PERIOD]
    assert mail.recipient is not None
    assert mail.recipient.name == world.consultant.name
    assert mail.request.id == request_id


async def owed(world: World) -> OwedMail | None:
    mail_id = (await the_mail(world, MailKind.QUESTION_ASKED)).id
    return await read(world.database, world.clock, SYSTEM, owed_mail, mail_id)


async def reason(world: World, request_id: str, by: Actor, name: RequestActionName) -> str | None:
    """Return why an action that is offered can't be taken; None where it can."""
    (action,) = [each for each in (await shown(world, request_id, by)).available_actions if each.action is name]
    return action.reason


async def shown(world: World, request_id: str, by: Actor) -> RequestView:
    view = await read(world.database, world.clock, by, request_of, request_id, REQUEST)
    assert view is not None
    return view
