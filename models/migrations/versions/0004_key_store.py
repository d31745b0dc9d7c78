"""Clients' keys move to a store of their own; clients can be erased."""

import sqlalchemy as sa
from alembic import context, op

from models.migrations.moving_keys import move_rows
from models.tables import types

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    move_rows(op.get_bind(), context.config.attributes.get("key_store_url"), back=False)
    op.drop_table("client_key")
    op.create_table(
        "deployment",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key_store", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployment")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("client", schema=None) as batch_op:
        batch_op.add_column(sa.Column("erased_at", types.Moment(), nullable=True))
        batch_op.create_index(batch_op.f("ix_client_erased_at"), ["erased_at"], unique=False)
    with op.batch_alter_table("extra_sessions_request", schema=None) as batch_op:
        batch_op.alter_column("clinical_sealed", existing_type=sa.LargeBinary(), nullable=True)


def downgrade() -> None:
    with op.batch_alter_table("extra_sessions_request", schema=None) as batch_op:
        batch_op.alter_column("clinical_sealed", existing_type=sa.LargeBinary(), nullable=False)
    with op.batch_alter_table("client", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_client_erased_at"))
        batch_op.drop_column("erased_at")
    op.drop_table("deployment")
    op.create_table(
        "client_key",
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("master_version", sa.Integer(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_client_key_client_id")),
        sa.PrimaryKeyConstraint("client_id", "version", name=op.f("pk_client_key")),
        sqlite_strict=True,
    )
    move_rows(op.get_bind(), context.config.attributes.get("key_store_url"), back=True)
