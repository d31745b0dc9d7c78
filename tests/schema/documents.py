"""The contract's operations, as front ends have them."""

from api.demo.documents import OPERATIONS, read_operation

EXAMPLES = OPERATIONS.parent / "examples"
NAMES = sorted(path.stem for path in OPERATIONS.glob("*.graphql"))
FRAGMENTS = sorted(path.stem for path in OPERATIONS.glob("fragments/*.graphql"))

VIEWER = read_operation("viewer")
MY_CALENDAR = read_operation("my-calendar")
APPOINTMENT = read_operation("appointment")
PARENT_CASE = read_operation("parent-case")
FORM = read_operation("extra-sessions-form")
SUBMIT = read_operation("submit")
REVISE = read_operation("revise")
CONFIRM = read_operation("confirm")
WITHDRAW = read_operation("withdraw")
APPROVE = read_operation("approve")
DECLINE = read_operation("decline")
REVIEW_QUEUE = read_operation("review-queue")
REVIEW_REQUEST = read_operation("review-request")
REQUEST_STATUS = read_operation("request-status")
REQUESTS = read_operation("requests")
ANSWER_DETAILS = read_operation("answer-further-details")
RECORD_REVIEW = read_operation("record-clinical-review")
ASK = read_operation("ask-question")
DRAFT = read_operation("draft-answer")
RELEASE = read_operation("release-answer")
CONFIRM_RELAY = read_operation("confirm-relay")
RECONSIDER = read_operation("reconsider")
CLOSE_CASE = read_operation("close-case")
COMPLETE_TASK = read_operation("complete-task")
REQUEST_COUNTS = read_operation("request-summary")
ACCESS_EVENTS = read_operation("access-events")
