"""Looks at what waits in the tables, and at the time zones that they name."""

from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from api.doctor.findings import Finding, ok, problem, warning
from jobs.actors import QUEUES
from models.clock import Clock
from models.database import Database
from models.queries.checkups import time_zones_named
from models.queries.vital_signs import Standing, VitalSigns, read_vital_signs

_LATE: Final = timedelta(minutes=3)
_VERY_LATE: Final = timedelta(minutes=30)


async def look_at_work(database: Database, clock: Clock) -> list[Finding]:
    async with database.snapshot() as source:
        signs = await read_vital_signs(source, queues=QUEUES, at=clock.now())
        zones = await time_zones_named(source)
    return [judge_zones(zones), _dead(signs), _late(signs, clock)]


def judge_zones(names: list[str]) -> Finding:
    unknown = [name for name in names if not _is_known(name)]
    if unknown:
        found = f"There are no data for {', '.join(unknown)}, by which people here are told of moments."
        return problem("time zones", found, "Update the package tzdata; or correct the name where it was imported.")
    return ok("time zones", f"There are data for all {len(names)} that are named.")


def _is_known(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _dead(signs: VitalSigns) -> Finding:
    number = sum(jobs.number for jobs in signs.jobs if jobs.standing is Standing.DEAD)
    if number:
        advice = "`extra-sessions jobs list` shows them with their errors, `extra-sessions jobs retry` runs them again."
        return problem(
            "dead jobs", f"{number:,} have failed for the last time: what they owe has not been done.", advice
        )
    return ok("dead jobs", "There are none.")


def _late(signs: VitalSigns, clock: Clock) -> Finding:
    due = [jobs for jobs in signs.jobs if jobs.standing is Standing.DUE]
    late = max((clock.now() - jobs.due_since for jobs in due), default=timedelta())
    number = sum(jobs.number for jobs in due)
    if late < _LATE:
        return ok("late jobs", f"{number:,} are due, none of them for long.")
    found = f"{number:,} are due, the oldest for {late // timedelta(minutes=1):,} minutes."
    advice = (
        "Is the worker up? On SQLite it is inside `extra-sessions serve`, on PostgreSQL start `extra-sessions worker`."
    )
    return problem("late jobs", found, advice) if late > _VERY_LATE else warning("late jobs", found, advice)
