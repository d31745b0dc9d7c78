"""Whom a mail server blames when it refuses a message: the address, or anything else, which may be ours to mend.

Only what clearly speaks of the address counts. A refusal that blames our own set-up would otherwise suppress every
address that is written to that day.
"""

import re

_ENHANCED = re.compile(r"\s*(\d)\.(\d{1,3})\.(\d{1,3})(?!\d)")
_OF_ADDRESS = 1
_OF_MAILBOX = 2
_OF_SENDER = frozenset({7, 8})
"""Among the codes about addresses: the sender's own."""
_TOO_LONG = 3
"""Among the codes about mailboxes: the message is too long for this one."""
_PLAIN = frozenset({501, 550, 551, 552, 553})
"""What a server without enhanced codes answers to an address: malformed, no such mailbox, moved, full, not allowed."""


def blames_recipient(code: int, text: str, *, named: bool) -> bool:
    """Whether a reply refuses the recipient's address for good; ``named`` where it answers the address itself (RCPT).

    RFC 5321 has the codes, RFC 3463 the enhanced ones at the start of the text. After the message only these say what
    the refusal is about.
    """
    if code // 100 != 5:  # noqa: PLR2004 - the class of what is final
        return False
    found = _ENHANCED.match(text)
    if found is None:
        return named and code in _PLAIN
    status, subject, detail = map(int, found.groups())
    if status != 5:  # noqa: PLR2004 - as above
        return False
    return (subject == _OF_ADDRESS and detail not in _OF_SENDER) or (subject == _OF_MAILBOX and detail != _TOO_LONG)
