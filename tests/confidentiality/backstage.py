"""What happens between the viewers' questions: some of it they may know of, most of it they may not."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy import select, update

from models.ids import new_id
from models.operations.approve_request import ApproveRequest, approve_request
from models.operations.ask_question import AskQuestion, ask_question
from models.operations.close_case import CloseCase, close_case
from models.operations.draft_answer import DraftAnswer, draft_answer
from models.operations.recompute_deadlines import RecomputeDeadlines, recompute_deadlines
from models.operations.release_answer import ReleaseAnswer, release_answer
from models.operations.withdraw_request import WithdrawRequest, withdraw_request
from models.rules.vocabulary import Delegation, QuestionTopic, ReleaseRule, RequestStatus
from models.tables import Agreement, ExtraSessionsRequest
from tests.confidentiality.acting import Act, answerer_of, around, confirm_through_review, quietly, staff_of
from tests.confidentiality.hidden_reviews import HIDDEN_REVIEWS
from tests.confidentiality.hidden_steps import HIDDEN_STEPS
from tests.confidentiality.known_lives import ANSWER
from tests.confidentiality.plots import TODAY
from tests.confidentiality.programs import Do, Hide
from tests.confidentiality.stage import Stage
from tests.confidentiality.worlds import World

_HIDDEN: dict[str, Act] = {**HIDDEN_STEPS, **HIDDEN_REVIEWS}


async def hide(stage: Stage, world: World, step: Hide) -> None:
    """Do it as often as this world says, each time some minutes later; then the clock is set back."""
    at = stage.clock.now()
    for _ in range(step.times if world.first else world.dice.randint(0, 2)):
        stage.clock.advance(world.secrets.minutes(5))
        await quietly(_HIDDEN[step.what](stage, world))
    stage.clock.set(at)


async def do(stage: Stage, world: World, step: Do) -> None:
    """Do what the organisation may know of, on the same day in both worlds; and at the same minute where it is told."""
    at = stage.clock.now()
    about = await _about(stage, world, step)
    if about is not None:
        if not _tells_the_minute(world, step):
            stage.clock.advance(world.secrets.minutes(20))
        await quietly(_KNOWN[step.what](stage, world, about, step.index))
    stage.clock.set(at)


async def _about(stage: Stage, world: World, step: Do) -> str | None:
    """Return the request that the index names, or another one where it can't be done to that one."""
    known, pending = world.requests[: len(world.plot.released)], world.requests[len(world.plot.released) :]
    if step.what == "confirm":
        return pending[step.index % len(pending)] if pending else None
    columns = select(ExtraSessionsRequest.id, ExtraSessionsRequest.status)
    async with stage.database.snapshot() as source:
        rows = (await source.execute(columns.where(ExtraSessionsRequest.id.in_(known)))).all()
    can = {row.id for row in rows if row.status in _WHERE.get(step.what, ())}
    named = known[step.index % len(known)]
    fit = [each for each in known if each in can]
    return named if named in can or not fit else fit[step.index % len(fit)]


def _tells_the_minute(world: World, step: Do) -> bool:
    """An answer's e-mail bears the minute of its release; an end's does where the agreement wants all told at once."""
    return step.what == "answer" or (step.what == "withdraw" and world.plot.release_rule is ReleaseRule.AT_ONCE)


async def _confirm(stage: Stage, world: World, request_id: str, _: int) -> None:
    """Confirm a pending request, revised before and reviewed clinically after, as often as nobody needs to know."""
    await confirm_through_review(stage, world, request_id)


async def _withdraw(stage: Stage, world: World, request_id: str, _: int) -> None:
    """Withdraw it, or close its case: to the organisation the two are one."""
    if world.dice.random() < 0.5:
        async with stage.database.snapshot() as source:
            of = select(ExtraSessionsRequest.case_id).where(ExtraSessionsRequest.id == request_id)
            case_id = (await source.execute(of)).scalar_one()
        closing = CloseCase(case_id=case_id)
        await close_case(closing, by=staff_of(world), **around(stage))
        return
    by = world.asked_by[request_id] if world.dice.random() < 0.5 else staff_of(world)
    withdraw = WithdrawRequest(request_id=request_id)
    await withdraw_request(withdraw, by=by, **around(stage))


async def _decide_as_staff(stage: Stage, world: World, request_id: str, _: int) -> None:
    if world.plot.delegation is Delegation.NONE:
        # Without delegation only a match lets staff decide, and whether there is one differs between the worlds. That a
        # decision was made is known, so it has to be made in both.
        return
    approval = ApproveRequest(request_id=request_id, sessions_granted=1)
    await approve_request(approval, by=staff_of(world), **around(stage))


async def _ask(stage: Stage, world: World, request_id: str, index: int) -> None:
    question = AskQuestion(request_id=request_id, topic=list(QuestionTopic)[index % len(QuestionTopic)])
    by = world.viewers["second"]
    await ask_question(question, by=by, **around(stage))


async def _answer(stage: Stage, world: World, request_id: str, _: int) -> None:
    """Release an answer that was drafted and drafted again, as often as nobody needs to know."""
    by = await answerer_of(stage, world, request_id)
    drafts = [world.secrets.text(6) for _ in range(world.dice.randint(0, 2))]
    for text in (*drafts, ANSWER):
        draft = DraftAnswer(request_id=request_id, answer=text)
        await quietly(draft_answer(draft, by=by, **around(stage)))
    release = ReleaseAnswer(request_id=request_id)
    await release_answer(release, by=staff_of(world), **around(stage))


async def _change_calendar(stage: Stage, world: World, _: str, index: int) -> None:
    """Let the organisation have another day off by a new agreement, and count all that runs by it."""
    day = (TODAY + timedelta(days=1 + index)).isoformat()
    async with stage.database.transaction() as session:
        current = select(Agreement).where(Agreement.organisation_id == world.organisation, Agreement.is_current)
        agreed = (await session.execute(current)).scalar_one()
        columns = {column.name: getattr(agreed, column.name) for column in Agreement.__table__.columns}
        await session.execute(update(Agreement).where(Agreement.id == agreed.id).values(is_current=False))
        columns |= {"id": new_id("agr"), "revision": agreed.revision + 1}
        session.add(Agreement(**{**columns, "added_dates": [*agreed.added_dates, day]}))
    await recompute_deadlines(RecomputeDeadlines(apply=True), database=stage.database, clock=stage.clock)


_WHERE = {
    "withdraw": {RequestStatus.ORGANISATION_REVIEW, RequestStatus.INFORMATION_REQUESTED},
    "decide as staff": {RequestStatus.ORGANISATION_REVIEW},
    "ask": {RequestStatus.ORGANISATION_REVIEW},
    "answer": {RequestStatus.INFORMATION_REQUESTED},
}
_KNOWN: dict[str, Callable[[Stage, World, str, int], Awaitable[object]]] = {
    "confirm": _confirm,
    "withdraw": _withdraw,
    "decide as staff": _decide_as_staff,
    "ask": _ask,
    "answer": _answer,
    "change calendar": _change_calendar,
}
