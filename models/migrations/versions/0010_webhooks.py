"""Webhooks: where they are sent to and how far, and a staff task that is about one."""

import sqlalchemy as sa
from alembic import op

from models.tables import types

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "webhook_endpoint",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("types", types.Json(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("position_seq", types.BigInt, nullable=True),
        sa.Column("position_at", types.Moment(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", types.Moment(), nullable=True),
        sa.Column("last_failure", sa.Text(), nullable=True),
        sa.Column("created_at", types.Moment(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.CheckConstraint("(failing_since IS NULL) = (failures = 0)", name=op.f("ck_webhook_endpoint_failing")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_webhook_endpoint_account_id")),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_webhook_endpoint_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoint")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("webhook_endpoint", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_webhook_endpoint_account_id"), ["account_id"], unique=False)
        batch_op.create_index(
            "ix_webhook_endpoint_behind",
            ["position_seq"],
            unique=False,
            sqlite_where=sa.text("state = 'ENABLED'"),
            postgresql_where=sa.text("state = 'ENABLED'"),
        )
        batch_op.create_index("ix_webhook_endpoint_listed", ["created_at", "id"], unique=False)

    with op.batch_alter_table("staff_task", schema=None) as batch_op:
        batch_op.add_column(sa.Column("webhook_id", sa.Text(), nullable=True))
        batch_op.alter_column("request_id", existing_type=sa.TEXT(), nullable=True)
        batch_op.create_index(
            "uq_staff_task_open_webhook",
            ["webhook_id"],
            unique=True,
            sqlite_where=sa.text("state = 'OPEN'"),
            postgresql_where=sa.text("state = 'OPEN'"),
        )
        batch_op.create_foreign_key(batch_op.f("fk_staff_task_webhook_id"), "webhook_endpoint", ["webhook_id"], ["id"])
        batch_op.create_check_constraint(
            batch_op.f("ck_staff_task_request"), "(request_id IS NULL) = (kind = 'WEBHOOK_SWITCHED_OFF')"
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_staff_task_webhook"), "(webhook_id IS NULL) = (kind != 'WEBHOOK_SWITCHED_OFF')"
        )


def downgrade() -> None:
    op.execute("DELETE FROM staff_task WHERE request_id IS NULL")
    with op.batch_alter_table("staff_task", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_staff_task_webhook"), type_="check")
        batch_op.drop_constraint(batch_op.f("ck_staff_task_request"), type_="check")
        batch_op.drop_constraint(batch_op.f("fk_staff_task_webhook_id"), type_="foreignkey")
        batch_op.drop_index(
            "uq_staff_task_open_webhook",
            sqlite_where=sa.text("state = 'OPEN'"),
            postgresql_where=sa.text("state = 'OPEN'"),
        )
        batch_op.alter_column("request_id", existing_type=sa.TEXT(), nullable=False)
        batch_op.drop_column("webhook_id")

    with op.batch_alter_table("webhook_endpoint", schema=None) as batch_op:
        batch_op.drop_index("ix_webhook_endpoint_listed")
        batch_op.drop_index(
            "ix_webhook_endpoint_behind",
            sqlite_where=sa.text("state = 'ENABLED'"),
            postgresql_where=sa.text("state = 'ENABLED'"),
        )
        batch_op.drop_index(batch_op.f("ix_webhook_endpoint_account_id"))

    op.drop_table("webhook_endpoint")
