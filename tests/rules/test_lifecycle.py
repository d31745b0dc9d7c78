"""The life of a request: the table says what may happen, and everything else is refused, each combination of it."""

from itertools import product

import pytest

from models.rules.lifecycle import HELD, OPEN, SUBMITTERS, Move, next_status, outcome_of, role_may
from models.rules.refusals import AlreadyConfirmed, AlreadyDecided, NotAllowed, NotOpen, Refusal
from models.rules.vocabulary import Outcome, Role
from models.rules.vocabulary import RequestStatus as S

CONSULTANT = {Role.CONSULTANT}
ANSWERERS = {Role.CONSULTANT, Role.PRACTICE_MANAGER}
CLINICAL = {Role.CLINICAL_REVIEWER}
CLOCK = {Role.SYSTEM}
DECIDERS = {Role.ORG_REVIEWER, Role.PROVIDER_STAFF}
WITHDRAWERS = {Role.CONSULTANT, Role.PROVIDER_STAFF}
OPEN_STATES = {
    S.SUBMITTED,
    S.AWAITING_DETAILS,
    S.CLINICAL_REVIEW,
    S.ORGANISATION_REVIEW,
    S.INFORMATION_REQUESTED,
}
ALLOWED: dict[tuple[S, Move], tuple[set[Role], S]] = {
    (S.SUBMITTED, Move.REVISE): (CONSULTANT, S.SUBMITTED),
    (S.SUBMITTED, Move.CONFIRM): (CONSULTANT, S.ORGANISATION_REVIEW),
    (S.SUBMITTED, Move.CONFIRM_FOR_CLINICAL_REVIEW): (CONSULTANT, S.AWAITING_DETAILS),
    (S.SUBMITTED, Move.EXPIRE): (CLOCK, S.EXPIRED),
    (S.AWAITING_DETAILS, Move.ANSWER_DETAILS): (ANSWERERS, S.CLINICAL_REVIEW),
    (S.AWAITING_DETAILS, Move.LAPSE): (CLOCK, S.LAPSED),
    (S.CLINICAL_REVIEW, Move.ASK_FOR_DETAILS): (CLINICAL, S.AWAITING_DETAILS),
    (S.CLINICAL_REVIEW, Move.ENDORSE): (CLINICAL, S.ORGANISATION_REVIEW),
    (S.CLINICAL_REVIEW, Move.DECLINE_CLINICALLY): (CLINICAL, S.DECLINED),
    (S.ORGANISATION_REVIEW, Move.APPROVE): (DECIDERS, S.APPROVED),
    (S.ORGANISATION_REVIEW, Move.APPROVE_BY_RULE): (CLOCK, S.APPROVED),
    (S.ORGANISATION_REVIEW, Move.DECLINE): (DECIDERS, S.DECLINED),
    (S.ORGANISATION_REVIEW, Move.ASK_QUESTION): ({Role.ORG_REVIEWER}, S.INFORMATION_REQUESTED),
    (S.INFORMATION_REQUESTED, Move.DRAFT_ANSWER): (ANSWERERS, S.INFORMATION_REQUESTED),
    (S.INFORMATION_REQUESTED, Move.RELEASE_ANSWER): ({Role.PROVIDER_STAFF}, S.ORGANISATION_REVIEW),
    (S.INFORMATION_REQUESTED, Move.GIVE_UP_ANSWER): (CLOCK, S.ORGANISATION_REVIEW),
    **{(status, Move.WITHDRAW): (WITHDRAWERS, S.WITHDRAWN) for status in OPEN_STATES},
    **{(status, Move.CANCEL): ({Role.PROVIDER_STAFF, Role.SYSTEM}, S.CANCELLED) for status in OPEN_STATES},
}
"""Written a second time, from the words of the business: a change of the table has to be meant."""
MOVERS = {move: set().union(*(roles for (_, of), (roles, _) in ALLOWED.items() if of is move)) for move in Move}
EVERY = [*product(S, Move, Role)]


def expected(status: S, move: Move, role: Role) -> S | type[Refusal]:
    if role not in MOVERS[move]:
        return NotAllowed
    if (status, move) in ALLOWED:
        return ALLOWED[status, move][1]
    if move in {Move.APPROVE, Move.DECLINE, Move.ASK_QUESTION} and status in {S.APPROVED, S.DECLINED}:
        return AlreadyDecided
    confirming = move in {Move.CONFIRM, Move.CONFIRM_FOR_CLINICAL_REVIEW}
    return AlreadyConfirmed if confirming and status in OPEN_STATES else NotOpen


def test_each_status_move_and_role_leads_where_it_should_or_is_refused_as_it_should() -> None:
    for status, move, role in EVERY:
        try:
            answer: S | type[Refusal] = next_status(status, move, role)
        except Refusal as refusal:
            answer = type(refusal)
        assert answer == expected(status, move, role), (status, move, role)


def test_the_table_above_is_complete() -> None:
    assert len(EVERY) == 11 * len(Move) * 7
    assert {move for _, move in ALLOWED} == set(Move)
    assert {S.SUBMITTED, *(status for _, status in ALLOWED.values())} == set(S), "every state is reached"


def test_only_roles_with_some_move_know_it() -> None:
    for move, role in product(Move, Role):
        assert role_may(role, move) is (role in MOVERS[move])


def test_an_integrator_moves_nothing_and_a_manager_answers_only() -> None:
    moves = {role: {move for move in Move if role_may(role, move)} for role in Role}
    assert moves[Role.INTEGRATOR] == set()
    assert moves[Role.PRACTICE_MANAGER] == {Move.ANSWER_DETAILS, Move.DRAFT_ANSWER}
    assert moves[Role.CLINICAL_REVIEWER] == {Move.ASK_FOR_DETAILS, Move.ENDORSE, Move.DECLINE_CLINICALLY}


def test_only_consultants_submit() -> None:
    assert {Role.CONSULTANT} == SUBMITTERS


def test_a_case_is_held_from_confirm_until_any_closed_state() -> None:
    assert OPEN == OPEN_STATES
    assert OPEN_STATES - {S.SUBMITTED} == HELD


def test_a_refused_decision_names_the_first_ones_outcome() -> None:
    with pytest.raises(AlreadyDecided, match=r"approved for 2 sessions; that decision stands"):
        next_status(S.APPROVED, Move.DECLINE, Role.ORG_REVIEWER, granted=2)
    with pytest.raises(AlreadyDecided, match=r"already declined"):
        next_status(S.DECLINED, Move.APPROVE, Role.PROVIDER_STAFF)


def test_a_refusal_names_the_status_that_its_reader_may_know() -> None:
    with pytest.raises(NotOpen, match="WITHDRAWN"):
        next_status(S.CANCELLED, Move.APPROVE, Role.ORG_REVIEWER, shown=S.WITHDRAWN)
    with pytest.raises(NotOpen, match="CANCELLED"):
        next_status(S.CANCELLED, Move.APPROVE, Role.PROVIDER_STAFF)


def test_there_are_two_outcomes_and_every_other_state_has_none() -> None:
    outcomes = {status: outcome_of(status) for status in S}
    assert outcomes.pop(S.APPROVED) is Outcome.APPROVED
    assert outcomes.pop(S.DECLINED) is Outcome.DECLINED
    assert set(outcomes.values()) == {None}
