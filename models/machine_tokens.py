"""The bearer tokens of machine accounts."""

from typing import Final

from models.secret_texts import new_secret

PREFIX: Final = "xs1_"
"""Tells one from a signed token, and a scanner for leaked secrets what it has found."""


def new_token() -> str:
    return PREFIX + new_secret()
