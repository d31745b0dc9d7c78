"""A job on its way through Dramatiq, and what stands there for a failure of its actor."""

import time

from dramatiq import Message, MessageProxy

from models.job_queue import Claim


class JobFailed(Exception):
    """Stands in for what an actor raised: its type and its traceback, without a text that may quote somebody."""


class ClaimedMessage(MessageProxy):
    """A job on its way through Dramatiq, with the claim that its acknowledgement needs."""

    def __init__(self, claim: Claim) -> None:
        super().__init__(
            Message(
                queue_name=claim.queue,
                actor_name=claim.actor,
                args=(),
                kwargs=dict(claim.args),
                options={},
                message_id=claim.id,
                message_timestamp=int(claim.created_at.timestamp() * 1000),
            )
        )
        self.claim = claim
        self.holds_thread = True
        """Whether the thread that was taken for it is still counted as busy."""
        self._began = time.perf_counter()

    @property
    def seconds(self) -> float:
        """How long ago it was claimed."""
        return time.perf_counter() - self._began

    @property
    def failure(self) -> BaseException | None:
        return self._exception

    @property
    def error(self) -> str:
        """The type of the failure, never its text."""
        return str(self._exception) if isinstance(self._exception, JobFailed) else type(self._exception).__name__
