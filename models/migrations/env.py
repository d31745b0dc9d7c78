"""Alembic's entry for the database."""

from models.migrations.running import run_online
from models.tables import Base

run_online(Base.metadata)
