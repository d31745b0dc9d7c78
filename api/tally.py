"""What one request turns out to be, noted by whoever knows, for the request's line in the log and for the metrics."""

from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Outcome(StrEnum):
    """How a GraphQL request ended."""

    ANSWERED = "answered"
    USER_ERROR = "user_error"
    """A mutation was refused by a rule, which its payload says."""
    REFUSED = "refused"
    """The document or its variables were, or what they ask for is not there."""
    REJECTED = "rejected"
    """Turned away before any operation: method, media type, size, shape."""
    UNAUTHENTICATED = "unauthenticated"
    FAILED = "failed"
    """A fault of ours."""
    DISCONNECTED = "disconnected"
    """The caller was gone before the answer."""


NO_OPERATION: Final = "none"


@dataclass(slots=True)
class Tally:
    operation: str = NO_OPERATION
    """The schema's name of what was asked for, never the caller's own word for it."""
    outcome: Outcome | None = None
    """None until an operation has run, or was refused."""
    status: int | None = None
    """HTTP's; None until an answer is begun."""
    statements: int = 0
    """SQL statements so far."""
    lasts: bool = False
    """Whether it is a subscription: how long that takes is its caller's choice."""

    @property
    def end(self) -> Outcome:
        """How it ended: as it was said, or where nobody could say so, by the HTTP status."""
        if self.outcome is not None:
            return self.outcome
        if self.status is None:
            return Outcome.DISCONNECTED
        if self.status >= 500:  # noqa: PLR2004 - HTTP's own line
            return Outcome.FAILED
        return Outcome.UNAUTHENTICATED if self.status == 401 else Outcome.REJECTED  # noqa: PLR2004 - HTTP's own word


current: Final[ContextVar[Tally | None]] = ContextVar("current_tally", default=None)
"""The tally of the request that is being answered here; None outside of one."""
