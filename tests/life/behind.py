"""What happens behind the moves: due jobs run, mails end, appointments change, people leave or prove to be clients."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson

from jobs.actor import JobContext
from jobs.match_accounts import match_accounts
from jobs.release_request import release_request
from jobs.watch_deadline import watch_deadline
from models.ids import new_id
from models.job_queue import Claim
from models.operations.match_accounts import owe_matching
from models.operations.record_mail import MailOutcome, RecordMail, record_mail
from tests.jobs.workshop import surroundings
from tests.life.knowing import live
from tests.life.law import OPEN
from tests.life.play import Play
from tests.life.records import Row, moment

ACTORS = {each.name: each for each in (match_accounts, release_request, watch_deadline)}
"""The jobs that move a request; mails are ended by hand."""
_SOON = timedelta(minutes=5)


def due_jobs(play: Play) -> list[Row]:
    found = [
        job
        for job in play.rows["job"]
        if job["state"] == "READY" and job["actor"] in ACTORS and moment(job["run_at"]) <= play.now
    ]
    return sorted(found, key=lambda job: (job["priority"], moment(job["run_at"]), job["actor"], _about(play, job)))


def _about(play: Play, job: Row) -> tuple[int, str]:
    """Return what a job is about in words that are the same in each run of the same play."""
    args = _args(job)
    if "organisation_id" in args:
        return [*play.known.cast.organisations.values()].index(args["organisation_id"]), ""
    if "request_id" in args:
        return play.known.place(args["request_id"]), ""
    (row,) = [each for each in play.rows["deadline"] if each["id"] == args["deadline_id"]]
    return play.known.place(row["request_id"]), row["kind"] + str(row["due_at"])


def _args(job: Row) -> dict[str, str]:
    found: dict[str, str] = orjson.loads(job["args"]) if isinstance(job["args"], str) else job["args"]
    return found


def tasks(play: Play) -> list[Row]:
    """Return every task, in such an order too."""
    return sorted(
        play.rows["staff_task"],
        key=lambda row: (play.known.place(row["request_id"]), row["kind"], moment(row["created_at"]), row["state"]),
    )


def mails(play: Play) -> list[Row]:
    """Return every mail, in an order that is the same in each run of the same play."""
    names = {actor.account_id: name for name, actor in play.known.cast.people.items()}
    return sorted(
        play.rows["mail"],
        key=lambda row: (
            play.known.place(row["request_id"]),
            row["kind"],
            names.get(row["account_id"], ""),
            moment(row["created_at"]),
        ),
    )


async def run_due(play: Play, most: int = 50) -> int:
    """Run what is due, also what that leads to; return how many."""
    ran = 0
    while ran < most and (jobs := due_jobs(play)):
        await run(play, jobs[0])
        ran += 1
    return ran


async def run(play: Play, job: Row) -> None:
    """Claim one job, run its actor, and do the same to the life by the book."""
    args = _args(job)
    play.history.append(f"{play.now} job {job['actor']}")
    foretell(play, job["actor"], args)
    context = surroundings(play.doing.database, play.clock)
    await ACTORS[job["actor"]].run(_claimed(play, job, args, context), **args)
    play.count.add("jobs run", job["actor"])
    play.settle()


def _claimed(play: Play, job: Row, args: dict[str, str], context: JobContext) -> JobContext:
    token, lease = new_id("tok"), (play.now + _SOON).isoformat(timespec="microseconds")
    taken = "UPDATE job SET state = 'RUNNING', token = ?, lease_until = ?, attempts = attempts + 1 WHERE id = ?"
    play.records.do(taken, token, lease, job["id"])
    claim = Claim(job["id"], token, job["queue"], job["actor"], args, 1, job["max_attempts"], moment(job["created_at"]))
    return replace(context, claim=claim)


def foretell(play: Play, actor: str, args: dict[str, str]) -> None:
    known = play.known
    if actor == "watch_deadline":
        (row,) = [each for each in play.rows["deadline"] if each["id"] == args["deadline_id"]]
        if live(row):
            known.by_id(row["request_id"]).life.watch(play.now, row["kind"])
    elif actor == "release_request":
        told = known.by_id(args["request_id"])
        if told.life.status == "ORGANISATION_REVIEW" and not (told.life.released or told.life.withheld):
            told.life.matched = told.case in known.matching
            told.life.release(play.now)
    else:
        for told in known.told:
            of = known.cast.cases[told.case]
            if of.organisation_id == args["organisation_id"] and told.life.status in OPEN:
                told.life.matched = told.case in known.matching


async def end_mail(play: Play, mail: Row, outcome: str) -> None:
    told = play.known.by_id(mail["request_id"])
    play.history.append(f"{play.now} mail {mail['kind']} {outcome}")
    ends = {each for each in ("accepted", "suppressed", "rejected") if mail[f"{each}_at"] is not None}
    if not ends or (ends == {"accepted"} and outcome == "REJECTED"):  # a bounce
        told.life.mailed(play.now, mail["kind"], outcome)
    command = RecordMail(mail_id=mail["id"], outcome=MailOutcome(outcome))
    await record_mail(command, **play.doing.surroundings)
    play.count.add("mails ended", outcome)
    play.settle()


def book(play: Play, case: str, number: int, status: str) -> None:
    """Let an appointment's status change, as an import brings it."""
    appointments = play.known.appointments[case]
    appointment = anything(
        [each for booked in play.known.cast.cases[case].appointments.values() for each in booked], number
    )
    appointments[appointment] = status
    play.records.do("UPDATE appointment SET status = ? WHERE id = ?", status, appointment)
    play.settle()


def leave(play: Play, consultant: str) -> None:
    play.known.left.add(consultant)
    day = play.now.date().isoformat()
    play.records.do("UPDATE consultant SET left_on = ? WHERE id = ?", day, play.actor(consultant).consultant_id)
    play.settle()


async def recognise(play: Play, case: str, *, matches: bool) -> None:
    """Let an account of the employer's turn out to be the client's own, or no longer, and owe the look at it."""
    of = play.known.cast.cases[case]
    found = play.records.ask("SELECT email_index FROM client_identity WHERE client_id = ?", of.client_id)
    reviewer = play.actor(f"reviewer of {of.employer}").account_id
    matched = found[0]["email_index"] if matches else None
    play.records.do("UPDATE account SET phone_index = NULL, email_index = ? WHERE id = ?", matched, reviewer)
    others = {each for each in play.known.matching if play.known.cast.cases[each].employer == of.employer}
    play.known.matching = play.known.matching - others | ({case} if matches else set())
    async with play.doing.database.transaction() as session:
        owe_matching(session, {of.organisation_id}, at=play.now)
    play.settle()


def anything(rows: list[Any], number: int) -> Any:
    return rows[number % len(rows)]
