"""What a mail server reports of a message that it could not deliver, or not yet: RFC 3464, read as plain headers."""

import re
from email import message_from_bytes
from email.message import Message
from enum import StrEnum

LONGEST = 1_048_576
"""Bytes of a report that are worth reading: the mails that it may quote are a few kilobytes."""

_ACTION = re.compile(r"\s*(failed|delayed|delivered|relayed|expanded)\b", re.IGNORECASE)
_STATUS = re.compile(r"\s*([245])\.\d{1,3}\.\d{1,3}(?!\d)")
_TOKEN = re.compile(r"\+([0-9a-f]{32})@", re.IGNORECASE)
_ARRIVED_FOR = ("Delivered-To", "X-Original-To", "To")
"""Where a mail server notes to whom it delivers, most reliable first."""


class DeliveryStatus(StrEnum):
    FAILED = "FAILED"
    """The address was given up for good."""
    OTHER = "OTHER"
    """It arrived, went on, or is tried again."""


class NotAReport(Exception):
    """The message is no delivery status notification, or one that says nothing of any recipient."""


def token_of(address: str) -> str | None:
    """Return the mark of a return path, None for an address that has none."""
    found = _TOKEN.search(address)
    return found[1].lower() if found else None


def read_report(content: bytes) -> tuple[DeliveryStatus, str | None]:
    """Return what is reported, and the mark of the return path that the report came to, if its headers name one.

    Each mail has one recipient; where that one's server passed it on to several, one failure is a failure. Raises
    NotAReport, and nothing else whatever the content is.
    """
    if len(content) > LONGEST:
        raise NotAReport
    try:
        report = message_from_bytes(content)
        return _status(report), _marked(report)
    except RecursionError:  # parts within parts, deeper than any real message
        raise NotAReport from None


def _status(report: Message) -> DeliveryStatus:
    """Only the report's own status part counts, none of a message that it quotes."""
    if report.get_content_type() != "multipart/report":
        raise NotAReport
    parts = report.get_payload()
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, Message) and part.get_content_type() == "message/delivery-status":
            return _of_recipients(part.get_payload())
    raise NotAReport


def _of_recipients(groups: object) -> DeliveryStatus:
    told = [_of_recipient(group) for group in groups if isinstance(group, Message)] if isinstance(groups, list) else []
    known = {status for status in told if status is not None}
    if not known:
        raise NotAReport
    return DeliveryStatus.FAILED if DeliveryStatus.FAILED in known else DeliveryStatus.OTHER


def _of_recipient(group: Message) -> DeliveryStatus | None:
    """Return None for the group about the whole message, and for one that can't be read."""
    action, status = _ACTION.match(str(group.get("Action", ""))), _STATUS.match(str(group.get("Status", "")))
    if action is None or status is None:
        return None
    is_final = action[1].lower() == "failed" and status[1] == "5"
    return DeliveryStatus.FAILED if is_final else DeliveryStatus.OTHER


def _marked(report: Message) -> str | None:
    values = (str(value) for name in _ARRIVED_FOR for value in report.get_all(name, ()))
    return next(filter(None, map(token_of, values)), None)
