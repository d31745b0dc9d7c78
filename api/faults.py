"""What may be written down about an exception: its kind and place. Its text may quote a client, so it never is."""

import re
import traceback
from pathlib import Path
from types import TracebackType

from sqlalchemy.exc import DBAPIError

_HOUSE = Path(__file__).parent.parent
_PACKAGES = frozenset({"api", "schema", "models", "jobs"})
_SQLITE_CONSTRAINT = re.compile(r"(?:UNIQUE|CHECK|NOT NULL) constraint failed: ([\w., ]{1,200})")


def facts_of(fault: BaseException) -> dict[str, str]:
    """Return the exception's class, the line of ours that it came through last, and what a database said by code."""
    kind = type(fault)
    facts = {"fault": f"{kind.__module__}.{kind.__qualname__}"}
    if place := _place(fault.__traceback__):
        facts["place"] = place
    for error in (fault, fault.__cause__):
        if isinstance(error, DBAPIError):
            facts.update(_database_facts(error))
    return facts


def _place(trace: TracebackType | None) -> str | None:
    """Return ``package/module.py:line`` of the innermost frame of ours."""
    place = None
    for frame, line in traceback.walk_tb(trace):
        file = Path(frame.f_code.co_filename)
        if file.is_relative_to(_HOUSE) and file.relative_to(_HOUSE).parts[0] in _PACKAGES:
            place = f"{file.relative_to(_HOUSE)}:{line}"
    return place


def _database_facts(error: DBAPIError) -> dict[str, str]:
    """Return SQLSTATE (or SQLite's name for it) and the constraint: names of ours, where DETAIL would show values."""
    cause = error.orig
    diagnosis = getattr(cause, "diag", None)
    found = _SQLITE_CONSTRAINT.match(str(cause))
    facts = {
        "sqlstate": getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None),
        "constraint": getattr(diagnosis, "constraint_name", None) or (found and found[1]),
    }
    return {name: str(value) for name, value in facts.items() if value}
