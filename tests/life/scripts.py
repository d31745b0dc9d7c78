"""Writes what will become of one request of the year: who does what when, by seeded dice, and every mail that follows.

By the book alone, before anything has run: what is sent in the end is compared with this.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.life.effects import apply
from tests.life.law import OPEN
from tests.life.lives import Life
from tests.life.people import Plan, next_plan
from tests.life.terms import Company, Owed, Terms

HOUR = timedelta(hours=1)
DAYS = timedelta(days=1)


@dataclass(frozen=True)
class Place:
    """Where a request comes up: whose terms, whose people, which case, and how many sessions that is entitled to."""

    case: str
    terms: Terms
    company: Company
    entitled: int
    client_is_written_to: bool
    manager: str
    consultant_leaves: datetime | None


@dataclass(frozen=True)
class Done:
    """One act: by whom, and on which of the case's requests, counted from 0; a new one where it is submitted."""

    at: datetime
    case: str
    request: int
    move: str
    who: str
    options: dict[str, Any]


@dataclass
class Script:
    place: Place
    dice: Random
    acts: list[Done] = field(default_factory=list)
    lives: list[Life] = field(default_factory=list)
    sent: list[Owed] = field(default_factory=list)
    plan: Plan | None = None
    last_word: tuple[datetime, str] | None = None

    def write(self, start: datetime, until: datetime) -> "Script":
        """Write the life of a request that is submitted at ``start``, and of one that asks to reconsider it."""
        self._live(start, until, asked=self.dice.choice((1, 2, 3, 3, 4)), move="submit")
        return self

    def _live(self, start: datetime, until: datetime, *, asked: int, move: str) -> None:
        life = Life.begun(self.place.terms, self.place.company, asked, start)
        self._note(start, move, "consultant", {"sessions_requested": asked})
        self.lives.append(life)
        life.reconsideration = move == "reconsider"
        self.last_word = self._last_word(start)
        self.plan = next_plan(life, start, self.dice)
        while (coming := self._coming(life)) and coming[0] < until and not self._asks_again():
            self._happen(life, *coming)
        self._deliver(life, until)
        if (plan := self._asks_again()) and plan.at < until and self.place.case not in self._closed():
            life.reconsidered = True
            shortfall = life.asked - (life.granted or 0)
            self._live(plan.at, until, asked=min(shortfall, self.place.terms.maximum), move="reconsider")

    def _asks_again(self) -> Plan | None:
        return self.plan if self.plan and self.plan.move == "reconsider" else None

    def _happen(self, life: Life, now: datetime, what: str) -> None:
        if what == "plan" and self.plan is not None:
            plan, self.plan = self.plan, None
            self._act(life, plan)
        elif what in {"withdraw", "close_case"}:
            self.last_word = None
            if life.status in OPEN:
                self._act(life, Plan(now, what, "staff" if what == "close_case" else "consultant"))
        elif what == "release":
            life.release_due = None
            life.release(now)
        else:
            life.watch(now, what)
        self._relay(life, now)
        if self.plan is None or life.status != self.plan.status:
            self.plan = next_plan(life, now, self.dice)

    def _closed(self) -> set[str]:
        return {act.case for act in self.acts if act.move == "close_case"}

    def _last_word(self, start: datetime) -> tuple[datetime, str] | None:
        """Now and then a request is taken back, or its case closes."""
        luck = self.dice.random()
        if luck > 0.08:
            return None
        at = moment_after(start, self.dice.uniform(1, 300) * HOUR, self.dice)
        return at, "close_case" if luck < 0.03 else "withdraw"

    def _coming(self, life: Life) -> tuple[datetime, str] | None:
        coming = [(at, kind) for kind, clock in life.clocks.items() if (at := clock.next())]
        if life.release_due is not None and life.status == "ORGANISATION_REVIEW":
            coming.append((life.release_due, "release"))
        if self.plan is not None:
            coming.append((self.plan.at, "plan"))
        if self.last_word is not None:
            coming.append(self.last_word)
        return min(coming, default=None)

    def _act(self, life: Life, plan: Plan) -> None:
        who = plan.who
        if who == "consultant" and plan.move in {"answer_details", "draft_answer"} and self._gone(plan.at):
            who = "manager"
        self._note(plan.at, plan.move, who, plan.options, request=len(self.lives) - 1)
        if plan.move == "close_case":
            life.end(plan.at, "CANCELLED")
        else:
            granted = sum(each.granted or 0 for each in self.lives)
            total = max(self.place.entitled + granted, 1) + life.asked
            apply(life, plan.move, plan.at, total=total, **plan.options)

    def _note(self, at: datetime, move: str, who: str, options: dict[str, Any], *, request: int | None = None) -> None:
        place = len(self.lives) if request is None else request
        self.acts.append(Done(at, self.place.case, place, move, who, options))

    def _relay(self, life: Life, now: datetime) -> None:
        """Have the outcome's mails taken at once; a client who is not written to gets none."""
        if life.status in {"APPROVED", "DECLINED"} and not life.relayed:
            life.mailed(now, "OUTCOME_CONSULTANT", "ACCEPTED")
            life.mailed(now, "OUTCOME_CLIENT", "ACCEPTED" if self.place.client_is_written_to else "SUPPRESSED")

    def _gone(self, at: datetime) -> bool:
        return self.place.consultant_leaves is not None and self.place.consultant_leaves <= at

    def _deliver(self, life: Life, until: datetime) -> None:
        """Note the mails that are sent: each at its moment, to whoever it is to by then."""
        place = self.place
        at_once = {mail.at for mail in life.mails if mail.kind == "OUTCOME_CLIENT" and life.decided_by_rule}
        for mail in life.mails:
            overtaken = mail.kind == "RECEIVED" and mail.at in at_once  # the outcome says it better
            unwritten = mail.kind == "OUTCOME_CLIENT" and not place.client_is_written_to
            if mail.at < until and not overtaken and not unwritten:
                gone = mail.to == place.company.consultant and self._gone(mail.at)
                self.sent.append(Owed(mail.kind, place.manager if gone else mail.to, mail.at))


def moment_after(start: datetime, delay: timedelta, dice: Random) -> datetime:
    """Return about so much later, at a second at which no clock strikes."""
    return (start + delay).replace(second=dice.randint(5, 55), microsecond=0)
