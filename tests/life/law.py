"""The table of moves once more, as the domain has it: who may do what from where, and where it leads."""

from typing import Final

CONSULTANT: Final = "CONSULTANT"
MANAGER: Final = "PRACTICE_MANAGER"
REVIEWER: Final = "ORG_REVIEWER"
CLINICAL: Final = "CLINICAL_REVIEWER"
STAFF: Final = "PROVIDER_STAFF"
INTEGRATOR: Final = "INTEGRATOR"
CLOCK: Final = "SYSTEM"
ROLES: Final = (CONSULTANT, MANAGER, REVIEWER, CLINICAL, STAFF, INTEGRATOR)

OPEN: Final = ("SUBMITTED", "AWAITING_DETAILS", "CLINICAL_REVIEW", "ORGANISATION_REVIEW", "INFORMATION_REQUESTED")
CLOSED: Final = ("APPROVED", "DECLINED", "WITHDRAWN", "EXPIRED", "LAPSED", "CANCELLED")
STATES: Final = (*OPEN, *CLOSED)

# From, move, who, to. A manager acts where the consultant has left; the clock acts through its jobs.
LINES: Final = (
    ("SUBMITTED", "revise", {CONSULTANT}, {"SUBMITTED"}),
    ("SUBMITTED", "confirm", {CONSULTANT}, {"AWAITING_DETAILS", "ORGANISATION_REVIEW", "APPROVED"}),
    ("SUBMITTED", "expire", {CLOCK}, {"EXPIRED"}),
    ("AWAITING_DETAILS", "answer_details", {CONSULTANT, MANAGER}, {"CLINICAL_REVIEW"}),
    ("AWAITING_DETAILS", "lapse", {CLOCK}, {"LAPSED"}),
    ("CLINICAL_REVIEW", "ask_for_details", {CLINICAL}, {"AWAITING_DETAILS"}),
    ("CLINICAL_REVIEW", "endorse", {CLINICAL}, {"ORGANISATION_REVIEW", "APPROVED"}),
    ("CLINICAL_REVIEW", "decline_clinically", {CLINICAL}, {"DECLINED"}),
    ("ORGANISATION_REVIEW", "approve", {REVIEWER, STAFF}, {"APPROVED"}),
    ("ORGANISATION_REVIEW", "approve_by_rule", {CLOCK}, {"APPROVED"}),
    ("ORGANISATION_REVIEW", "decline", {REVIEWER, STAFF}, {"DECLINED"}),
    ("ORGANISATION_REVIEW", "ask_question", {REVIEWER}, {"INFORMATION_REQUESTED"}),
    ("INFORMATION_REQUESTED", "draft_answer", {CONSULTANT, MANAGER}, {"INFORMATION_REQUESTED"}),
    ("INFORMATION_REQUESTED", "release_answer", {STAFF}, {"ORGANISATION_REVIEW"}),
    ("INFORMATION_REQUESTED", "give_up", {CLOCK}, {"ORGANISATION_REVIEW"}),
    *((state, "withdraw", {CONSULTANT, STAFF}, {"WITHDRAWN"}) for state in OPEN),
    *((state, "close_case", {STAFF, CLOCK}, {"CANCELLED"}) for state in OPEN),
    # These two leave the state as it is: an outcome's relay, and a new request linked to the old one.
    *((state, "confirm_relay", {STAFF}, {state}) for state in ("APPROVED", "DECLINED")),
    *((state, "reconsider", {CONSULTANT}, {state}) for state in ("APPROVED", "DECLINED")),
)

TABLE: Final = {(start, move): (who, ends) for start, move, who, ends in LINES}
MOVES: Final = tuple(dict.fromkeys(move for _, move, who, _ in LINES if who != {CLOCK}))
WHO: Final = {move: set().union(*(who for _, of, who, _ in LINES if of == move)) for move in MOVES}
STEPS: Final = {(start, end) for start, _, _, ends in LINES for end in ends} | {(state, state) for state in STATES}
"""Every pair of states that may follow each other in a history."""

CALLS_FOR: Final = {
    "SUBMITTED": {"CONFIRMATION"},
    "AWAITING_DETAILS": {"DETAILS"},
    "CLINICAL_REVIEW": {"CLINICAL_REVIEW"},
    "ORGANISATION_REVIEW": {"DECISION", "RELAY"},
    "INFORMATION_REQUESTED": {"DECISION", "RELAY", "ANSWER"},
}
"""The deadlines that run in each open state."""
PAUSED: Final = {"DECISION", "RELAY"}
"""Those that stand still in INFORMATION_REQUESTED."""
