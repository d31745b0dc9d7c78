"""Invented people and a week of theirs, as the folder that an old system would leave."""

from models.demo_set.folder import write_demo_set

__all__ = ["write_demo_set"]
