"""What the operator's commands need: machines' tokens, whose database it is, and what a clean-up leaves."""

import sqlalchemy as sa
from alembic import op

from models.tables import types

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_token",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", types.Moment(), nullable=False),
        sa.Column("expires_at", types.Moment(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_token_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_account_token_digest")),
        sqlite_strict=True,
    )
    op.add_column("deployment", sa.Column("is_demo", types.Flag(), nullable=True))
    op.add_column("access_head", sa.Column("cleaned_seq", types.BigInt, nullable=True))
    op.add_column("access_head", sa.Column("cleaned_hash", sa.LargeBinary(), nullable=True))
    done = sa.text("state = 'DONE'")
    op.create_index("ix_job_done", "job", ["finished_at"], unique=False, sqlite_where=done, postgresql_where=done)


def downgrade() -> None:
    op.drop_index("ix_job_done", table_name="job")
    with op.batch_alter_table("access_head", schema=None) as batch_op:
        batch_op.drop_column("cleaned_hash")
        batch_op.drop_column("cleaned_seq")
    with op.batch_alter_table("deployment", schema=None) as batch_op:
        batch_op.drop_column("is_demo")
    op.drop_table("account_token")
