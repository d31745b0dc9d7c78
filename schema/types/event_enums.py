"""The closed lists of events: what can happen, and what e-mails are about."""

from models.rules.vocabulary import EventType, MailKind
from schema.types.enums import publish

publish(
    EventType,
    "What happened. A request's timeline holds moves alone; a stream of events also tells of deadlines, e-mails, cases "
    "and appointments. An organisation sees RELEASED, QUESTION_ASKED, QUESTION_ANSWERED, QUESTION_UNANSWERED, "
    "DUE_DATE_MOVED, DEADLINE_AT_RISK, DEADLINE_OVERDUE, APPROVED, DECLINED and WITHDRAWN. That a deadline stands "
    "still, is met or is cancelled has no event of its own: it follows from the move that did it.",
    SUBMITTED="The consultant stored it.",
    REVISED="The consultant changed it.",
    CONFIRMED="The consultant sent it.",
    EXPIRED="It was not confirmed in time.",
    DETAILS_REQUESTED="Further details were asked for, because a clinical review is needed.",
    DETAILS_ANSWERED="The further details were given.",
    LAPSED="The further details were not given in time.",
    ENDORSED="The clinical review endorsed it, perhaps for fewer sessions.",
    RELEASED="The organisation received it.",
    WITHHELD="It was not released; provider staff decide.",
    MATCH_FOUND="After the release an account came to match the client; provider staff may decide as well.",
    QUESTION_ASKED="The organisation asked a question.",
    ANSWER_DRAFTED="An answer was drafted; the organisation does not see it yet.",
    QUESTION_ANSWERED="The answer was released to the organisation.",
    QUESTION_UNANSWERED="No answer came in time.",
    DUE_DATE_MOVED="Due dates were counted anew, because the calendar of holidays changed.",
    ESCALATED="The decision or the clinical review is overdue; provider staff were told.",
    APPROVED="Sessions were granted.",
    DECLINED="It was declined.",
    WITHDRAWN="It was taken back.",
    CANCELLED="The case was closed; to an organisation this is WITHDRAWN.",
    RELAY_STUCK="The outcome has not reached both parties in time.",
    OUTCOME_RELAYED="The outcome reached consultant and client.",
    IMPORTED="It came from the provider's earlier system.",
    CLIENT_ERASED="The client was erased: who they were and their clinical answers are gone, the history stays.",
    DEADLINE_AT_RISK="A decision's deadline came near: once for each time that it runs, so again after a question, or "
    "when its due date moved; then after the QUESTION_ANSWERED, QUESTION_UNANSWERED or DUE_DATE_MOVED that did it. An "
    "organisation that was released a request at risk already reads so in the request. Not on timelines.",
    DEADLINE_OVERDUE="A deadline passed with what was due still open: see the event's `deadline`, one of DECISION, "
    "CLINICAL_REVIEW and RELAY. The others are over with it, and told by EXPIRED, LAPSED or QUESTION_UNANSWERED alone. "
    "Not on timelines.",
    MAIL_ACCEPTED="The mail server took an e-mail: see the event's `mail`. For the provider's staff; not on timelines.",
    MAIL_REJECTED="An e-mail was refused for good, or came back, perhaps after its MAIL_ACCEPTED. For the provider's "
    "staff; not on timelines.",
    MAIL_SUPPRESSED="An e-mail may not be sent. For the provider's staff; not on timelines.",
    CASE_OPENED="A case came into the system, perhaps one that is closed already: read it. Not on timelines.",
    CASE_CHANGED="Something of a case changed, or it goes on after all: read it anew. Not on timelines.",
    CASE_CLOSED="A case was closed, after the CANCELLED of a request that was open on it. Not on timelines.",
    APPOINTMENT_ADDED="An appointment came into the system. Not on timelines.",
    APPOINTMENT_CHANGED="Something of an appointment changed: read it anew. Not on timelines.",
    HEARTBEAT="Nothing happened: a subscription is alive, and its `cursor` is where you stand. In subscriptions alone.",
)
publish(
    MailKind,
    "What an e-mail is about, and to whom it goes.",
    RECEIVED="To the consultant: the request was received.",
    EXPIRED="To the consultant: it was not confirmed in time.",
    DETAILS_NEEDED="To the consultant: further details are needed.",
    DETAILS_REMINDER="To the consultant: the further details are still missing.",
    LAPSED="To the consultant: the further details did not come in time.",
    CANCELLED="To the consultant: the case was closed.",
    QUESTION_ASKED="To the consultant: the organisation asks something.",
    OUTCOME_CONSULTANT="To the consultant: the outcome.",
    OUTCOME_CLIENT="To the client: the outcome.",
    REVIEW_INVITATION="To a reviewer: a request awaits a decision.",
    REVIEW_REMINDER="To a reviewer: it still does.",
    REVIEW_RESUMED="To a reviewer: their question was answered, or will not be.",
    REVIEW_ENDED="To a reviewer: the request was taken back.",
    OVERDUE_BACKUP="To the backup reviewer: the decision is overdue.",
    OVERDUE_STAFF="To the provider's staff: something is overdue.",
    CLINICAL_REVIEW_WAITING="To a clinical reviewer: a request waits.",
    ANSWER_DRAFTED="To the provider's staff: an answer waits to be released.",
    DECISION_NEEDED="To the provider's staff: a request is theirs to decide.",
    RELAY_STUCK="To the provider's staff: an outcome has not reached both parties.",
    ADDRESS_BOUNCED="To the provider's staff: an address refused an e-mail.",
)
