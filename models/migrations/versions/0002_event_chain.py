"""The head of the event chain, and PostgreSQL's function that appends to it."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Numbers, hashes and inserts in one call, so that the head row's lock is held for one round trip alone.
_APPEND = """
CREATE FUNCTION append_events(entries text[]) RETURNS void LANGUAGE plpgsql AS $$
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
        INSERT INTO event (seq, hash, entry, type, request_id, occurred_at, organisation_sees)
        VALUES (last_seq, last_hash, entry, fields->>'type', fields->>'request_id',
                (fields->>'occurred_at')::timestamptz, (fields->>'organisation_sees')::boolean);
    END LOOP;
    UPDATE event_head SET seq = last_seq, hash = last_hash WHERE id = 1;
END $$
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_APPEND)
        op.execute(r"INSERT INTO event_head (id, seq, hash) VALUES (1, 0, decode(repeat('00', 32), 'hex'))")
    else:
        op.execute("INSERT INTO event_head (id, seq, hash) VALUES (1, 0, zeroblob(32))")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION append_events(text[])")
    op.execute("DELETE FROM event_head")
