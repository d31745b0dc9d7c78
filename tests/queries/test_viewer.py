"""Who is signed in, and where they belong."""

from models.database import Database
from models.queries.people import read_viewer
from models.views.want import asking
from tests.builders import a_world
from tests.clock import FixedClock
from tests.queries.asked import CONSULTANT, PRACTICE, read


async def test_a_viewer_is_told_who_they_are_and_where_they_belong(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    want = asking("name", "role", "time_zone", organisation=asking("id"), practice=PRACTICE, consultant=CONSULTANT)
    for by in world.everybody:
        view = await read(database, clock, by, read_viewer, want)
        assert (view.name, view.role, view.time_zone) == (by.name, by.role, by.time_zone)
        parts = (view.organisation, view.practice, view.consultant)
        assert [part and part.id for part in parts] == [by.organisation_id, by.practice_id, by.consultant_id]
    bare = await read(database, clock, world.consultant, read_viewer, asking("name"))
    assert (bare.organisation, bare.practice, bare.consultant) == (None, None, None)
