"""Looks a deployment over for its operator: what was found, and what to do about it."""
