"""Register a webhook: a machine account's events will be sent to an address of its owner's."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.actor import Actor
from models.clock import Clock
from models.database import Database
from models.event_log import head_of
from models.idempotency import Repeatable, earlier_result, remember
from models.ids import new_id
from models.operations.webhook_view import view_of_webhook
from models.rules.access import check_is_staff
from models.rules.vocabulary import EventType, Role
from models.rules.webhooks import AccountUnfit, WebhookState, check_types, check_url
from models.scope import named
from models.tables import Account, WebhookEndpoint
from models.views.want import Want
from models.views.webhook import WebhookView
from models.webhooks import Target, new_secret, seal_target, shown


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterWebhook:
    url: str
    account: str
    """The machine account's sign-in name."""
    types: tuple[EventType, ...] | None = None
    """None: every type."""
    private: bool = False
    """Whether this deployment lets webhooks go to addresses of its own network."""
    idempotency_key: str | None = None


async def register_webhook(
    command: RegisterWebhook, *, by: Actor, database: Database, clock: Clock, want: Want
) -> WebhookView:
    """Return the webhook with its secret, which is never shown again: a repeated call gives it without. For staff.

    It begins with what happens from now on. Locks the account.
    """
    now = clock.now()
    call = Repeatable("register_webhook", command)
    async with database.transaction() as session:
        check_is_staff(by.role)
        check_url(command.url, private=command.private)
        check_types(command.types)
        account_id = await _lock_machine(session, command.account)
        webhook_id, secret = await earlier_result(session, call, by=by, vault=database.vault), None
        if webhook_id is None:
            webhook_id, secret = new_id("hook"), new_secret()
            head = await head_of(session)
            sealed = seal_target(database.vault, webhook_id, Target(command.url, secret))
            session.add(
                WebhookEndpoint(
                    id=webhook_id,
                    account_id=account_id,
                    sealed=sealed,
                    types=None if command.types is None else [each.value for each in command.types],
                    state=WebhookState.ENABLED,
                    position_seq=head,
                    position_at=now,
                    failures=0,
                    created_at=now,
                    created_by=by.account_id,
                )
            )
            await remember(session, call, webhook_id, by=by, vault=database.vault, at=now)
        view = await view_of_webhook(session, webhook_id, want, by=by, database=database, at=now)
        view.secret = None if secret is None else shown(secret)
        return view


async def _lock_machine(session: AsyncSession, sign_in_name: str) -> str:
    """Raise AccountUnfit for an account that is unknown, disabled or a person's."""
    machine = Account.role == Role.INTEGRATOR, Account.disabled_at.is_(None)
    statement = select(Account.id).where(named(Account.external_id, sign_in_name), *machine).with_for_update()
    account_id: str | None = (await session.execute(statement)).scalar_one_or_none()
    if account_id is None:
        raise AccountUnfit
    return account_id
