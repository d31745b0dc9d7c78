"""Plays one program in two worlds and says what gives either of them away."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from models.actor import Actor
from models.keyring import Keyring
from tests.confidentiality.findings import Finding, compare
from tests.confidentiality.oracle import Oracle, judge_draws
from tests.confidentiality.play import play, try_forgeries
from tests.confidentiality.plots import Plot
from tests.confidentiality.programs import OPENING, THE_STREAM, Ask, Batch, Follow, Step
from tests.confidentiality.stage import Reset, Stage, a_stage
from tests.confidentiality.tallies import Tally
from tests.confidentiality.tenants import TenantPlot
from tests.confidentiality.traces import jobs_of, labels, listening_to_logs, looked_too_far, search, unreadable
from tests.confidentiality.transcript import Transcript
from tests.confidentiality.worlds import World

DrawnPair = tuple[Plot, tuple[int, int], list[Step]]
"""What is known, each world's seed for what is not, and what happens."""


@dataclass(slots=True)
class Theatre:
    """Two stages, one for each world, kept open for many pairs."""

    stages: tuple[Stage, Stage]
    resets: tuple[Reset, Reset]
    oracle: Oracle = field(default_factory=Oracle)
    tally: Tally = field(default_factory=Tally)
    viewers: dict[str, Actor] = field(default_factory=dict)

    async def perform(self, drawn: DrawnPair) -> list[Finding]:
        """Build both worlds, play the program in each, and return all that can be told from what is left."""
        plot, seeds, steps = drawn
        looking = Ask(plot.opener, 0, OPENING)
        program: list[Step] = [looking, Follow(plot.opener, 0, given=THE_STREAM), *steps, Batch(), looking]
        transcripts, findings = [], []
        for stage, reset, seed, first in zip(self.stages, self.resets, seeds, (True, False), strict=True):
            reset()
            with listening_to_logs() as logged:
                world = await stage.build(plot, seed=seed * 2 + first, first=first)
                transcript = await play(stage, world, program)
                accepted = await try_forgeries(stage, world, transcript)
            self.viewers = world.viewers
            transcripts.append(transcript)
            findings += [Finding("forged cursor", "cursor", f"  {cursor} was taken, altered") for cursor in accepted]
            findings += await self._judge(stage, world, transcript, logged)
            self.tally.count(transcript)
        self.tally.pairs += 1
        return [*compare(*transcripts), *findings]

    async def _judge(self, stage: Stage, world: World, transcript: Transcript, logged: list[str]) -> list[Finding]:
        secrets = world.secrets.values
        said = [entry.said.decode("utf-8", "replace") for entry in transcript.entries]
        found = [
            *search("answer", "transcript", said, secrets),
            *search("log", "logs", logged, secrets),
            *search("metric", "labels", labels(), secrets),
            *search("job", "jobs", await jobs_of(stage.database), secrets),
            *looked_too_far(transcript),
        ]
        if isinstance(world.plot, TenantPlot):
            return found
        contents = {*secrets, *world.requests, *(known.due_at.date().isoformat() for known in world.plot.released)}
        contents |= {known.released_on.isoformat() for known in world.plot.released}
        return [*found, *self.oracle.judge(transcript, contents), *unreadable(transcript)]

    def viewer(self, name: str) -> Actor:
        """Return who a viewer's name stood for when the last pair was performed."""
        return self.viewers[name]

    def judge_draws(self) -> list[Finding]:
        return list(judge_draws(self.stages[0].database))


@asynccontextmanager
async def a_theatre(
    urls: tuple[str, str], keyring: Keyring, resets: tuple[Callable[[], None], Callable[[], None]]
) -> AsyncIterator[Theatre]:
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(a_stage(urls[0], keyring))
        second = await stack.enter_async_context(a_stage(urls[1], keyring))
        yield Theatre((first, second), resets)


def explained(findings: list[Finding]) -> str:
    """Write the first finding in full, and name the others."""
    others = "\n".join(f"  also: [{each.detector}] {each.where}" for each in findings[1:12])
    return f"{len(findings)} differences or traces; the first:\n{findings[0]}\n{others}"
