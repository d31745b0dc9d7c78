"""Who plays in the demo: the accounts by name, signed in with tokens of the demo's own key."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.exc import DBAPIError

from api.auth import sign_demo_token
from api.demo.party import Party
from api.demo.patience import DemoStopped
from api.keys import open_keyring
from api.settings import Settings
from api.storage import open_database
from models.actor import Actor
from models.clock import Clock
from models.queries.accounts import addresses_of, sign_in_names
from models.rules.vocabulary import Role

_SIGNED_IN_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Cast:
    consultant: Party
    reviewer: Party
    second_reviewer: Party
    clinical_reviewer: Party
    staff: Party
    organisation_addresses: frozenset[str]
    """Where anybody of the reviewers' organisation gets e-mail, its backup reviewer too."""


async def cast(settings: Settings, url: str, clock: Clock) -> Cast:
    """Sign in everybody who plays a part: the reviewer with a colleague who decides too. Raises DemoStopped."""
    keyring = open_keyring(settings)
    database = open_database(settings, keyring)
    try:
        async with database.snapshot() as source:
            accounts = dict(await sign_in_names(source))
            consultant, reviewer = _account(accounts, "consultant"), _account(accounts, "reviewer")
            clinical_reviewer, staff = _account(accounts, "clinical"), _account(accounts, "staff")
            colleague = _colleague(accounts, reviewer)
            addresses = await addresses_of(source, reviewer.organisation_id or "")
    except DBAPIError:
        raise DemoStopped(
            f"There is no demo set in {settings.data_dir}, and the server at {url} works on another folder. Start both "
            "with the same EXTRA_SESSIONS_DATA_DIR."
        ) from None
    finally:
        await database.close()

    def signed_in(actor: Actor) -> Party:
        return Party(actor.name, url, sign_demo_token(keyring, actor.account_id or "", clock, _SIGNED_IN_FOR))

    return Cast(
        consultant=signed_in(consultant),
        reviewer=signed_in(reviewer),
        second_reviewer=signed_in(colleague),
        clinical_reviewer=signed_in(clinical_reviewer),
        staff=signed_in(staff),
        organisation_addresses=addresses,
    )


def _account(accounts: dict[str, Actor], name: str) -> Actor:
    if name not in accounts:
        raise DemoStopped(f"There is no account named {name}: the demo needs the demo set, which `make run` imports.")
    return accounts[name]


def _colleague(accounts: dict[str, Actor], reviewer: Actor) -> Actor:
    for actor in accounts.values():
        same_organisation = actor.organisation_id == reviewer.organisation_id
        if actor.role is Role.ORG_REVIEWER and same_organisation and actor.account_id != reviewer.account_id:
            return actor
    raise DemoStopped(f"{reviewer.name}'s organisation has no second reviewer: the demo needs the demo set.")
