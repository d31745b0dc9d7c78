"""The blind indexes by which an account and a client are known to be one person, without reading who."""

import phonenumbers

from models.rules.matching import matchable_email, matchable_employee
from models.sealing import Vault


def international_phone(text: str, country: str | None) -> str | None:
    """Return a number as E.164, or None for text that can't be dialled; without a ``country`` it must begin with +."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def matching_keys(
    vault: Vault, *, email: str | None, phone: str | None, employee: tuple[str, str] | None
) -> dict[str, bytes | None]:
    """Return the three index columns; ``phone`` is E.164, ``employee`` an organisation's external id and a number."""
    return {
        "email_index": vault.blind_index("email", matchable_email(email)) if email else None,
        "phone_index": vault.blind_index("phone", phone) if phone else None,
        "employee_index": vault.blind_index("employee", matchable_employee(*employee)) if employee else None,
    }
