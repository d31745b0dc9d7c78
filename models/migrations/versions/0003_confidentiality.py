"""Days beside moments, whether an account matches the client, and who looked."""

from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

from models.tables import types

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# As in 0002, with the organisation's own day beside the moment.
_APPEND = """
CREATE OR REPLACE FUNCTION append_events(entries text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    last_seq bigint;
    last_hash bytea;
    entry text;
    fields jsonb;
BEGIN
    SELECT seq, hash INTO STRICT last_seq, last_hash FROM event_head WHERE id = 1 FOR UPDATE;
    FOREACH entry IN ARRAY entries LOOP
        last_seq := last_seq + 1;
        last_hash := sha256(last_hash || int8send(last_seq) || convert_to(entry, 'UTF8'));
        fields := entry::jsonb;
        INSERT INTO event (seq, hash, entry, type, request_id, occurred_at{column}, organisation_sees)
        VALUES (last_seq, last_hash, entry, fields->>'type', fields->>'request_id',
                (fields->>'occurred_at')::timestamptz{value}, (fields->>'organisation_sees')::boolean);
    END LOOP;
    UPDATE event_head SET seq = last_seq, hash = last_hash WHERE id = 1;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "access_event",
        sa.Column("seq", types.BigInt, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("hour", types.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_access_event")),
        sa.UniqueConstraint(
            "hour", "account_id", "case_id", "kind", name=op.f("uq_access_event_hour_account_id_case_id_kind")
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_access_event_account", "access_event", ["account_id", "hour", "seq"], unique=False)
    op.create_index("ix_access_event_case", "access_event", ["case_id", "hour", "seq"], unique=False)
    op.create_table(
        "access_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", types.BigInt, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_head")),
        sqlite_strict=True,
    )
    op.add_column("deadline", sa.Column("met_on", types.Day(), nullable=True))
    op.add_column("event", sa.Column("occurred_on", types.Day(), nullable=True))
    op.add_column(
        "extra_sessions_request",
        sa.Column("account_matches_client", types.Flag(), server_default=sa.false(), nullable=False),
    )
    _fill_days()
    if _sqlite():
        op.execute("INSERT INTO access_head (id, seq, hash) VALUES (1, 0, zeroblob(32))")
    else:
        op.execute(r"INSERT INTO access_head (id, seq, hash) VALUES (1, 0, decode(repeat('00', 32), 'hex'))")
        op.execute(_APPEND.format(column=", occurred_on", value=", (fields->>'occurred_on')::date"))


def downgrade() -> None:
    if not _sqlite():
        op.execute(_APPEND.format(column="", value=""))
    op.drop_column("extra_sessions_request", "account_matches_client")
    op.drop_column("event", "occurred_on")
    op.drop_column("deadline", "met_on")
    op.drop_table("access_head")
    op.drop_table("access_event")


def _fill_days() -> None:
    """Give what has happened so far the day that it had where its organisation is."""
    deadline = sa.table(
        "deadline",
        sa.column("id", sa.Text()),
        sa.column("time_zone", sa.Text()),
        sa.column("met_at", types.Moment()),
        sa.column("met_on", types.Day()),
    )
    connection = op.get_bind()
    met = sa.select(deadline.c.id, deadline.c.met_at, deadline.c.time_zone).where(deadline.c.met_at.is_not(None))
    for row in connection.execute(met).all():
        day = row.met_at.astimezone(ZoneInfo(row.time_zone)).date()
        connection.execute(deadline.update().where(deadline.c.id == row.id).values(met_on=day))
    event = sa.table(
        "event",
        sa.column("seq", types.BigInt),
        sa.column("request_id", sa.Text()),
        sa.column("occurred_at", types.Moment()),
        sa.column("occurred_on", types.Day()),
        sa.column("organisation_sees", types.Flag()),
    )
    request = sa.table("extra_sessions_request", sa.column("id", sa.Text()), sa.column("agreement_id", sa.Text()))
    agreement = sa.table("agreement", sa.column("id", sa.Text()), sa.column("time_zone", sa.Text()))
    seen = (
        sa.select(event.c.seq, event.c.occurred_at, agreement.c.time_zone)
        .join(request, request.c.id == event.c.request_id)
        .join(agreement, agreement.c.id == request.c.agreement_id)
        .where(event.c.organisation_sees.is_(True))
    )
    for row in connection.execute(seen).all():
        day = row.occurred_at.astimezone(ZoneInfo(row.time_zone)).date()
        connection.execute(event.update().where(event.c.seq == row.seq).values(occurred_on=day))


def _sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
