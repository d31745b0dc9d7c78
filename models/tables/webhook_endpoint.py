"""Where an integrator's events are sent to, and how far they have been."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.rules.webhooks import WebhookFailure, WebhookState
from models.tables.base import STRICT, Base
from models.tables.types import BigInt, Json, Word

_ENABLED = text("state = 'ENABLED'")


class WebhookEndpoint(Base):
    __tablename__ = "webhook_endpoint"
    __table_args__ = (
        Index("ix_webhook_endpoint_behind", "position_seq", sqlite_where=_ENABLED, postgresql_where=_ENABLED),
        Index("ix_webhook_endpoint_listed", "created_at", "id"),
        CheckConstraint("(failing_since IS NULL) = (failures = 0)", name="failing"),
        STRICT,
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    """A machine account: what is sent is what that account may see at the moment of sending."""
    sealed: Mapped[bytes]
    """The URL, which may hold a token, and the secrets: under the deployment's own keyring, bound to this row."""
    types: Mapped[list[str] | None] = mapped_column(Json)
    """Only events of these types are sent; null is all."""
    state: Mapped[WebhookState] = mapped_column(Word(WebhookState))
    position_seq: Mapped[int | None] = mapped_column(BigInt)
    """Everything up to here has been sent, or was not for this account; null where only a moment is known."""
    position_at: Mapped[datetime]
    failures: Mapped[int]
    """In a row; none once an event is taken over."""
    failing_since: Mapped[datetime | None]
    last_failure: Mapped[WebhookFailure | None] = mapped_column(Word(WebhookFailure))
    """Kept after it has been mended, so that staff can see what it was."""
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(ForeignKey("account.id"))
