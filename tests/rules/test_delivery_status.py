"""What comes back of a mail is read for two words and a mark; whatever else arrives is refused, and breaks nothing."""

from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.rules.delivery_status import LONGEST, DeliveryStatus, NotAReport, read_report, token_of

TOKEN = "0123456789abcdef" * 2
RETURN_PATH = f"bounces+{TOKEN}@harbour.example"
FAILED = "Action: failed\r\nStatus: 5.1.1\r\n"


def report(*recipients: str, headers: str = f"To: {RETURN_PATH}\r\n", quoted: str = "") -> bytes:
    """Write a report as a mail server does, with what it says of each recipient."""
    groups = "\r\n".join(
        (
            "Reporting-MTA: dns; mx.example\r\n",
            *(f"Final-Recipient: rfc822; sam@home.example\r\n{each}" for each in recipients),
        )
    )
    return (
        f"From: MAILER-DAEMON@mx.example\r\n{headers}Subject: Undelivered\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"\r\n\r\n'
        "--=_b\r\nContent-Type: text/plain\r\n\r\nYour message could not be delivered to sam@home.example.\r\n"
        f"--=_b\r\nContent-Type: message/delivery-status\r\n\r\n{groups}\r\n"
        f"--=_b\r\nContent-Type: message/rfc822\r\n\r\nSubject: yours\r\n\r\n{quoted}\r\n--=_b--\r\n"
    ).encode()


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (FAILED, DeliveryStatus.FAILED),
        ("action: FAILED (for good)\r\nstatus: 5.7.1 (listed)\r\n", DeliveryStatus.FAILED),
        ("Action: failed\r\nStatus: 4.4.7\r\n", DeliveryStatus.OTHER),
        ("Action: delayed\r\nStatus: 4.4.1\r\n", DeliveryStatus.OTHER),
        ("Action: delayed\r\nStatus: 5.1.1\r\n", DeliveryStatus.OTHER),
        ("Action: delivered\r\nStatus: 2.0.0\r\n", DeliveryStatus.OTHER),
        ("Action: relayed\r\nStatus: 2.0.0\r\n", DeliveryStatus.OTHER),
    ],
)
def test_only_a_failure_for_good_is_one(said: str, status: DeliveryStatus) -> None:
    assert read_report(report(said)) == (status, TOKEN)


def test_one_failure_among_those_that_it_was_passed_on_to_is_a_failure() -> None:
    delivered = "Action: delivered\r\nStatus: 2.0.0\r\n"
    assert read_report(report(delivered, FAILED)) == (DeliveryStatus.FAILED, TOKEN)
    assert read_report(report("Action: unheard-of\r\nStatus: 5.0.0\r\n", delivered)) == (DeliveryStatus.OTHER, TOKEN)


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ("", None),
        ("To: somebody@harbour.example\r\n", None),
        (f"Delivered-To: {RETURN_PATH.upper()}\r\nTo: bounces+{'f' * 32}@harbour.example\r\n", TOKEN),
        (f"X-Original-To: {RETURN_PATH}\r\nTo: bounces+{'f' * 32}@harbour.example\r\n", TOKEN),
        (f"Delivered-To: pipe@harbour.example\r\nTo: Bounces <{RETURN_PATH}>\r\n", TOKEN),
        (f"Delivered-To: pipe@harbour.example\r\nDelivered-To: {RETURN_PATH}\r\n", TOKEN),
    ],
)
def test_the_mark_is_where_the_mail_server_noted_it(headers: str, token: str | None) -> None:
    assert read_report(report(FAILED, headers=headers)) == (DeliveryStatus.FAILED, token)


def test_an_address_has_a_mark_or_none() -> None:
    assert token_of(RETURN_PATH) == TOKEN
    for address in ("", "bounces@harbour.example", f"bounces+{TOKEN[1:]}@x", f"bounces+{TOKEN}", f"bounces+{TOKEN}0@x"):
        assert token_of(address) is None


def ordinary() -> bytes:
    message = EmailMessage()
    message["To"] = RETURN_PATH
    message.set_content(f"I am away until Monday.\n\n{FAILED}")
    return message.as_bytes()


def quoting() -> bytes:
    """Write a message that only carries a report, as when one is forwarded."""
    outer = MIMEMultipart("mixed")
    outer["To"] = RETURN_PATH
    return outer.as_bytes().replace(b"--\n\n--", b"--\nContent-Type: message/rfc822\n\n" + report(FAILED) + b"\n--")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        ordinary(),
        quoting(),
        report(),
        report("Action: failed\r\n"),
        report("Status: 5.1.1\r\n"),
        report("Action: unheard-of\r\nStatus: 5.1.1\r\n"),
        report("Action: failed\r\nStatus: 6.1.1\r\n"),
        report("Action: failed\r\nStatus: 5.1.1111\r\n"),
        report("", quoted=FAILED),
        report(FAILED).replace(b"message/delivery-status", b"text/plain"),
        report(FAILED).replace(b"multipart/report", b"multipart/mixed"),
        b"Content-Type: multipart/report\r\n\r\nno parts",
        report(FAILED, quoted="x" * LONGEST),
    ],
)
def test_anything_else_is_no_report(content: bytes) -> None:
    with pytest.raises(NotAReport):
        read_report(content)


def nested(depth: int) -> bytes:
    opened = (
        f"Content-Type: multipart/report; boundary={number}\r\n\r\n--{number}\r\n".encode() for number in range(depth)
    )
    return b"".join(opened)


pieces = st.sampled_from(
    [
        *(b"Content-Type: ", b"multipart/report", b"message/delivery-status", b"; boundary=", b"message/rfc822"),
        *(
            b"\r\n",
            b"\r\n\r\n",
            b"\n",
            b"--",
            b'"',
            b"=_b",
            b"Action: failed",
            b"Status: 5.1.1",
            b"To: ",
            b"Delivered-To: ",
        ),
        *(b"=?utf-8?q?=ff?=", b"\xff\xfe", b"\x00", b"(", b"<", b"Content-Transfer-Encoding: base64", b" charset=x"),
        *(RETURN_PATH.encode(), report(FAILED), report(FAILED)[:300], report(FAILED)[300:]),
    ]
)


@given(
    st.one_of(st.binary(max_size=300), st.lists(st.one_of(pieces, st.binary(max_size=6)), max_size=40).map(b"".join))
)
@example(nested(5_000))
@example(report(FAILED, headers="To: \xff\xfe=?x?b?AAA?=\r\n"))
def test_whatever_arrives_is_a_report_or_is_not(content: bytes) -> None:
    try:
        status, token = read_report(content)
    except NotAReport:
        return
    assert status in DeliveryStatus
    assert token is None or len(token) == 32


@given(at=st.integers(0, 700), put=st.binary(max_size=4), cut=st.integers(0, 60))
def test_a_report_that_was_damaged_is_read_or_refused(at: int, put: bytes, cut: int) -> None:
    whole = report(FAILED)
    try:
        status, _ = read_report(whole[:at] + put + whole[at + cut :])
    except NotAReport:
        return
    assert status in DeliveryStatus
