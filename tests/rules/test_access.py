"""Where each role works, and who decides under which agreement."""

from itertools import product

import pytest

from models.actor import Actor
from models.rules.access import Scope, check_may_answer, check_may_decide, reaches_cases, scope_of
from models.rules.refusals import NotAllowed
from models.rules.vocabulary import Delegation, Role, Withheld

MAY_DECIDE = {
    # role, delegation, withheld
    (Role.ORG_REVIEWER, Delegation.NONE, False),
    (Role.ORG_REVIEWER, Delegation.STAFF_AS_WELL, False),
    (Role.PROVIDER_STAFF, Delegation.STAFF_AS_WELL, False),
    (Role.PROVIDER_STAFF, Delegation.STAFF_INSTEAD, False),
    (Role.PROVIDER_STAFF, Delegation.NONE, True),
    (Role.PROVIDER_STAFF, Delegation.STAFF_AS_WELL, True),
    (Role.PROVIDER_STAFF, Delegation.STAFF_INSTEAD, True),
}


def test_exactly_these_may_decide_and_nobody_else() -> None:
    for role, delegation, withheld in product(Role, Delegation, [None, *Withheld]):
        if (role, delegation, withheld is not None) in MAY_DECIDE:
            check_may_decide(role, delegation, withheld)
        else:
            with pytest.raises(NotAllowed, match="agreement"):
                check_may_decide(role, delegation, withheld)


@pytest.mark.parametrize("role", Role)
def test_a_manager_answers_in_the_place_of_one_who_has_left_alone(role: Role) -> None:
    check_may_answer(role, consultant_has_left=True)
    if role is not Role.PRACTICE_MANAGER:
        check_may_answer(role, consultant_has_left=False)
        return
    with pytest.raises(NotAllowed, match="left the practice"):
        check_may_answer(role, consultant_has_left=False)


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        (Role.CONSULTANT, Scope.OWN_CASES),
        (Role.PRACTICE_MANAGER, Scope.PRACTICE),
        (Role.ORG_REVIEWER, Scope.RELEASED),
        (Role.CLINICAL_REVIEWER, Scope.CLINICAL),
        (Role.PROVIDER_STAFF, Scope.EVERYTHING),
        (Role.SYSTEM, Scope.EVERYTHING),
    ],
)
def test_each_role_works_in_its_own_scope_whatever_else_the_account_names(role: Role, scope: Scope) -> None:
    for organisation, practice in product((None, "org_x"), (None, "prac_x")):
        assert scope_of(Actor("acc_x", "X", role, organisation, practice)) is scope


@pytest.mark.parametrize(
    ("organisation", "practice", "scope"),
    [
        (None, None, Scope.EVERYTHING),
        (None, "prac_x", Scope.PRACTICE),
        ("org_x", None, Scope.RELEASED),
        ("org_x", "prac_x", Scope.RELEASED),
    ],
)
def test_an_integrator_works_in_the_narrowest_scope_that_it_was_given(
    organisation: str | None, practice: str | None, scope: Scope
) -> None:
    assert scope_of(Actor("acc_x", "X", Role.INTEGRATOR, organisation, practice)) is scope


def test_an_unknown_role_works_nowhere() -> None:
    stranger = Actor("acc_x", "X", "AUDITOR")  # type: ignore[arg-type]  # a role of tomorrow's database
    assert scope_of(stranger) is Scope.NOTHING
    assert not reaches_cases(stranger)


@pytest.mark.parametrize("role", Role)
def test_only_an_organisations_people_reach_no_case(role: Role) -> None:
    assert reaches_cases(Actor("acc_x", "X", role, None, None)) is (role is not Role.ORG_REVIEWER)


def test_an_organisations_machine_reaches_no_case_either() -> None:
    assert not reaches_cases(Actor("acc_x", "X", Role.INTEGRATOR, "org_x", None))
