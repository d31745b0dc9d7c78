"""What a text may not tell an organisation, in the ways that people write it, and what it may say freely."""

from collections.abc import Collection
from datetime import date
from typing import Any

import pytest

from models.rules.folded_text import fold
from models.rules.identifier_found import IdentifierFound
from models.rules.identifier_found import IdentifierKind as Kind
from models.rules.identifiers import Found, KnownIdentifiers, check_text, find_identifiers
from models.rules.known_patterns import EVERYDAY_WORDS, GENERIC_WORDS

KNOWN = KnownIdentifiers(
    client_name="Mary-Jane O'Brien Müller",
    client_email="mj.obrien+eap@home.example",
    client_phone="+61491570006",
    date_of_birth=date(1990, 4, 1),
    employee_number="SAL-048213",
    case_numbers=frozenset({"ASST-123456", "ASST-222333"}),
    appointment_days=frozenset({date(2026, 11, 23), date(2026, 11, 30)}),
    consultant_names=frozenset({"Dr Imogen Farrow", "Callum Brightwell"}),
    consultant_emails=frozenset({"imogen.farrow@bluegum.example"}),
    practice_names=frozenset({"Bluegum Psychology & Wellbeing Centre"}),
    practice_suburbs=frozenset({"Wattle Bay"}),
)


def told(text: str, known: KnownIdentifiers = KNOWN) -> list[tuple[Kind, str]]:
    """Return what is found, as kinds with the words of the original text."""
    return [(kind, text[start:end]) for start, end, kind in find_identifiers(text, known)]


def written(text: str, kind: Kind, known: KnownIdentifiers = KNOWN) -> list[str]:
    return [words for found, words in told(text, known) if found is kind]


def of_the_name(name: str, text: str) -> list[str]:
    return written(text, Kind.CLIENT_NAME, KnownIdentifiers(client_name=name))


# Names


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Mary is well", "Mary"),
        ("we saw mary again", "mary"),
        ("JANE AGREES", "JANE"),
        ("Müller, Mary", "Müller, Mary"),
        ("Mary's plan", "Mary"),
        ("Mary\N{RIGHT SINGLE QUOTATION MARK}s plan", "Mary"),
        ("Marys plan", "Mary"),
        ("mulLER", "mulLER"),
        ("Mueller", "Mueller"),
        ("M\u00fcller", "M\u00fcller"),
        ("Mu\u0308ller", "Mu\u0308ller"),
        ("O\N{RIGHT SINGLE QUOTATION MARK}Brien", "O\N{RIGHT SINGLE QUOTATION MARK}Brien"),
        ("obrien", "obrien"),
        ("brien", "brien"),
        ("maryjane", "maryjane"),
        ("janemary", "janemary"),
        ("ms.maryjane.melb", "maryjane"),
        ("drmaryjanex", "maryjane"),
        ("jmuller", "jmuller"),
        ("mullerj", "mullerj"),
        ("mary_jane88", "mary_jane"),
        ("88mary88", "mary"),
        ("clientMary", "Mary"),
        ("#mary", "mary"),
        ("M a r y", "M a r y"),
        ("M.a.r.y.", "M.a.r.y"),
        ("m - a - r - y", "m - a - r - y"),
        ("M\na\nr\ny", "M\na\nr\ny"),
        ("Ma-ry", "Ma-ry"),
        ("Ma-\nry", "Ma-\nry"),
        ("Ma-\r\nry", "Ma-\r\nry"),
        ("Mul ler", "Mul ler"),
        ("Ma\u00adry", "Ma\u00adry"),
        ("M\u200ba\u200br\u200by", "M\u200ba\u200br\u200by"),
        ("M\x00ary", "M\x00ary"),
        ("Ma\u200ary", "Ma\u200ary"),
        ("Ma\u3164ry", "Ma\u3164ry"),
        ("\uff2d\uff41\uff52\uff59", "\uff2d\uff41\uff52\uff59"),
        ("\U0001d40c\U0001d41a\U0001d42b\U0001d432", "\U0001d40c\U0001d41a\U0001d42b\U0001d432"),
        ("\u24c2\u24d0\u24e1\u24e8", "\u24c2\u24d0\u24e1\u24e8"),
        ("\u041c\u0430\u0433\u0443 \u041c\u0430ry", "\u041c\u0430ry"),
        ("M\u00e1r\u00fd", "M\u00e1r\u00fd"),
    ],
)
def test_a_part_of_the_clients_name_is_found_however_it_is_written(text: str, found: str) -> None:
    assert found in written(text, Kind.CLIENT_NAME)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("René", "Rene"),
        ("Rene", "René"),
        ("Groß", "Gross"),
        ("Gross", "Groß"),
        ("Gross", "GROẞ"),
        ("Gross", "G r o ß"),
        ("Jørgen", "Jorgen"),
        ("Jørgen", "Joergen"),
        ("Joergen", "Jørgen"),
        ("Jorgen", "Jørgen"),
        ("Łukasz", "Lukasz"),
        ("Lukasz", "Łukasz"),
        ("Mueller", "Müller"),
        ("Åse", "Aase"),
        ("Aase", "Åse"),
        ("Æsa", "Aesa"),
        ("Þóra", "Thora"),
        ("Đặng", "Dang"),
        ("I\u015f\u0131k", "ISIK"),
        ("McDonald", "Mc Donald"),
        ("McDonald", "mc donald"),
        ("Hawai\u02bbi", "Hawaii"),
        ("Joanne", "Jo Anne"),
        ("Maryanne", "mary anne"),
        ("Ng Li", "so ng was"),
        ("Jo Li", "joli"),
        ("\u0410\u043d\u043d\u0430", "\u0434\u043b\u044f: \u0410\u041d\u041d\u0410"),
        ("王小明", "请联系王小明先生"),
        ("王 明", "王明"),
        ("김민준", "김민준은"),
        ("שרה כהן", "לשרה"),
        ("Client 4711", "4711"),
    ],
)
def test_names_of_every_kind_are_found_in_their_other_spellings(name: str, text: str) -> None:
    assert of_the_name(name, text)


