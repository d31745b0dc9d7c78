"""What holds for every name, day and number in every text, over inputs that nobody thought of."""

import unicodedata
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from models.rules.folded_text import fold
from models.rules.identifier_found import IdentifierKind as Kind
from models.rules.identifiers import Found, KnownIdentifiers, check_text, find_identifiers

_INNOCENT = (
    "the client has made steady progress and will return to full duties after three further sessions with support "
    "from a supervisor because sleep improved while tension at home remains high we expect gains by winter"
)
INNOCENT = _INNOCENT.split()
NAMES = [
    "Wilhelmina",
    "Zo\u00eb",
    "Bj\u00f6rn",
    "Ren\u00e9e",
    "Krzysztof",
    "Nguy\u1ec5n",
    "Siobhan",
    "Yusuf",
    "Quentin",
]
NAMES += ["Mbeki", "Vandersloot", "Fj\u00f8rtoft", "Gro\u00df", "\u0141ukasz", "Okonkwo", "Ng", "Ximena"]
INVISIBLE = ("", "\u200b", "\u00ad", "\u2060", "\u200d")
TEXTS = st.lists(st.sampled_from(INNOCENT), max_size=40).map(" ".join)
SIGNS = st.sampled_from(" ,.;:!?()[]{}\"'/\\-_\u2013\u2019\n\t*#@&0189")
FULL_WIDTH = {letter: letter + 0xFEE0 for letter in range(ord("!"), ord("~") + 1)}
EVERYTHING = KnownIdentifiers(
    client_name="Wilhelmina Vandersloot",
    client_email="mina.v88@home.example",
    client_phone="+61491570006",
    date_of_birth=date(1990, 4, 1),
    employee_number="SAL-48213",
    case_numbers=frozenset({"ASST-123456"}),
    appointment_days=frozenset({date(2026, 11, 23)}),
    consultant_names=frozenset({"Dr Quentin Okonkwo"}),
    consultant_emails=frozenset({"quentin@bluegum.example"}),
    practice_names=frozenset({"Bluegum Psychology"}),
    practice_suburbs=frozenset({"Wattle Bay"}),
)


def stripped(text: str) -> str:
    """Return the text without the accents that can be taken off a letter."""
    return "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))


CHANGES = st.sampled_from(
    [
        str.lower,
        str.upper,
        str.title,
        str.swapcase,
        stripped,
        lambda text: unicodedata.normalize("NFD", text),
        lambda text: text.translate(FULL_WIDTH),
        " ".join,
        ".".join,
    ]
)


def covered(found: tuple[Found, ...], kind: Kind, start: int, end: int) -> bool:
    """Whether something of this kind was found in just this place, or around it."""
    return any(each.kind is kind and each.start <= start and end <= each.end for each in found)


@given(
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True),
    st.data(),
    TEXTS,
    TEXTS,
    st.sampled_from([Kind.CLIENT_NAME, Kind.CONSULTANT_NAME]),
)
def test_any_part_of_a_name_is_found_wherever_it_stands_however_it_is_written(
    names: list[str], data: st.DataObject, before: str, after: str, kind: Kind
) -> None:
    name = data.draw(st.sampled_from([" ", "-", "'"])).join(names)
    known = KnownIdentifiers(client_name=name)
    if kind is Kind.CONSULTANT_NAME:
        known = KnownIdentifiers(consultant_names=frozenset({name, "Dr Osei"}))
    part = data.draw(CHANGES)(data.draw(st.sampled_from(names)))
    hidden = data.draw(st.sampled_from(INVISIBLE)).join(part)
    opening = before + data.draw(SIGNS)
    text = opening + hidden + data.draw(st.one_of(SIGNS, st.just("'s "), st.just("\u2019s "))) + after
    assert covered(find_identifiers(text, known), kind, len(opening), len(opening) + len(hidden))


@given(st.permutations(NAMES[:4]), TEXTS)
def test_the_parts_of_a_name_are_found_joined_in_any_order(names: list[str], before: str) -> None:
    known = KnownIdentifiers(client_name=" ".join(sorted(names)))
    joined = names[0] + names[1]
    found = find_identifiers(f"{before} {joined}7", known)
    assert covered(found, Kind.CLIENT_NAME, len(before) + 1, len(before) + 1 + len(joined))


@given(
    st.dates(date(1920, 1, 1), date(2040, 12, 31)),
    st.sampled_from(["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%y", "%m-%d-%y", "%d %m %Y", "%Y %m %d", "%Y%m%d",
                     "%d%m%y", "%d/%m", "%d %B %Y", "%B %d, %Y", "%d. %b %y", "%A %d %B", "%b %d", "%dth of %B"]),
    TEXTS,
    TEXTS,
)  # fmt: skip
def test_any_day_is_found_in_any_form(day: date, form: str, before: str, after: str) -> None:
    known = KnownIdentifiers(date_of_birth=day)
    written = day.strftime(form)
    start = len(before) + 1
    numbers = start + (len(f"{day:%A} ") if "%A" in form else 0)
    found = find_identifiers(f"{before} {written} {after}", known)
    assert covered(found, Kind.DATE_OF_BIRTH, numbers, start + len(written))


@given(
    st.integers(1, 999).map(str),
    st.text("0123456789", min_size=8, max_size=10),
    st.data(),
    TEXTS,
)
def test_any_phone_number_is_found_with_any_separators(
    country: str, number: str, data: st.DataObject, before: str
) -> None:
    known = KnownIdentifiers(client_phone=f"+{country}{number}")
    dialled = data.draw(st.sampled_from(["", "0", country, f"+{country}", f"00{country}", f"{country}0"])) + number
    gaps = st.sampled_from(["", "", " ", "-", ".", "/", ") (", " - ", "\u200b", "_"])
    written = "".join(digit + data.draw(gaps) for digit in dialled)
    found = find_identifiers(f"{before} {written}", known)
    digits = [at for at, each in enumerate(written, start=len(before) + 1) if each.isdecimal()]
    assert covered(found, Kind.CLIENT_PHONE, digits[0], digits[-1] + 1)


@given(TEXTS)
def test_innocent_words_are_never_refused(text: str) -> None:
    assert find_identifiers(text, EVERYTHING) == ()
    check_text(text, EVERYTHING, ("answer",))


@given(st.text(max_size=2_000))
def test_any_text_is_read_and_what_is_found_lies_within_it_in_order(text: str) -> None:
    found = find_identifiers(text, EVERYTHING)
    assert all(0 <= each.start < each.end <= len(text) for each in found)
    assert list(found) == sorted(found)


@given(st.text(max_size=40), st.text(max_size=40), st.text("+0123456789 ", max_size=20), TEXTS)
def test_anything_can_be_known_of_anybody(name: str, email: str, phone: str, text: str) -> None:
    known = KnownIdentifiers(
        client_name=name,
        client_email=email,
        client_phone=phone,
        employee_number=name,
        case_numbers=frozenset({email}),
        practice_names=frozenset({name}),
        practice_suburbs=frozenset({email}),
    )
    for each in find_identifiers(f"{text} {name} {email}", known):
        assert each.start < each.end


@given(st.text(max_size=200))
def test_each_letter_knows_where_it_stood(text: str) -> None:
    folded = fold(text)
    assert len(folded.letters) == len(folded.signs)
    for letter, sign in zip(folded.letters, folded.signs, strict=True):
        assert letter in fold(text[sign.start : sign.end]).letters
    assert [sign.start for sign in folded.signs] == sorted(sign.start for sign in folded.signs)
