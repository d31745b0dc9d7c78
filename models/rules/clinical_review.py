"""What a clinical reviewer may say: each verdict has parts of its own, and takes no other's."""

from collections.abc import Mapping

from models.rules.refusals import Refusal
from models.rules.vocabulary import ClinicalVerdict


class ReasonMissing(Refusal):
    code = "REASON_MISSING"

    def __init__(self) -> None:
        super().__init__("Choose a reason from the list.", ("reason",))


class NotPartOfVerdict(Refusal):
    code = "NOT_PART_OF_VERDICT"

    def __init__(self, field: str, verdict: ClinicalVerdict) -> None:
        super().__init__(f"Leave this out: it is no part of the verdict {verdict.value}.", (field,))


_PARTS: dict[ClinicalVerdict, frozenset[str]] = {
    ClinicalVerdict.ASK_FOR_DETAILS: frozenset({"questions", "note"}),
    ClinicalVerdict.ENDORSE: frozenset({"sessionsEndorsed"}),
    ClinicalVerdict.DECLINE: frozenset({"reason"}),
}
_NOTHING = (None, "", ())


def check_parts(verdict: ClinicalVerdict, given: Mapping[str, object]) -> None:
    """Raise NotPartOfVerdict for what would be lost with this verdict, ReasonMissing for a decline without a reason.

    ``given`` holds each part under its name in the input.
    """
    for field, value in given.items():
        if value not in _NOTHING and field not in _PARTS[verdict]:
            raise NotPartOfVerdict(field, verdict)
    if verdict is ClinicalVerdict.DECLINE and given["reason"] is None:
        raise ReasonMissing
