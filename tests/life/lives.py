"""One request's life by the book: what each move and each moment of the clock makes of it, in plain words, no SQL."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from tests.life.almanac import Almanac
from tests.life.law import OPEN
from tests.life.terms import OUTCOMES, REMINDERS, SECOND, Company, Owed, Running, Terms


@dataclass
class Life:
    """The caller has checked that what it calls may happen; every moment is aware."""

    terms: Terms
    company: Company
    asked: int
    status: str = "SUBMITTED"
    offered: int = 0
    granted: int | None = None
    clocks: dict[str, Running] = field(default_factory=dict)
    tasks: set[str] = field(default_factory=set)
    mails: list[Owed] = field(default_factory=list)
    relayed: set[str] = field(default_factory=set)
    reviewed: bool = False
    """Whether a clinical review was needed."""
    release_due: datetime | None = None
    released_at: datetime | None = None
    withheld: bool = False
    matched: bool = False
    questions: int = 0
    asked_on: date | None = None
    drafted: bool = False
    decided_on: date | None = None
    decided_by_rule: bool = False
    reconsideration: bool = False
    reconsidered: bool = False
    escalations: int = 0

    @classmethod
    def begun(cls, terms: Terms, company: Company, asked: int, at: datetime) -> "Life":
        life = cls(terms, company, asked, offered=asked)
        life.clocks["CONFIRMATION"] = Running(at + timedelta(hours=48), at)
        return life

    @property
    def book(self) -> Almanac:
        return self.terms.almanac

    @property
    def released(self) -> bool:
        return self.released_at is not None

    def revise(self, at: datetime, asked: int | None = None) -> None:
        if asked is not None:
            self.asked = self.offered = asked
        since = max(at, self.clocks["CONFIRMATION"].since)
        self.clocks["CONFIRMATION"] = Running(at + timedelta(hours=48), since)

    def confirm(self, at: datetime, total: int) -> None:
        del self.clocks["CONFIRMATION"]
        self.write(at, "RECEIVED", self.company.consultant)
        if total > self.terms.threshold:
            self.reviewed = True
            self.ask_for_details(at)
        else:
            self._enter_review(at)

    def ask_for_details(self, at: datetime) -> None:
        self.status = "AWAITING_DETAILS"
        self.clocks.pop("CLINICAL_REVIEW", None)
        day = self.book.day(at)
        reminder = self.book.at(self.book.step(day, 3), 9)
        self.clocks["DETAILS"] = Running(self.book.due(day, 5), at, (reminder,))
        self.write(at, "DETAILS_NEEDED", self.company.consultant)

    def answer_details(self, at: datetime) -> None:
        self.status = "CLINICAL_REVIEW"
        del self.clocks["DETAILS"]
        self.clocks["CLINICAL_REVIEW"] = Running(self.book.due(self.book.day(at), 5), at)
        self.write(at, "CLINICAL_REVIEW_WAITING", *self.company.clinical)

    def endorse(self, at: datetime, sessions: int | None = None) -> None:
        del self.clocks["CLINICAL_REVIEW"]
        self.offered = sessions or self.asked
        self._enter_review(at)

    def decline_clinically(self, at: datetime) -> None:
        del self.clocks["CLINICAL_REVIEW"]
        self.clocks["RELAY"] = Running(self.book.due(self.book.day(at), 1), at)
        self._outcome(at, "DECLINED")

    def _enter_review(self, at: datetime) -> None:
        self.status = "ORGANISATION_REVIEW"
        today = self.book.day(at)
        self._start_review_clocks(at, self.book.step(today, self.terms.due_days))
        if self.offered <= self.terms.automatic:
            self.decided_by_rule = True
            self.approve(at, self.offered)
            return
        self.release_due = self.book.at(self.book.step(today, 1), 9) if self.terms.batch else at

    def _start_review_clocks(self, at: datetime, due: date) -> None:
        """Nothing is done again that was done: the clock may have been put back since."""
        since = {
            kind: max(at, self.clocks[kind].since) if kind in self.clocks else at for kind in ("DECISION", "RELAY")
        }
        reminders = tuple(self.book.at(self.book.step(due, -days), 9) for days in REMINDERS)
        self.clocks["DECISION"] = Running(self.book.at(due, 17), since["DECISION"], reminders)
        self.clocks["RELAY"] = Running(self.book.due(due, 1), since["RELAY"])

    def release(self, at: datetime) -> None:
        """Do what the release's job does; whether an account matches has been noted before."""
        if self.status != "ORGANISATION_REVIEW" or self.released or self.withheld:
            return
        if self.terms.delegation == "STAFF_INSTEAD" or self.terms.small or self.matched:
            self.withheld = True
            self.open_task(at, "DECISION", "DECISION_NEEDED")
        else:
            self.released_at = at
            self.write(at, "REVIEW_INVITATION", *self.company.reviewers)

    def approve(self, at: datetime, granted: int | None = None) -> None:
        self.granted = self.offered if granted is None else granted
        del self.clocks["DECISION"]
        self._outcome(at, "APPROVED")

    def decline(self, at: datetime) -> None:
        del self.clocks["DECISION"]
        self._outcome(at, "DECLINED")

    def _outcome(self, at: datetime, status: str) -> None:
        self.status = status
        self.decided_on = self.book.day(at)
        self.tasks.discard("DECISION")
        self.write(at, "OUTCOME_CONSULTANT", self.company.consultant)
        self.write(at, "OUTCOME_CLIENT", self.company.client)

    def ask_question(self, at: datetime) -> None:
        self.status = "INFORMATION_REQUESTED"
        self.questions += 1
        self.drafted = False
        self.asked_on = self.book.day(at)
        self.clocks["DECISION"].paused = self.clocks["RELAY"].paused = True
        self.clocks["ANSWER"] = Running(self.book.due(self.asked_on, 5), at)
        self.write(at, "QUESTION_ASKED", self.company.consultant)

    def draft_answer(self, at: datetime) -> None:
        self.drafted = True
        self.open_task(at, "ANSWER_TO_RELEASE", "ANSWER_DRAFTED")

    def resume(self, at: datetime) -> None:
        """Go on with an answer, or without one."""
        assert self.asked_on is not None
        self.status = "ORGANISATION_REVIEW"
        self.tasks.discard("ANSWER_TO_RELEASE")
        del self.clocks["ANSWER"]
        due = self.book.day(self.clocks["DECISION"].due)
        left = max(1, self.book.left(self.asked_on, due))
        self._start_review_clocks(at, self.book.step(self.book.day(at), left))
        self.write(at, "REVIEW_RESUMED", *self.company.reviewers)

    def end(self, at: datetime, status: str) -> None:
        self.status = status
        self.clocks.clear()
        self.tasks &= {"BOUNCED_ADDRESS"}
        if status != "WITHDRAWN":
            self.write(at, status, self.company.consultant)
        if self.released:
            told = self.book.at(self.book.step(self.book.day(at), 1), 9) if self.terms.batch else at
            self.write(told, "REVIEW_ENDED", *self.company.reviewers)

    def mailed(self, at: datetime, kind: str, outcome: str) -> None:
        """Take note of what became of a mail."""
        if outcome == "REJECTED" and kind != "ADDRESS_BOUNCED":
            self.open_task(at, "BOUNCED_ADDRESS", "ADDRESS_BOUNCED")
        if kind not in OUTCOMES:
            return
        if outcome == "ACCEPTED":
            self.relayed.add(kind)
        else:
            self.relayed.discard(kind)
        if "RELAY" not in self.clocks:
            return
        if outcome != "ACCEPTED":
            self.open_task(at, "RELAY", "RELAY_STUCK")
        elif self.relayed == set(OUTCOMES):
            self.confirm_relay()

    def confirm_relay(self) -> None:
        del self.clocks["RELAY"]
        self.tasks.discard("RELAY")

    def watch(self, at: datetime, kind: str) -> None:
        """Do what the clock does about a deadline: the latest moment that has come and was not acted on."""
        clock = self.clocks.get(kind)
        if clock is None or clock.paused:
            return
        come = [moment for moment in clock.moments() if clock.since < moment[0] <= at]
        if not come:
            return
        if kind == "RELAY" and self.status in OPEN:
            clock.look = self.book.due(self.book.day(at), 1) + SECOND  # the decision is late, not its relay
            return
        clock.since, act = come[-1]
        clock.look = None
        if act == "REMIND":
            self._remind(at, kind, clock.since)
        else:
            self._breach(at, kind)

    def _remind(self, at: datetime, kind: str, due: datetime) -> None:
        if kind == "DETAILS":
            self.write(at, "DETAILS_REMINDER", self.company.consultant)
        elif self.released_at is not None and self.book.day(self.released_at) < self.book.day(due):
            self.write(at, "REVIEW_REMINDER", *self.company.reviewers)

    def _breach(self, at: datetime, kind: str) -> None:
        if kind in {"CONFIRMATION", "DETAILS"}:
            self.end(at, {"CONFIRMATION": "EXPIRED", "DETAILS": "LAPSED"}[kind])
        elif kind == "ANSWER":
            self.resume(at)
        elif kind == "RELAY":
            self.open_task(at, "RELAY", "RELAY_STUCK")
        else:
            self.escalations += 1
            if kind == "DECISION" and self.released and self.terms.backup:
                self.write(at, "OVERDUE_BACKUP", self.company.backup)
            self.write(at, "OVERDUE_STAFF", *self.company.staff)

    def open_task(self, at: datetime, kind: str, mail: str) -> None:
        if kind not in self.tasks:
            self.tasks.add(kind)
            self.write(at, mail, *self.company.staff)

    def write(self, at: datetime, kind: str, *to: str) -> None:
        self.mails += [Owed(kind, each, at) for each in to]