@pytest.mark.parametrize("after", ["\u0301", "\u0301\u0323", "\u200d", "\u00ad"])
def test_an_accent_or_something_invisible_belongs_to_the_letter_before_it(after: str) -> None:
    assert of_the_name("René", f"so Rene{after} said") == [f"Rene{after}"]
    assert of_the_name("René", f"Rene {after}") == ["Rene"]


def test_one_character_counts_as_a_few_letters_at_most() -> None:
    assert len(fold("\ufdfa" * 10).letters) <= 40


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Ann", "the annual planning of a banner"),
        ("Mary", "summary; primary; rosemary"),
        ("Jo", "join the major job"),
        ("J. Smith", "j. and plan J"),
        ("Isa", "this is a plan, as it is"),
        ("Theo", "the other; the o"),
        ("Jon", "jo non"),
        ("Thi", "this"),
        ("Hall Sam", "we shall"),
        ("Bo Eng", "been"),
        ("Al B", "alb"),
    ],
)
def test_a_name_is_not_found_inside_other_words(name: str, text: str) -> None:
    assert not of_the_name(name, text)


@pytest.mark.parametrize("name", ["He Wei", "An To", "In To", "So Do", "Dr Will You"])
def test_a_name_that_no_text_can_do_without_counts_with_a_capital_alone(name: str) -> None:
    words = [word for word in name.split() if word.lower() in EVERYDAY_WORDS]
    assert words
    for word in words:
        assert of_the_name(name, f"then {word} agreed") == [word]
        assert not of_the_name(name, f"then {word.lower()} agreed")
    assert not of_the_name(name, "he is to do so, into an office, as you do")


def test_a_title_is_nobodys_name() -> None:
    assert not told("Dr Osei and Prof. Lee wrote")
    assert written("Dr. Farrow wrote, as FARROW does", Kind.CONSULTANT_NAME) == ["Farrow", "FARROW"]


def test_every_consultant_is_looked_for() -> None:
    assert told("callum and imogen") == [(Kind.CONSULTANT_NAME, "callum"), (Kind.CONSULTANT_NAME, "imogen")]


# E-mail


@pytest.mark.parametrize(
    "text",
    [
        "mj.obrien+eap@home.example",
        "MJ.OBRIEN@HOME.EXAMPLE",
        "mj.obrien at home dot example",
        "mj dot obrien AT home.example",
        "mj.obrien (at) home [dot] example",
        "mj.obrien[@]home[.]example",
        "m j . o b r i e n @ h o m e . e x a m p l e",
        "mjobrienathomedotexample",
        "mj.obrien",
        "mjobrien",
        "mj_obrien",
    ],
)
def test_an_address_is_found_with_its_signs_spelled_out_and_without_its_domain(text: str) -> None:
    assert written(f"Write to {text}, please", Kind.CLIENT_EMAIL) == [text]


