"""What the form accepts, to the character."""

import unicodedata
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.refusals import (
    ConsentMissing,
    DateNotToday,
    Refusal,
    RequestorNotAllowed,
    TextInvalid,
    TextMissing,
    TextTooLong,
)
from models.rules.request_form import check_declarations, clean_detail, clean_statement
from models.rules.vocabulary import Requestor

Clean = Callable[[str], str | None]
BOTH: list[tuple[Clean, int, tuple[str, ...]]] = [
    (clean_statement, 2_000, ("goal", "statement")),
    (clean_detail, 1_000, ("referralPathway", "detail")),
]
TODAY = date(2026, 11, 23)
INVISIBLE = {
    "NUL": "\x00",
    "bell": "\x07",
    "escape": "\x1b",
    "vertical tab": "\x0b",
    "delete": "\x7f",
    "next line": "\x85",
    "soft hyphen": "\xad",
    "Arabic letter mark": "\u061c",
    "zero width space": "\u200b",
    "left-to-right mark": "\u200e",
    "right-to-left override": "\u202e",
    "left-to-right override": "\u202d",
    "right-to-left isolate": "\u2067",
    "pop isolate": "\u2069",
    "byte order mark": "\ufeff",
    "half of a pair": "\ud800",
    "private use": "\ue000",
    "tag": "\U000e0041",
}


def declare(
    *,
    requestor: Requestor = Requestor.CONSULTANT,
    client_consents: bool = True,
    date_of_request: date = TODAY,
) -> None:
    check_declarations(
        requestor=requestor, client_consents=client_consents, date_of_request=date_of_request, today=TODAY
    )


def test_a_consultants_request_of_today_with_consent_is_accepted() -> None:
    declare()


@pytest.mark.parametrize("requestor", [Requestor.CLIENT, Requestor.PROVIDER])
def test_nobody_else_can_be_the_requestor(requestor: Requestor) -> None:
    with pytest.raises(RequestorNotAllowed):
        declare(requestor=requestor)


@pytest.mark.parametrize("day", [date(2026, 11, 22), date(2026, 11, 24), date(2025, 11, 23), date.min, date.max])
def test_only_today_is_accepted_and_the_refusal_names_it(day: date) -> None:
    with pytest.raises(DateNotToday, match="2026-11-23"):
        declare(date_of_request=day)


def test_without_consent_nothing_is_accepted() -> None:
    with pytest.raises(ConsentMissing):
        declare(client_consents=False)


@pytest.mark.parametrize(("clean", "most", "path"), BOTH)
def test_a_text_of_the_full_length_is_kept_and_one_more_is_refused(
    clean: Clean, most: int, path: tuple[str, ...]
) -> None:
    assert clean("x" * most) == "x" * most
    assert clean(f"  {'x' * most}\n") == "x" * most, "what is trimmed does not count"
    assert clean("\N{PILE OF POO}" * most) is not None, "a character is one, however many bytes it takes"
    for longer in (most + 1, 1_000_000):
        with pytest.raises(TextTooLong, match=f"{most:,} characters") as raised:
            clean("x" * longer)
        assert raised.value.path == path


@pytest.mark.parametrize(("clean", "most", "path"), BOTH)
@pytest.mark.parametrize("character", INVISIBLE.values(), ids=INVISIBLE)
def test_what_nobody_can_see_is_refused(clean: Clean, most: int, path: tuple[str, ...], character: str) -> None:
    del most
    for text in (f"back {character} to work", f"back to work{character}.", f"{character}.", f".{character}"):
        if text == text.strip():
            with pytest.raises(TextInvalid) as raised:
                clean(text)
            assert raised.value.path == path


@pytest.mark.parametrize(
    "text",
    [
        "two\nlines,\r\nand a\ttab",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian needs its joiners
        "\u05e9\u05dc\u05d5\u05dd",
        "Ng\u1ea1n, \u4e2d\u6587, \u0939\u093f\u0928\u094d\u0926\u0940",
        "\U0001f469\u200d\u2695\ufe0f",
    ],
)
def test_every_language_can_be_written(text: str) -> None:
    assert clean_statement(text) == clean_detail(text) == text


@pytest.mark.parametrize("blank", ["", " ", "\n\t \r\n", "\u3000\u2003", "\u200d", " \u200c\u200d "])
def test_a_statement_needs_a_word_and_a_detail_does_not(blank: str) -> None:
    with pytest.raises(TextMissing) as raised:
        clean_statement(blank)
    assert raised.value.path == ("goal", "statement")
    assert clean_detail(blank) is None


def test_no_detail_is_none() -> None:
    assert clean_detail(None) is None


def test_one_text_typed_in_two_ways_is_kept_in_one() -> None:
    assert clean_statement("cafe\u0301") == clean_detail("caf\u00e9") == "caf\u00e9"


@given(st.text(max_size=2_100))
def test_any_text_is_kept_clean_or_refused(text: str) -> None:
    try:
        kept = clean_statement(text)
    except Refusal as refusal:
        assert refusal.code in {"TEXT_MISSING", "TEXT_TOO_LONG", "TEXT_INVALID"}  # noqa: PT017 - either way is right
    else:
        assert kept.strip()
        assert kept == clean_statement(kept) == unicodedata.normalize("NFC", text.strip())
        assert kept.encode()
