"""Signs in whoever asks, by what they bring along."""

from collections.abc import Awaitable, Callable

from starlette.requests import HTTPConnection

from api.auth import Admission
from api.credentials import Credentials, OwnPages
from models.actor import Actor

Admit = Callable[[Credentials], Awaitable[Admission]]


class Reception:
    def __init__(self, admit: Admit, pages: OwnPages) -> None:
        self.admit = admit
        self.pages = pages

    async def admit_request(self, request: HTTPConnection) -> Admission:
        """Raise the refusal of somebody who can't be let in."""
        return await self.admit(self.pages.of_request(request))

    async def actor_of(self, request: HTTPConnection) -> Actor:
        """Return who asks; raise as above."""
        return (await self.admit_request(request)).actor
