"""A demo's way to sign in: everybody who was made up for it, by role, and no password."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final, NamedTuple
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from api.credentials import OwnPages
from api.page_templates import STYLE, page, style
from api.sign_in.demo_accounts import DemoAccount
from api.sign_in.next_page import local_path
from api.sign_in.openid import SignInFailed
from api.sign_in.pages import SIGN_IN, Door, for_people
from models.rules.vocabulary import Role

_LONGEST_FORM: Final = 4_096
_FORM: Final = "application/x-www-form-urlencoded"
_ROLES: Final = {
    Role.ORG_REVIEWER: ("Reviewers at organisations", "They decide about extra sessions, and never learn for whom."),
    Role.CONSULTANT: ("Consultants", "They see clients, and ask for extra sessions."),
    Role.PRACTICE_MANAGER: ("Practice managers", "They see to their practice's requests."),
    Role.CLINICAL_REVIEWER: ("Clinical reviewers", "They judge, inside the provider, what is clinical."),
    Role.PROVIDER_STAFF: ("Provider staff", "They keep everything moving."),
}
"""Whoever a person can be; machines have tokens."""

ListAccounts = Callable[[], Awaitable[Iterable[DemoAccount]]]


class _Group(NamedTuple):
    title: str
    about: str
    accounts: list[DemoAccount]


class DemoPages:
    """Only a demo has them: everybody is let in as anybody."""

    def __init__(self, list_accounts: ListAccounts, door: Door, pages: OwnPages) -> None:
        self._list_accounts = list_accounts
        self._door = door
        self._pages = pages

    def routes(self) -> tuple[BaseRoute, ...]:
        return (
            Route(SIGN_IN, for_people(self._show), methods=["GET"]),
            Route(SIGN_IN, for_people(self._choose), methods=["POST"]),
            Route(STYLE, style, methods=["GET"]),
        )

    async def _show(self, request: Request) -> Response:
        groups = _grouped(await self._list_accounts())
        next_page = local_path(request.query_params.get("next", ""))
        signed_out = "signed-out" in request.query_params
        return page("sign_in.html", form=True, groups=groups, next=next_page, signed_out=signed_out)

    async def _choose(self, request: Request) -> Response:
        if not self._pages.are_asking(request, must_say=True):  # else another could sign somebody in as whom it likes
            raise SignInFailed("That came from a page of somebody else's. Nobody was signed in.", 403)
        self._door.knock(request)
        form = await _read_form(request)
        account = form.get("account", "")
        return await self._door.let_in(request, account if account.isprintable() else "", form.get("next", ""))


def _grouped(accounts: Iterable[DemoAccount]) -> list[_Group]:
    by_role: dict[Role, list[DemoAccount]] = {role: [] for role in _ROLES}
    for account in accounts:
        if account.actor.role in by_role:
            by_role[account.actor.role].append(account)
    for group in by_role.values():
        group.sort(key=lambda account: (account.place, account.sign_in_name))
    return [_Group(*_ROLES[role], group) for role, group in by_role.items() if group]


async def _read_form(request: Request) -> Mapping[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise SignInFailed("That was not the form of this page. Nobody was signed in.", 415)
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST_FORM:
            raise SignInFailed("That was longer than the form of this page. Nobody was signed in.", 413)
    return {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
