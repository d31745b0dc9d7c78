"""Each verdict of a clinical review takes its own parts: nothing that was typed is lost without a word."""

from typing import Any

import pytest

from models.rules.clinical_review import NotPartOfVerdict, ReasonMissing, check_parts
from models.rules.vocabulary import ClinicalDeclineReason, ClinicalVerdict

ASK, ENDORSE, DECLINE = ClinicalVerdict
NOTHING: dict[str, Any] = {"sessionsEndorsed": None, "reason": None, "questions": None, "note": None}
GIVEN = {
    "sessionsEndorsed": 2,
    "reason": ClinicalDeclineReason.GOAL_REACHED,
    "questions": ("RISK",),
    "note": "Say more",
}
TAKES = {ASK: {"questions", "note"}, ENDORSE: {"sessionsEndorsed"}, DECLINE: {"reason"}}


@pytest.mark.parametrize("verdict", ClinicalVerdict)
def test_a_verdict_takes_all_of_its_own_parts_and_none_of_anothers(verdict: ClinicalVerdict) -> None:
    own = {field: value if field in TAKES[verdict] else None for field, value in GIVEN.items()}
    check_parts(verdict, own)
    for field in GIVEN.keys() - TAKES[verdict]:
        with pytest.raises(NotPartOfVerdict, match=verdict.value) as raised:
            check_parts(verdict, {**own, field: GIVEN[field]})
        assert raised.value.path == (field,)


def test_a_decline_alone_needs_a_part() -> None:
    check_parts(ASK, NOTHING)
    check_parts(ENDORSE, NOTHING)
    with pytest.raises(ReasonMissing) as raised:
        check_parts(DECLINE, NOTHING)
    assert raised.value.path == ("reason",)


def test_what_a_form_leaves_empty_is_nothing_but_no_sessions_are_something() -> None:
    check_parts(ENDORSE, {**NOTHING, "questions": (), "note": ""})
    with pytest.raises(NotPartOfVerdict):
        check_parts(ASK, {**NOTHING, "sessionsEndorsed": 0})
