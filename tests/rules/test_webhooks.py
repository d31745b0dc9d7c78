"""Where a webhook may go, and when it is given up."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.vocabulary import EventType
from models.rules.webhooks import (
    LONGEST_URL,
    TypesMissing,
    UrlInvalid,
    WebhookFailure,
    check_types,
    check_url,
    failure_of,
    is_given_up,
    is_public,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    "url",
    [
        "https://hr.example.org/hooks",
        "https://hr.example.org:8443/hooks?token=a%20b",
        "HTTPS://HR.Example.org.",
        "https://xn--bcher-kva.example/",
        "https://93.184.215.14/x",
        "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]:9000/x",
        "https://a.example/" + "x" * (LONGEST_URL - 18),
    ],
)
def test_an_absolute_https_url_of_the_internet_will_do(url: str) -> None:
    check_url(url, private=False)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hr.example.org/hooks",
        "http://hr.example.org",
        "ftp://hr.example.org",
        "https:///x",
        "https://",
        "https://user@hr.example.org",
        "https://user:secret@hr.example.org",
        "https://hr.example.org#part",
        "https://hr.example.org:0",
        "https://hr.example.org:65536",
        "https://hr.example.org:x",
        "https://hr.example.org/a b",
        "https://hr.example.org/\x00",
        "https://hr.example.org\\@inside.example",
        "https://bücher.example",
        "https://[::1",
        "https://[fe80::1%25eth0]",
        "https://-a.example",
        "https://a..example",
        "https://under_score.example",
        "https://localhost",
        "https://LOCALHOST.",
        "https://db.internal",
        "https://printer.local/x",
        "https://127.0.0.1",
        "https://127.1",
        "https://2130706433",
        "https://0x7f000001",
        "https://0177.0.0.1",
        "https://127.0.0.1.",
        "https://10.0.0.1",
        "https://192.168.1.1:8443",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]",
        "https://[::ffff:127.0.0.1]",
        "https://[fd00::1]",
        "https://0.0.0.0",
        "https://a.example/" + "x" * (LONGEST_URL - 17),
    ],
)
def test_anything_else_is_refused_with_a_word_about_the_field(url: str) -> None:
    with pytest.raises(UrlInvalid) as refused:
        check_url(url, private=False)
    assert (refused.value.code, refused.value.path) == ("URL_INVALID", ("url",))


@pytest.mark.parametrize(
    "url", ["http://localhost:9000/x", "http://10.0.0.1", "https://[::1]:8443", "https://db.internal"]
)
def test_a_deployment_may_allow_its_own_network(url: str) -> None:
    check_url(url, private=True)
    with pytest.raises(UrlInvalid):
        check_url(url, private=False)


@pytest.mark.parametrize(
    "url", ["ftp://localhost", "http://u@localhost", "https://127.1", "https://localhost:0", "http:///"]
)
def test_and_still_no_url_that_is_none(url: str) -> None:
    with pytest.raises(UrlInvalid):
        check_url(url, private=True)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.255.255.254", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1"),
        *("0.0.0.0", "255.255.255.255", "224.0.0.1", "240.0.0.1", "192.0.2.1", "198.18.0.1"),  # noqa: S104
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "fec0::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:a:b::1"),
        *("", "localhost", "127.1", "2130706433", "0x7f.1", "127.0.0.1:80"),
    ],
)
def test_what_is_not_an_address_of_the_internet_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.215.14", "2606:4700:4700::1111", "100.63.255.255", "172.32.0.1"]
)
def test_an_address_of_the_internet_is(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_no_disguise_makes_an_address_public(address: object) -> None:
    for disguise in ("::ffff:{}", "::{}", "64:ff9b::{}"):
        assert not is_public(disguise.format(address))


def test_a_list_of_no_types_lets_nothing_through() -> None:
    check_types(None)
    check_types([EventType.APPROVED])
    for nothing in ([], [EventType.HEARTBEAT]):
        with pytest.raises(TypesMissing):
            check_types(nothing)


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        *((200, None), (202, None), (204, None), (299, None)),
        *((301, WebhookFailure.REDIRECT), (307, WebhookFailure.REDIRECT)),
        *((400, WebhookFailure.CLIENT_ERROR), (404, WebhookFailure.CLIENT_ERROR), (410, WebhookFailure.GONE)),
        *((500, WebhookFailure.SERVER_ERROR), (503, WebhookFailure.SERVER_ERROR)),
        *((101, WebhookFailure.BAD_ANSWER), (600, WebhookFailure.BAD_ANSWER), (999, WebhookFailure.BAD_ANSWER)),
    ],
)
def test_only_a_status_of_success_takes_an_event_over(status: int, failure: WebhookFailure | None) -> None:
    assert failure_of(status) is failure


def test_it_is_given_up_after_its_time_or_at_once_where_nobody_is_there_any_more() -> None:
    after = timedelta(hours=72)
    for failure in WebhookFailure:
        at_once = failure in {WebhookFailure.GONE, WebhookFailure.ACCOUNT_DISABLED}
        assert is_given_up(failure, since=NOW, at=NOW, after=after) is at_once
        just_before = NOW + after - timedelta(microseconds=1)
        assert is_given_up(failure, since=NOW, at=just_before, after=after) is at_once
        assert is_given_up(failure, since=NOW, at=NOW + after, after=after)