@pytest.mark.parametrize("address", ["info@home.example", "ann@home.example"])
def test_what_many_share_is_found_with_its_domain_alone(address: str) -> None:
    known = KnownIdentifiers(client_email=address)
    assert told(address, known) == [(Kind.CLIENT_EMAIL, address)]
    assert not told("info for ann", known)


def test_a_consultants_address_is_named_as_such() -> None:
    assert (Kind.CONSULTANT_EMAIL, "imogen.farrow@bluegum.example") in told("imogen.farrow@bluegum.example")


# Phone


@pytest.mark.parametrize(
    "text",
    [
        "0491570006",
        "0491 570 006",
        "0491-570-006",
        "0491.570.006",
        "0491/570/006",
        "0491, 570, 006",
        "0491_570_006",
        "0 4 9 1 5 7 0 0 0 6",
        "61 491 570 006",
        "61 (0)491 570 006",
        "0061491570006",
        "491570006",
        "157 0006",
        "\u0660\u0664\u0669\u0661\u0665\u0667\u0660\u0660\u0660\u0666",
        "\uff10\uff14\uff19\uff11 \uff15\uff17\uff10 \uff10\uff10\uff16",
        "0491\u200b570\u200b006",
        "zero four nine one five seven zero zero zero six",
        "oh four nine one, five seven oh, double oh six",
        "0491 five seven triple zero six",
        "O491 57O OO6",
    ],
)
def test_a_phone_number_is_found_in_every_form_from_its_first_digit_to_its_last(text: str) -> None:
    assert written(f"Ring {text} after work", Kind.CLIENT_PHONE) == [text]


def test_what_is_dialled_before_a_number_or_put_around_it_is_no_part_of_it() -> None:
    assert written("0011 61 491 570 006 or (0491) 570 006", Kind.CLIENT_PHONE) == ["61 491 570 006", "0491) 570 006"]


@pytest.mark.parametrize("text", ["0491 570 007", "0491 and 570 006", "570 006", "double or 4 times, then triple"])
def test_other_digits_are_no_phone_number(text: str) -> None:
    assert not told(text)


def test_a_number_too_short_to_have_an_area_code_is_found_as_a_whole() -> None:
    assert told("call 12 34 5", KnownIdentifiers(client_phone="+12345")) == [(Kind.CLIENT_PHONE, "12 34 5")]


# Days


@pytest.mark.parametrize(
    "text",
    [
        "1990-04-01",
        "1990/4/1",
        "1990 04 01",
        "1/4/1990",
        "01.04.1990",
        "1. 4. 1990",
        "1-4-90",
        "1 4 90",
        "1, 4, 1990",
        "4/1/1990",
        "04-01-90",
        "1/4",
        "01.04",
        "1st/4th/1990",
        "19900401",
        "01041990",
        "04011990",
        "010490",
        "900401",
        "1 April 1990",
        "1st of April, 1990",
        "1-Apr-90",
        "1apr1990",
        "April 1",
        "APRIL 1ST 1990",
        "April the 1st",
        "Apr. 1, 1990",
        "1990 April 1",
        "first of April",
        "\uff11\uff0f\uff14\uff0f\uff11\uff19\uff19\uff10",
        "\u0661/\u0664/\u0661\u0669\u0669\u0660",
    ],
)
def test_a_birthday_is_found_in_every_form_with_and_without_its_year(text: str) -> None:
    assert written(f"It was {text}; so it was", Kind.DATE_OF_BIRTH) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "23 November",
        "23 and 24 November",
        "Monday 23rd of November 2026",
        "November, Mon 23",
        "twenty-third of November",
        "the 9th, 16th and 23rd of November",
        "Nov 9, 16 and 23",
        "November 2026, the 23rd",
        "thirtieth November",
        "11/23/2026",
        "23.11.",
        "2026-11-30T09:00",
    ],
)
def test_an_appointments_day_is_found_among_others_and_beside_its_weekday(text: str) -> None:
    assert written(text, Kind.APPOINTMENT_DATE)


