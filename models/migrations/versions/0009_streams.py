"""Events of cases and appointments stand in the log too, and each says which organisation sees it, and what it is about."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# As in 0003. A server of the version before names no organisation: it is looked up.
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
        INSERT INTO event (seq, hash, entry, type, request_id, occurred_at, occurred_on, organisation_sees{columns})
        VALUES (last_seq, last_hash, entry, fields->>'type', fields->>'request_id',
                (fields->>'occurred_at')::timestamptz, (fields->>'occurred_on')::date,
                (fields->>'organisation_sees')::boolean{values});
    END LOOP;
    UPDATE event_head SET seq = last_seq, hash = last_hash WHERE id = 1;
END $$
"""
_FOUND_BY = {"request": "request_id", "case": "case_id", "organisation": "organisation_id"}
_NEW = ", case_id, appointment_id, detail, organisation_id"
_VALUES = """,
                fields->>'case_id', fields->>'appointment_id', fields->>'detail',
                CASE WHEN (fields->>'organisation_sees')::boolean THEN coalesce(fields->>'organisation_id', (
                    SELECT organisation_id FROM extra_sessions_request WHERE id = fields->>'request_id')) END"""


def upgrade() -> None:
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.alter_column("request_id", existing_type=sa.Text(), nullable=True)
        for name in ("case_id", "appointment_id", "organisation_id", "detail"):
            batch_op.add_column(sa.Column(name, sa.Text(), nullable=True))
    op.execute(
        "UPDATE event SET organisation_id = (SELECT organisation_id FROM extra_sessions_request"
        " WHERE extra_sessions_request.id = event.request_id) WHERE organisation_sees"
    )
    op.drop_index("ix_event_request", table_name="event")
    for name, column in _FOUND_BY.items():
        only = sa.text(f"{column} IS NOT NULL")
        found_by = [column, "seq"]
        op.create_index(f"ix_event_{name}", "event", found_by, sqlite_where=only, postgresql_where=only)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_APPEND.format(columns=_NEW, values=_VALUES))


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_APPEND.format(columns="", values=""))
    for name in _FOUND_BY:
        op.drop_index(f"ix_event_{name}", table_name="event")
    op.create_index("ix_event_request", "event", ["request_id", "seq"])
    with op.batch_alter_table("event", schema=None) as batch_op:
        for name in ("case_id", "appointment_id", "organisation_id", "detail"):
            batch_op.drop_column(name)
        batch_op.alter_column("request_id", existing_type=sa.Text(), nullable=False)
