"""A year in a few minutes: a clock that jumps to whatever comes next, an act of somebody's or a job that is due."""

import asyncio
import gc
import hashlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from random import Random
from typing import Any

import orjson

from jobs.actors import ACTORS
from models.database import Database
from models.job_queue import Claim
from models.keyring import Keyring
from tests.clock import FixedClock
from tests.jobs.workshop import surroundings
from tests.life.moves import Doing
from tests.life.population import ARRIVALS, BEGIN, END, Population, a_population
from tests.life.records import Records, Row, moment, records_of
from tests.life.scripts import Done, Script, moment_after
from tests.life.straight import straight

_RUN = {spec.name: spec.run for spec in ACTORS}
_LEASE = timedelta(minutes=5)
Sent = tuple[str, str, datetime]
"""What was sent, to whom, in which minute."""


class Inline(ThreadPoolExecutor):
    """Does at once, in the loop's own thread, what was to be done in another."""

    def submit(self, call: Any, /, *args: Any, **named: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(call(*args, **named))
        except Exception as fault:  # noqa: BLE001 - whoever waits for it gets it
            done.set_exception(fault)
        return done


@dataclass
class Postbox:
    """Stands in for the mail server: keeps each message's id and recipient, and the moment at which it came."""

    clock: FixedClock
    came: list[tuple[str, str, datetime]] = field(default_factory=list)

    async def send(self, message: EmailMessage, *, token: str) -> None:
        del token
        self.came.append((str(message["Message-ID"])[1:33], str(message["To"]), self.clock.now()))

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class Year:
    database: Database
    clock: FixedClock
    records: Records
    population: Population
    scripts: list[Script]
    postbox: Postbox
    requests: dict[str, list[str]] = field(default_factory=dict)
    """Of each case, its requests' ids in the order in which they were submitted."""
    ran: Counter[str] = field(default_factory=Counter)

    async def live(self) -> None:
        """Let all acts happen and all jobs run, each at its moment."""
        doing = Doing(self.database, self.clock)
        acts = sorted((act for script in self.scripts for act in script.acts), key=lambda act: (act.at, act.case))
        leaving = sorted(self.population.leavers.items(), key=lambda each: each[1])
        for act in acts:
            while leaving and leaving[0][1] < act.at:
                consultant, at = leaving.pop(0)
                await self.work_until(at)
                self.records.do("UPDATE consultant SET left_on = ? WHERE id = ?", at.date().isoformat(), consultant)
            await self.work_until(act.at)
            self.clock.set(act.at)
            await self._act(doing, act)
            self.ran[act.move] += 1
        await self.work_until(END)

    async def _act(self, doing: Doing, act: Done) -> None:
        by = self.population.actors[act.case][act.who]
        if act.move == "close_case":
            await doing.close_case(by, act.case)
        elif act.move == "submit":
            view = await doing.submit(by, self.population.appointments[act.case], **act.options)
            self.requests.setdefault(act.case, []).append(view.id)
        else:
            view = await doing.move(act.move, by, self.requests[act.case][-1], **act.options)
            if act.move == "reconsider":
                self.requests[act.case].append(view.id)

    async def work_until(self, moment_: datetime) -> None:
        """Run every job that is due before this moment, each at its own."""
        context = replace(surroundings(self.database, self.clock), mailer=self.postbox)
        while (first := self._next_at()) is not None and first < moment_:
            self.clock.set(max(first, self.clock.now()))
            for job in self._due():
                args = orjson.loads(job["args"]) if isinstance(job["args"], str) else job["args"]
                await _RUN[job["actor"]](replace(context, claim=self._claim(job, args)), **args)
                self._acknowledge(job)
                self.ran[job["actor"]] += 1

    def _next_at(self) -> datetime | None:
        found = self.records.ask(
            "SELECT run_at FROM job WHERE queue = 'default' AND state = 'READY' ORDER BY run_at LIMIT 1"
        )
        return moment(found[0]["run_at"]) if found else None

    def _due(self) -> list[Row]:
        waiting = "SELECT * FROM job WHERE queue = 'default' AND state = 'READY' AND run_at <= ?"
        return self.records.ask(f"{waiting} ORDER BY priority, run_at, id", self._text(self.clock.now()))

    def _claim(self, job: Row, args: dict[str, str]) -> Claim:
        token, lease = f"tok_{job['id']}", self._text(self.clock.now() + _LEASE)
        taken = "UPDATE job SET state = 'RUNNING', token = ?, lease_until = ?, attempts = attempts + 1 WHERE id = ?"
        self.records.do(taken, token, lease, job["id"])
        made = moment(job["created_at"])
        return Claim(job["id"], token, job["queue"], job["actor"], args, 1, job["max_attempts"], made)

    def _acknowledge(self, job: Row) -> None:
        """End it, if its operation did not: a broker does so after each run."""
        ended = "UPDATE job SET state = 'DONE', token = NULL, lease_until = NULL, finished_at = ?"
        self.records.do(
            f"{ended} WHERE id = ? AND token = ?", self._text(self.clock.now()), job["id"], f"tok_{job['id']}"
        )

    @staticmethod
    def _text(at: datetime) -> str:
        return at.isoformat(timespec="microseconds")

    def sent(self) -> Counter[Sent]:
        """Return what came out, by the kind that its row has."""
        kinds = {
            hashlib.sha256(b"mail\0" + row["id"].encode()).hexdigest()[:32]: row["kind"]
            for row in self.records.ask("SELECT id, kind FROM mail")
        }
        return Counter((kinds[digest], to, at.replace(second=0, microsecond=0)) for digest, to, at in self.postbox.came)

    def expected(self) -> Counter[Sent]:
        mails = (mail for script in self.scripts for mail in script.sent)
        return Counter((mail.kind, mail.to, mail.at.replace(second=0, microsecond=0)) for mail in mails)

    def states(self) -> Counter[tuple[str, str]]:
        rows = self.records.ask("SELECT case_id, status FROM extra_sessions_request")
        return Counter((row["case_id"], row["status"]) for row in rows)

    def expected_states(self) -> Counter[tuple[str, str]]:
        return Counter((script.place.case, life.status) for script in self.scripts for life in script.lives)


def write_scripts(population: Population, seed: int) -> Iterator[Script]:
    dice = Random(seed)
    for place in population.places:
        own = Random(dice.random())
        start = moment_after(BEGIN, own.random() * ARRIVALS, own)
        yield Script(place, own).write(start, END)


@contextmanager
def a_year(url: str, keyring: Keyring, *, cases: int, seed: int) -> Iterator[tuple[asyncio.Runner, Year]]:
    with asyncio.Runner() as runner, records_of(url) as records:
        runner.get_loop().set_default_executor(Inline())
        gc.disable()  # next to nothing is in circles here, and looking for it takes a tenth of the time
        database, clock = Database.open(straight(url), keyring), FixedClock(BEGIN - timedelta(days=1))
        try:
            population = runner.run(a_population(database, clock, cases=cases, seed=seed))
            scripts = list(write_scripts(population, seed))
            yield runner, Year(database, clock, records, population, scripts, Postbox(clock))
        finally:
            gc.enable()
            runner.run(database.close())