@pytest.mark.parametrize(
    "text",
    [
        "2 April 1990",
        "1 May",
        "April 1990",
        "April, then 1",
        "1 session, April",
        "1:4",
        "1 4",
        "1 4 and 90",
        "between 1 and 4",
        "1 of 4",
        "100/4",
        "1990",
        "20260401",
        "00/04",
        "31/31/90",
        "the twenty-third",
        "thirty second April",
        "twenty",
    ],
)
def test_what_only_looks_like_a_known_day_is_not_found(text: str) -> None:
    assert not told(text)


# Numbers


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("ASST-123456", Kind.CASE_NUMBER, "ASST-123456"),
        ("asst 123 456", Kind.CASE_NUMBER, "asst 123 456"),
        ("Asst123456", Kind.CASE_NUMBER, "Asst123456"),
        ("case 123456.", Kind.CASE_NUMBER, "123456"),
        ("no. 123-456", Kind.CASE_NUMBER, "123-456"),
        ("one two three four five six", Kind.CASE_NUMBER, "one two three four five six"),
        ("the other, 222333", Kind.CASE_NUMBER, "222333"),
        ("SAL-048213", Kind.EMPLOYEE_NUMBER, "SAL-048213"),
        ("sal048213", Kind.EMPLOYEE_NUMBER, "sal048213"),
        ("s/a/l 048 213", Kind.EMPLOYEE_NUMBER, "s/a/l 048 213"),
        ("048213", Kind.EMPLOYEE_NUMBER, "048213"),
        ("48213", Kind.EMPLOYEE_NUMBER, "48213"),
    ],
)
def test_a_number_is_found_with_any_separators_and_without_its_letters(text: str, kind: Kind, found: str) -> None:
    assert told(text) == [(kind, found)]


@pytest.mark.parametrize("text", ["1234567", "9123456", "ASST-123457", "A1234", "482139"])
def test_a_longer_or_another_number_is_not_found(text: str) -> None:
    assert not told(text)


@pytest.mark.parametrize(("number", "is_looked_for"), [("7", False), ("42", False), ("E7", True), ("042", True)])
def test_a_short_employee_number_is_looked_for_where_it_is_no_count(number: str, *, is_looked_for: bool) -> None:
    known = KnownIdentifiers(employee_number=number)
    assert bool(told(f"it is {number} today", known)) is is_looked_for


# Practice


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("at Bluegum", Kind.PRACTICE_NAME, "Bluegum"),
        ("BLUE-GUM", Kind.PRACTICE_NAME, "BLUE-GUM"),
        ("bluegum psychology and wellbeing centre", Kind.PRACTICE_NAME, "bluegum"),
        ("Bluegum Psychology Wellbeing Centre", Kind.PRACTICE_NAME, "Bluegum Psychology Wellbeing Centre"),
        ("in Wattle Bay.", Kind.PRACTICE_SUBURB, "Wattle Bay"),
        ("wattle\nbay", Kind.PRACTICE_SUBURB, "wattle\nbay"),
        ("wattlebay", Kind.PRACTICE_SUBURB, "wattlebay"),
        ("W a t t l e  B a y", Kind.PRACTICE_SUBURB, "W a t t l e  B a y"),
    ],
)
def test_a_practice_is_found_by_its_whole_name_by_what_is_its_own_and_by_its_suburb(
    text: str, kind: Kind, found: str
) -> None:
    assert (kind, found) in told(text)


@pytest.mark.parametrize("text", [" ".join(sorted(GENERIC_WORDS)), "a bay; the wattle", "psychology and wellbeing"])
def test_words_of_any_practice_and_of_any_suburb_are_free(text: str) -> None:
    assert not told(text)


def test_a_practice_whose_name_is_all_general_is_found_by_the_whole_of_it() -> None:
    known = KnownIdentifiers(practice_names=frozenset({"The Well-being Practice 2"}))
    assert told("the well-being practice 2", known) == [(Kind.PRACTICE_NAME, "the well-being practice 2")]
    assert not told("the practice has 2, and wellbeing is being well", known)


# What is free, and what is said


FREE = (
    "The client has made steady progress and has returned to a full roster.",
    "Two or three more sessions are planned, 4 at most, over 6 to 8 weeks; a GP plan follows in the new year.",
    "She may march on in May. He will do so in 2027, we hope: 90 % of it by the 2nd week!",
    "e.g. part-time/full-time, as agreed (see above); I am - as you are - confident.",
)


@pytest.mark.parametrize("text", ["", " ", "\n", "\u0301", "\u200b\u200b", "...", *FREE])
def test_a_text_that_tells_of_nobody_is_accepted(text: str) -> None:
    assert told(text) == []
    check_text(text, KNOWN, ("answer", "text"))


