"""One job for life: the outbox entry, the queue's element and the record of how it ended are the same row."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import STRICT, Base
from models.tables.types import Json, Word

IS_READY = text("state = 'READY'")
"""Written out: a partial index serves no statement that has the state for a parameter."""
_DONE = text("state = 'DONE'")


class JobState(StrEnum):
    READY = "READY"
    """Waits for its ``run_at``, the first time or again."""
    RUNNING = "RUNNING"
    """Claimed by the holder of ``token`` until ``lease_until``."""
    DONE = "DONE"
    DEAD = "DEAD"
    """Failed for the last time; kept, so that somebody can look and run it again."""


class Job(Base):
    __tablename__ = "job"
    __table_args__ = (
        # Finds what is due among any number of jobs that wait for a later day or are long done.
        Index("ix_job_due", "queue", "state", "run_at", "priority"),
        # Finds the first of them all, however many are due.
        Index("ix_job_first", "queue", "priority", "run_at", "id", sqlite_where=IS_READY, postgresql_where=IS_READY),
        # Lists and counts them for the operator, whatever is asked for, without a sort.
        Index("ix_job_listed", "state", "actor", "created_at", "id"),
        Index("ix_job_done", "finished_at", sqlite_where=_DONE, postgresql_where=_DONE),
        CheckConstraint("(state = 'RUNNING') = (token IS NOT NULL)", name="running_has_token"),
        CheckConstraint("(token IS NULL) = (lease_until IS NULL)", name="token_has_lease"),
        CheckConstraint("(state IN ('DONE', 'DEAD')) = (finished_at IS NOT NULL)", name="ended_has_finished_at"),
        CheckConstraint("max_attempts >= 1 AND attempts BETWEEN 0 AND max_attempts", name="attempts_within_bounds"),
        STRICT,
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    queue: Mapped[str]
    actor: Mapped[str]
    args: Mapped[dict[str, str]] = mapped_column(Json)
    """Ids only: who reads the table learns nothing about anybody."""
    priority: Mapped[int]
    """Lower runs first, as in Dramatiq."""
    state: Mapped[JobState] = mapped_column(Word(JobState))
    run_at: Mapped[datetime]
    token: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int]
    """Claims so far: a process that is killed in the middle has used one up."""
    max_attempts: Mapped[int]
    last_error: Mapped[str | None]
    """The type of the last failure, never its text, which can quote a person's data."""
    failures: Mapped[dict[str, int] | None] = mapped_column(Json)
    """How often it failed, by the type of the failure."""
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
