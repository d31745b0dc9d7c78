"""The whole life of a request: clinical review, questions, tasks, and deadlines that are watched."""

import sqlalchemy as sa
from alembic import op

from models.migrations.open_requests import back, bring_to_life
from models.tables import types

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "further_details",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("questionnaire", sa.Text(), nullable=False),
        sa.Column("questions", types.Json(), nullable=False),
        sa.Column("asked_at", types.Moment(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=True),
        sa.Column("answered_at", types.Moment(), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("key_version", sa.Integer(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["answered_by"], ["account.id"], name=op.f("fk_further_details_answered_by")),
        sa.ForeignKeyConstraint(["asked_by"], ["account.id"], name=op.f("fk_further_details_asked_by")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["extra_sessions_request.id"], name=op.f("fk_further_details_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_further_details")),
        sa.UniqueConstraint("request_id", "round", name=op.f("uq_further_details_request_id_round")),
        sqlite_strict=True,
    )
    op.create_table(
        "organisation_question",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_on", types.Day(), nullable=False),
        sa.Column("ended_on", types.Day(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("asked_at", types.Moment(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=True),
        sa.Column("drafted_at", types.Moment(), nullable=True),
        sa.Column("drafted_by", sa.Text(), nullable=True),
        sa.Column("released_by", sa.Text(), nullable=True),
        sa.Column("key_version", sa.Integer(), nullable=True),
        sa.Column("draft_sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("(answer IS NOT NULL) = (state = 'ANSWERED')", name=op.f("ck_organisation_question_answer")),
        sa.ForeignKeyConstraint(["asked_by"], ["account.id"], name=op.f("fk_organisation_question_asked_by")),
        sa.ForeignKeyConstraint(["drafted_by"], ["account.id"], name=op.f("fk_organisation_question_drafted_by")),
        sa.ForeignKeyConstraint(["released_by"], ["account.id"], name=op.f("fk_organisation_question_released_by")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["extra_sessions_request.id"], name=op.f("fk_organisation_question_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_question")),
        sa.UniqueConstraint("request_id", "number", name=op.f("uq_organisation_question_request_id_number")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("organisation_question", schema=None) as batch_op:
        batch_op.create_index(
            "uq_organisation_question_open",
            ["request_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('ASKED', 'DRAFTED')"),
            postgresql_where=sa.text("state IN ('ASKED', 'DRAFTED')"),
        )

    op.create_table(
        "staff_task",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("created_at", types.Moment(), nullable=False),
        sa.Column("ended_at", types.Moment(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.CheckConstraint("(ended_at IS NULL) = (state = 'OPEN')", name=op.f("ck_staff_task_ended_at")),
        sa.ForeignKeyConstraint(["ended_by"], ["account.id"], name=op.f("fk_staff_task_ended_by")),
        sa.ForeignKeyConstraint(["request_id"], ["extra_sessions_request.id"], name=op.f("fk_staff_task_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_task")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("staff_task", schema=None) as batch_op:
        batch_op.create_index("ix_staff_task_queue", ["state", "created_at", "id"], unique=False)
        batch_op.create_index(
            "uq_staff_task_open",
            ["request_id", "kind"],
            unique=True,
            sqlite_where=sa.text("state = 'OPEN'"),
            postgresql_where=sa.text("state = 'OPEN'"),
        )

    with op.batch_alter_table("deadline", schema=None) as batch_op:
        batch_op.add_column(sa.Column("counted_from", types.Day(), nullable=True))
        batch_op.add_column(sa.Column("counted_days", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("acted_until", types.Moment(), nullable=True))
        batch_op.create_check_constraint("counted", "(counted_from IS NULL) = (counted_days IS NULL)")
        batch_op.create_index(
            "ix_deadline_live_due",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("met_at IS NULL AND cancelled_at IS NULL"),
            postgresql_where=sa.text("met_at IS NULL AND cancelled_at IS NULL"),
        )
        batch_op.create_index(
            "uq_deadline_live",
            ["request_id", "kind"],
            unique=True,
            sqlite_where=sa.text("met_at IS NULL AND cancelled_at IS NULL"),
            postgresql_where=sa.text("met_at IS NULL AND cancelled_at IS NULL"),
        )

    with op.batch_alter_table("extra_sessions_request", schema=None) as batch_op:
        batch_op.add_column(sa.Column("calendar_agreement_id", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("clinical_result", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("clinical_reason", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("clinical_at", types.Moment(), nullable=True))
        batch_op.add_column(sa.Column("clinical_by", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("review_from", types.Day(), nullable=True))
        batch_op.add_column(sa.Column("decided_as", sa.Text(), nullable=True))
        batch_op.create_index("ix_extra_sessions_request_decided", ["decided_on"], unique=False)
        batch_op.create_index("uq_extra_sessions_request_reconsideration", ["reconsideration_of"], unique=True)
        batch_op.create_foreign_key(
            batch_op.f("fk_extra_sessions_request_calendar_agreement_id"),
            "agreement",
            ["calendar_agreement_id"],
            ["id"],
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_extra_sessions_request_clinical_by"), "account", ["clinical_by"], ["id"]
        )

    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rejected_at", types.Moment(), nullable=True))

    bring_to_life(op.get_bind())


def downgrade() -> None:
    back(op.get_bind())
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.drop_column("rejected_at")

    with op.batch_alter_table("extra_sessions_request", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_extra_sessions_request_clinical_by"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_extra_sessions_request_calendar_agreement_id"), type_="foreignkey")
        batch_op.drop_index("uq_extra_sessions_request_reconsideration")
        batch_op.drop_index("ix_extra_sessions_request_decided")
        batch_op.drop_column("decided_as")
        batch_op.drop_column("review_from")
        batch_op.drop_column("clinical_by")
        batch_op.drop_column("clinical_at")
        batch_op.drop_column("clinical_reason")
        batch_op.drop_column("clinical_result")
        batch_op.drop_column("calendar_agreement_id")

    with op.batch_alter_table("deadline", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_deadline_live",
            sqlite_where=sa.text("met_at IS NULL AND cancelled_at IS NULL"),
            postgresql_where=sa.text("met_at IS NULL AND cancelled_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_deadline_live_due",
            sqlite_where=sa.text("met_at IS NULL AND cancelled_at IS NULL"),
            postgresql_where=sa.text("met_at IS NULL AND cancelled_at IS NULL"),
        )
        batch_op.drop_constraint("counted", type_="check")
        batch_op.drop_column("acted_until")
        batch_op.drop_column("counted_days")
        batch_op.drop_column("counted_from")

    with op.batch_alter_table("staff_task", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_staff_task_open", sqlite_where=sa.text("state = 'OPEN'"), postgresql_where=sa.text("state = 'OPEN'")
        )
        batch_op.drop_index("ix_staff_task_queue")

    op.drop_table("staff_task")
    with op.batch_alter_table("organisation_question", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_organisation_question_open",
            sqlite_where=sa.text("state IN ('ASKED', 'DRAFTED')"),
            postgresql_where=sa.text("state IN ('ASKED', 'DRAFTED')"),
        )

    op.drop_table("organisation_question")
    op.drop_table("further_details")