def test_half_an_address_is_looked_for_as_far_as_it_goes() -> None:
    assert told("to tag, or to nobody", KnownIdentifiers(client_email="+tag@")) == [(Kind.CLIENT_EMAIL, "tag")]


@pytest.mark.parametrize("text", ["", "Mary 1 April 0491 570 006", *FREE])
def test_where_nothing_is_known_nothing_is_found(text: str) -> None:
    assert told(text, KnownIdentifiers()) == []
    empty: dict[str, Any] = {"client_name": " - ", "client_email": "@", "client_phone": "+", "employee_number": "-"}
    nameless = KnownIdentifiers(**empty, practice_names=frozenset({"&"}), practice_suburbs=frozenset({"-"}))
    assert told(text, nameless) == []


def test_what_overlaps_is_one_and_all_is_told_in_the_order_of_the_text() -> None:
    text = "Ask maryjane (0491 570 006) of Wattle Bay."
    assert find_identifiers(text, KNOWN) == (
        Found(4, 12, Kind.CLIENT_NAME),
        Found(14, 26, Kind.CLIENT_PHONE),
        Found(31, 41, Kind.PRACTICE_SUBURB),
    )


def test_one_day_can_be_of_two_kinds() -> None:
    known = KnownIdentifiers(date_of_birth=date(1990, 4, 1), appointment_days=frozenset({date(2026, 4, 1)}))
    assert told("1 April", known) == [(Kind.APPOINTMENT_DATE, "1 April"), (Kind.DATE_OF_BIRTH, "1 April")]


def test_a_refusal_names_each_kind_and_where_it_stands_and_the_field() -> None:
    with pytest.raises(IdentifierFound) as raised:
        check_text("Mary, of Wattle Bay; mary", KNOWN, ("answer", "text"))
    assert raised.value.path == ("answer", "text")
    assert raised.value.message.endswith(
        "Take out: the client's name (characters 1 to 4, 22 to 25); the suburb of a practice (characters 10 to 19)."
    )


def test_a_refusal_of_a_text_full_of_names_stays_short() -> None:
    with pytest.raises(IdentifierFound, match=r" 43 to 46, and 195 more\)\.$") as raised:
        check_text("Mary, then " * 2 + "Mary said " * 198, KNOWN, ("text",))
    assert len(raised.value.message) < 200


EVERYTHING = (
    "Mary", "mj.obrien@home.example", "0491 570 006", "1 April 1990", "SAL-048213", "ASST-123456", "23/11/2026",
    "Farrow", "imogen.farrow@bluegum.example", "Bluegum", "Wattle Bay",
)  # fmt: skip


def test_every_kind_can_be_found_and_no_refusal_repeats_what_was_written() -> None:
    text = ", ".join(EVERYTHING)
    assert {kind for kind, _ in told(text)} == set(Kind)
    with pytest.raises(IdentifierFound) as raised:
        check_text(text, KNOWN, ("text",))
    said = f"{raised.value!r} {raised.value} {raised.value.message} {vars(raised.value)}".lower()
    assert not [word for word in words_of(EVERYTHING) if word in said]


def words_of(texts: Collection[str]) -> set[str]:
    """Return what is long enough to be no accident in a message."""
    return {word for text in texts for word in text.lower().replace("@", " ").split() if len(word) >= 4}


def test_what_is_known_has_no_text_form() -> None:
    said = f"{KNOWN!r} {KNOWN}".lower()
    assert not [word for word in words_of(EVERYTHING) if word in said]


@pytest.mark.parametrize(
    "piece",
    ["a ", "a.", "m", "mary", "maryjane", "m a r y ", "0", "0 ", "1/", "1 4 ", "zero ", "double ", "1 april ", "april ",
     "twenty ", "1st", "e\u0301", "\u0301", ".", "@", "at dot ", "\ufdfa", "\U0001f469\u200d", "M", "mJ", "\n-"],
)  # fmt: skip
def test_a_long_text_of_one_thing_over_and_over_is_read_to_its_end(piece: str) -> None:
    text = (piece * 2_000)[:1_994] + " Mary!"
    assert Found(1_995, 1_999, Kind.CLIENT_NAME) in find_identifiers(text, KNOWN) or piece in {"M", "m", "mJ"}
    assert all(0 <= start < end <= 2_000 for start, end, _ in find_identifiers(text, KNOWN))
