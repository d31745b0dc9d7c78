"""How two records of one person are made to look alike, before a keyed hash of each is compared."""

import unicodedata


def matchable_email(address: str) -> str:
    """Return what one mailbox's spellings share."""
    return unicodedata.normalize("NFKC", address).strip().lower()


def matchable_employee(organisation: str, number: str) -> str:
    """Return an employee number with the organisation (its external id) that it counts in."""
    return f"{organisation}|{unicodedata.normalize('NFKC', number).strip().upper()}"
