"""Draws steps: moves by everybody, allowed and forbidden, time that passes either way, and what goes on behind."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.life import behind
from tests.life.cast import CASES
from tests.life.knowing import Told
from tests.life.law import MOVES
from tests.life.play import Play

STARTS = (
    datetime(2026, 4, 1, 0, 30, tzinfo=UTC),  # Easter and the end of daylight saving are near
    datetime(2026, 8, 6, 23, 10, tzinfo=UTC),
    datetime(2026, 9, 24, 4, 59, tzinfo=UTC),
    datetime(2026, 12, 21, 1, 0, tzinfo=UTC),
)
HOUR = timedelta(hours=1)
LITTLE = (timedelta(minutes=1), timedelta(minutes=40), 3 * HOUR, 8 * HOUR)
MUCH = (24 * HOUR, 72 * HOUR, 168 * HOUR, 400 * HOUR)
BACK = (timedelta(seconds=1), HOUR, 24 * HOUR)
NAMES = [case for case, *_ in CASES]

numbers = st.integers(0, 10_000)
moves = st.sampled_from([move for move in MOVES if move != "close_case"])


class Lives(RuleBasedStateMachine):
    """Synchronous, as Hypothesis has it; what it calls runs on a loop of its own."""

    runner: asyncio.Runner
    begin: Callable[[datetime], Play]
    play: Play

    @initialize(start=st.sampled_from(STARTS))
    def start(self, start: datetime) -> None:
        self.play = type(self).begin(start)
        self.people = sorted(self.play.known.cast.people)

    def run(self, call: Any) -> None:
        self.runner.run(call)

    @rule(case=st.sampled_from(NAMES), number=numbers, asked=st.integers(1, 3))
    def submit_by_a_consultant(self, case: str, number: int, asked: int) -> None:
        consultants = sorted(self.play.known.cast.cases[case].appointments)
        who = behind.anything(consultants, number)
        self.run(self.play.submit(who, case, sessions_requested=asked))

    @rule(case=st.sampled_from(NAMES), number=numbers)
    def submit_by_anybody(self, case: str, number: int) -> None:
        self.run(self.play.submit(behind.anything(self.people, number), case))

    @rule(move=moves, number=numbers, which=numbers)
    def move_by_anybody(self, move: str, number: int, which: int) -> None:
        if told := self._told(which):
            self.run(self.play.move(move, behind.anything(self.people, number), told))

    @rule(number=numbers, which=numbers, fewer=st.booleans())
    def move_that_is_allowed(self, number: int, which: int, *, fewer: bool) -> None:
        self._allowed(number, which, fewer=fewer)

    @rule(case=st.sampled_from(NAMES), number=numbers)
    def a_case_goes_on(self, case: str, number: int) -> None:
        self._lead_on(case, number)

    @rule(case=st.sampled_from(NAMES[:3]), numbers=st.lists(numbers, min_size=2, max_size=4))
    def a_case_goes_on_for_long(self, case: str, numbers: list[int]) -> None:
        for number in numbers:
            self._lead_on(case, number)

    def _lead_on(self, case: str, number: int) -> None:
        """Take a case's request one move further, or submit a new one; wait for the release where that comes first."""
        told = self.play.known.open_on(case)
        if told is None:
            who = behind.anything(sorted(self.play.known.cast.cases[case].appointments), number)
            self.run(self.play.submit(who, case, sessions_requested=1 + number % 3))
            return
        release = told.life.release_due
        if release and not (told.life.released or told.life.withheld):
            self._at(max(release, self.play.now))
            self.run(behind.run_due(self.play))
        ways = [(move, who) for move, who in self._ways(told) if move not in {"withdraw", "revise"}]
        if ways:
            move = behind.anything(sorted({move for move, _ in ways}), number)
            who = behind.anything([who for each, who in ways if each == move], number // 7)
            self.run(self.play.move(move, who, told))

    def _allowed(self, number: int, which: int, *, fewer: bool) -> None:
        if (told := self._told(which)) and (ways := self._ways(told)):
            move = behind.anything(sorted({move for move, _ in ways}), number)
            who = behind.anything([who for each, who in ways if each == move], number // 7)
            if move == "withdraw" and number % 4:
                return
            self.run(self.play.move(move, who, told, **(self._fewer(move) if fewer else {})))

    @rule(number=numbers, which=numbers)
    def move_on_a_stale_version(self, number: int, which: int) -> None:
        if told := self._told(which):
            ways = [way for way in self._ways(told) if way[0] != "reconsider"]
            if ways:
                move, who = behind.anything(ways, number)
                self.run(self.play.move(move, who, told, expected_version=99))

    @rule(case=st.sampled_from(NAMES), number=numbers)
    def close_a_case(self, case: str, number: int) -> None:
        if number % 4 == 0:
            self.run(self.play.close_case(behind.anything([*self.people, *["staff"] * 20], number // 4), case))

    @rule(number=numbers, which=numbers)
    def a_task_is_completed(self, number: int, which: int) -> None:
        tasks = behind.tasks(self.play)
        if tasks:
            who = behind.anything([*self.people, *["staff"] * 20], number)
            self.run(self.play.complete_task(who, behind.anything(tasks, which)))

    @rule(length=st.sampled_from((*LITTLE, *LITTLE, *MUCH)))
    def time_passes(self, length: timedelta) -> None:
        self._at(self.play.now + length)

    @rule(length=st.sampled_from(BACK))
    def the_clock_goes_back(self, length: timedelta) -> None:
        self._at(self.play.now - length)

    @rule(number=numbers, past=st.sampled_from((0, 0, 1, 1, 30)))
    def until_a_deadline(self, number: int, past: int) -> None:
        """Go exactly to a deadline that is still to come, or a second past it, or half a minute."""
        dues = sorted(clock.due for told in self.play.known.told for clock in told.life.clocks.values())
        if dues := [due for due in dues if due > self.play.now]:
            self._at(behind.anything(dues[:3], number) + timedelta(seconds=past))

    @rule()
    def due_jobs_run(self) -> None:
        self.run(behind.run_due(self.play))

    @rule()
    def the_jobs_catch_up(self) -> None:
        self.run(behind.run_due(self.play))

    @rule()
    def one_job_runs(self) -> None:
        self.run(behind.run_due(self.play, most=1))

    @rule(number=numbers, outcome=st.sampled_from(("ACCEPTED", "ACCEPTED", "SUPPRESSED", "REJECTED")))
    def a_mail_ends(self, number: int, outcome: str) -> None:
        if self.play.rows["mail"]:
            self.run(behind.end_mail(self.play, behind.anything(behind.mails(self.play), number), outcome))

    @rule(
        case=st.sampled_from(NAMES), number=numbers, status=st.sampled_from(("COMPLETED", "CANCELLED", "NOT_ATTENDED"))
    )
    def an_appointment_changes(self, case: str, number: int, status: str) -> None:
        behind.book(self.play, case, number, status)

    @rule(consultant=st.sampled_from(("ada", "cy")))
    def a_consultant_leaves(self, consultant: str) -> None:
        behind.leave(self.play, consultant)

    @rule(case=st.sampled_from(NAMES), matches=st.booleans())
    def an_account_turns_out_to_be_the_client(self, case: str, *, matches: bool) -> None:
        self.run(behind.recognise(self.play, case, matches=matches))

    def _at(self, moment: datetime) -> None:
        self.play.clock.set(moment)
        self.play.history.append(f"{moment} now")
        self.play.count.add("steps")

    def _told(self, which: int) -> Told | None:
        """Prefer the latest request of a case: the others have ended."""
        known = self.play.known
        latest = [known.of_case(case)[-1] for case in NAMES if known.of_case(case)]
        told = [*latest * 4, *known.told]
        return behind.anything(told, which) if told else None

    def _ways(self, told: Told) -> list[tuple[str, str]]:
        return [
            (move, who)
            for move in MOVES
            if move != "close_case"
            for who in self.people
            if self.play.foretold(move, who, told) is None
        ]

    @staticmethod
    def _fewer(move: str) -> dict[str, int]:
        fewer = {"approve": "sessions_granted", "endorse": "sessions_endorsed", "revise": "sessions_requested"}
        return {fewer[move]: 1} if move in fewer else {}
