"""What whoever runs a deployment must see of it: what waits, what is late, how far the log is. Words and figures alone.

Each of these reads by an index that leaves out what has ended, so that it costs the same after years.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Select, bindparam, case, column, func, select, table

from models.queries.reading import Source
from models.rules.vocabulary import DeadlineKind
from models.tables import Deadline, Deployment, Job
from models.tables.event import EventHead
from models.tables.job import JobState
from models.tables.key_store import StoreName


class Standing(StrEnum):
    """Where an unfinished job stands: a job's state, with those that wait told apart by whether their time has come."""

    DUE = "due"
    LATER = "later"
    RUNNING = "running"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Jobs:
    """How many jobs of one queue stand there, and since when the oldest of them is due."""

    queue: str
    standing: Standing
    number: int
    due_since: datetime


@dataclass(frozen=True, slots=True)
class VitalSigns:
    jobs: tuple[Jobs, ...]
    overdue: Mapping[DeadlineKind, int]
    """Running deadlines whose moment has passed, those whose clock stands still left out."""
    event_head: int
    """The number of the newest event."""


_STANDING: Final = case(
    (Job.state == JobState.RUNNING, Standing.RUNNING.value),
    (Job.state == JobState.DEAD, Standing.DEAD.value),
    (Job.run_at <= bindparam("at"), Standing.DUE.value),
    else_=Standing.LATER.value,
).label("standing")
_JOBS: Final = (
    select(Job.queue, _STANDING, func.count().label("number"), func.min(Job.run_at).label("due_since"))
    .where(
        Job.queue.in_(bindparam("queues", expanding=True)),
        Job.state.in_((JobState.READY, JobState.RUNNING, JobState.DEAD)),
    )
    .group_by(Job.queue, "standing")
)
_OVERDUE: Final = (
    select(Deadline.kind, func.count().label("number"))
    .where(
        Deadline.met_at.is_(None),
        Deadline.cancelled_at.is_(None),
        Deadline.paused_at.is_(None),
        Deadline.due_at < bindparam("at"),
    )
    .group_by(Deadline.kind)
)
_HEAD: Final = select(EventHead.seq)
_REVISION: Final[Select[Any]] = select(column("version_num")).select_from(table("alembic_version"))
_KEY_STORE: Final = select(Deployment.key_store)
_STORE_NAME: Final = select(StoreName.name)


async def read_vital_signs(source: Source, *, queues: Collection[str], at: datetime) -> VitalSigns:
    """Read them all, from one snapshot."""
    jobs = (await source.execute(_JOBS, {"queues": tuple(queues), "at": at})).all()
    overdue = (await source.execute(_OVERDUE, {"at": at})).all()
    head = (await source.execute(_HEAD)).scalar()
    return VitalSigns(
        jobs=tuple(Jobs(row.queue, Standing(row.standing), row.number, row.due_since) for row in jobs),
        overdue={row.kind: row.number for row in overdue},
        event_head=head or 0,
    )


async def revision_of(source: Source) -> str | None:
    """Return the newest migration that this database, or this key store, has seen."""
    revision: str | None = (await source.execute(_REVISION)).scalar()
    return revision


async def key_store_wanted(source: Source) -> str | None:
    """Return the name of the key store whose keys seal this database."""
    name: str | None = (await source.execute(_KEY_STORE)).scalar()
    return name


async def key_store_found(store: Source) -> str | None:
    """Return the name of the key store that is read here."""
    name: str | None = (await store.execute(_STORE_NAME)).scalar()
    return name
