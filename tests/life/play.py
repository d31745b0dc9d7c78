"""Plays steps on one database and compares it after each with the lives by the book."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from models.rules.refusals import Refusal
from tests.clock import FixedClock
from tests.life.cast import EMPLOYERS
from tests.life.counting import Count
from tests.life.effects import apply
from tests.life.foretelling import refusal, sees
from tests.life.holding import check, check_log
from tests.life.knowing import Known, Told
from tests.life.law import CONSULTANT, STAFF
from tests.life.lives import Life
from tests.life.moves import Doing
from tests.life.records import Records, Row, Rows
from tests.life.sayings import clear


@dataclass
class Play:
    doing: Doing
    clock: FixedClock
    records: Records
    known: Known
    count: Count
    rows: Rows = field(init=False)
    history: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rows = self.records.everything()
        for case, of in self.known.cast.cases.items():
            ids = {each for booked in of.appointments.values() for each in booked}
            self.known.appointments[case] = {r["id"]: r["status"] for r in self.rows["appointment"] if r["id"] in ids}

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def actor(self, who: str) -> Any:
        return self.known.cast.people[who]

    async def submit(self, who: str, case: str, **options: Any) -> None:
        of, actor, known = self.known.cast.cases[case], self.actor(who), self.known
        expected = self._submission_refused(who, case)
        appointment = next(iter(of.appointments.get(who) or next(iter(of.appointments.values()))))
        view = await self.attempt("submit", who, expected, self.doing.submit(actor, appointment, **options))
        if view is not None:
            terms = EMPLOYERS[of.employer].terms
            asked = options.get("sessions_requested", 3)
            life = Life.begun(terms, known.cast.company(of.employer, who), asked, self.now)
            known.told.append(Told(view.id, case, who, life))
            self.settle()

    def _submission_refused(self, who: str, case: str) -> str | None:
        if self.actor(who).role.value != CONSULTANT:
            return "NOT_ALLOWED"
        if who not in self.known.cast.cases[case].appointments:
            return "NOT_FOUND"
        if case in self.known.closed:
            return "CASE_CLOSED"
        return "OPEN_REQUEST_EXISTS" if self.known.open_on(case) else None

    def foretold(self, move: str, who: str, told: Told) -> str | None:
        """Return the code with which this move will be refused now; None where it will be made."""
        actor, case = self.actor(who), self.known.cast.cases[told.case]
        visible = sees(who, actor, case, told.life, self.now)
        left = told.consultant in self.known.left
        code = refusal(move, actor.role.value, told.life, self.now, visible=visible, left=left)
        if move == "reconsider" and code not in {"NOT_ALLOWED", "NOT_FOUND"}:
            of_the_case = self._submission_refused(who, told.case)
            return of_the_case if of_the_case == "CASE_CLOSED" else code or of_the_case
        return code

    async def move(self, move: str, who: str, told: Told, **options: Any) -> None:
        expected = self.foretold(move, who, told)
        if expected is None and "expected_version" in options:
            expected = "STALE_VERSION"
        total = self.known.total(told.case, told.life.asked)
        if expected is None and move == "reconsider":
            shortfall = told.life.asked - (told.life.granted or 0)
            options = {"sessions_requested": min(shortfall, options.get("sessions_requested", 1))}
        call = self.doing.move(move, self.actor(who), told.id, **options)
        view = await self.attempt(move, who, expected, call, life=told.life)
        if view is not None:
            self._made(move, who, told, options, total=total, new_id=view.id)
            self.settle()

    def _made(self, move: str, who: str, told: Told, options: dict[str, Any], *, total: int, new_id: str) -> None:
        if move == "reconsider":
            told.life.reconsidered = True
            asked = options["sessions_requested"]
            life = Life.begun(told.life.terms, told.life.company, asked, self.now)
            life.reconsideration = True
            self.known.told.append(Told(new_id, told.case, who, life))
        else:
            apply(told.life, move, self.now, total=total, **options)

    async def close_case(self, who: str, case: str) -> None:
        expected = None if self.actor(who).role.value == STAFF else "NOT_ALLOWED"
        if expected is None and case in self.known.closed:
            expected = "CASE_CLOSED"
        call = self.doing.close_case(self.actor(who), self.known.cast.cases[case].id)
        if await self.attempt("close_case", who, expected, call) is not None:
            self.known.closed.add(case)
            if told := self.known.open_on(case):
                told.life.end(self.now, "CANCELLED")
            self.settle()

    async def complete_task(self, who: str, task: Row) -> None:
        expected = None if self.actor(who).role.value == STAFF else "NOT_ALLOWED"
        if expected is None and task["state"] != "OPEN":
            expected = "TASK_ENDED"
        if expected is None and task["kind"] != "BOUNCED_ADDRESS":
            expected = "CLOSES_BY_ITSELF"
        call = self.doing.complete_task(self.actor(who), task["id"])
        if await self.attempt("complete_task", who, expected, call) is not None:
            self.known.by_id(task["request_id"]).life.tasks.discard(task["kind"])
            self.settle()

    async def attempt(self, move: str, who: str, expected: str | None, call: Any, *, life: Life | None = None) -> Any:
        """Make a call that must succeed, or be refused with this code and change nothing."""
        self.history.append(f"{self.now} {who}: {move} -> {expected}")
        refused: Refusal | None = None
        done = None
        try:
            done = await call
        except Refusal as refusal:
            refused = refusal
        if refused is not None:
            assert refused.code == expected, self.told(refused)
            role = self.actor(who).role.value
            assert clear(refused.code, refused.message, move=move, role=role, life=life), self.told(refused)
            assert self.records.everything() == self.rows, self.told("a refusal changed something")
            self.count.add("moves refused", refused.code)
            self.count.add("steps")
            return None
        assert expected is None, self.told("this was let through")
        self.count.add("moves made", move)
        return done

    def settle(self) -> None:
        """Read the tables anew and check all that must hold."""
        before, self.rows = self.rows, self.records.everything()
        check(self.rows, self.known)
        check_log(self.rows, before)
        for told in self.known.told:
            self.count.figures[f"requests seen in a state|{told.life.status}"] += 1
        self.count.add("steps")

    def told(self, what: object) -> str:
        return "\n".join([*self.history[-30:], repr(what)])
