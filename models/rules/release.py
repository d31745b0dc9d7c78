"""Whether an organisation may learn that a request exists."""

from models.rules.vocabulary import Delegation, Withheld


def why_withheld(
    *, headcount: int | None, smallest_headcount: int, account_matches_client: bool, delegation: Delegation
) -> Withheld | None:
    """Return why provider staff decide instead, or None for a request that may be released.

    A small organisation could guess who it is about; an unknown headcount counts as small. Where any account of the
    organisation is the client's own, leaving out that one reviewer would tell colleagues who compare their queues.
    """
    if delegation is Delegation.STAFF_INSTEAD:
        return Withheld.DELEGATED
    if headcount is None or headcount < smallest_headcount:
        return Withheld.BELOW_HEADCOUNT
    return Withheld.ACCOUNT_MATCHES_CLIENT if account_matches_client else None
