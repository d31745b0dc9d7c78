"""What holds for every letter: text and HTML alike, for every reader and on every screen."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, FileSystemLoader, meta

from jobs.samples import SAMPLES
from jobs.writing import TEMPLATES
from models.rules.vocabulary import MailKind
from tests.jobs.letters import NEEDED, letter


@pytest.mark.parametrize("template", NEEDED)
def test_a_letter_can_only_use_the_values_that_its_reader_may_know(template: str) -> None:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    environment.filters.update(dict.fromkeys(["in_words", "wrapped", "on_one_line"], str))
    used: set[str] = set()
    for file in [f"{template}.jinja", "text/layout.jinja", "mjml/layout.jinja"]:
        used |= meta.find_undeclared_variables(environment.parse((TEMPLATES / file).read_text()))
    made_on_the_way = {"subject", "part", "words", "approved", "brand"}
    assert used - made_on_the_way == NEEDED[template]


def test_every_letter_is_tested_here() -> None:
    assert {file.stem for file in TEMPLATES.glob("*.jinja")} - {"words"} == set(NEEDED)
    assert {kind.value.lower() for kind in MailKind} == set(NEEDED)
    assert {template for template, _ in SAMPLES.values()} == set(NEEDED)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_letter_names_the_provider_and_the_product_and_says_that_nobody_reads_an_answer(name: str) -> None:
    assert letter(name).says("Harbour Wellbeing sent this message with Extra Sessions.", "please do not reply")


@pytest.mark.parametrize("name", SAMPLES)
def test_opening_a_letter_fetches_nothing(name: str) -> None:
    opened = letter(name)
    assert not {"img", "link", "script", "iframe", "video", "object", "form"} & set(opened.page.elements)
    assert not {"src", "background", "srcset"} & {key for key, _ in opened.page.attributes}
    assert not re.search(r"@import|url\(|@font-face", opened.html)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_screen_reader_finds_a_language_a_title_and_headings_in_order(name: str) -> None:
    page = letter(name).page
    assert ("lang", "en") in page.attributes
    assert ("aria-label", letter(name).subject) in page.attributes
    headings = [element for element in page.elements if element in {"h1", "h2", "h3"}]
    assert headings[0] == "h1"
    assert headings.count("h1") == 1
    assert page.elements.count("table") == page.attributes.count(("role", "presentation")) - page.elements.count("a")


@pytest.mark.parametrize("name", SAMPLES)
def test_a_letter_fits_a_phone_and_follows_its_dark_mode(name: str) -> None:
    html = letter(name).html
    assert 'name="viewport" content="width=device-width' in html
    assert 'name="color-scheme" content="light dark"' in html
    assert "@media (prefers-color-scheme: dark)" in html
    # A fixed width stands in what Outlook alone reads; everything else is as wide as the screen.
    assert "width:600px" not in re.sub(r"<!--\[if mso.*?<!\[endif\]-->", "", html, flags=re.DOTALL).replace(
        "max-width:600px", ""
    )


@pytest.mark.parametrize("name", SAMPLES)
def test_text_lines_are_short_enough_to_read(name: str) -> None:
    assert all(len(line) <= 72 or "://" in line for line in letter(name).lines)
    assert "\n\n\n" not in "\n".join(letter(name).lines)


@pytest.mark.parametrize("name", SAMPLES)
@given(hostile=st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_no_value_can_add_markup(name: str, hostile: str) -> None:
    marked = f"<script>{hostile}</mj-text>\"'><img src=x onerror=y>{{{{ 7*7 }}}}&amp;"
    plain, attacked = letter(name), letter(name, name=marked, provider=marked)
    assert attacked.page.elements == plain.page.elements
    assert {key for key, _ in attacked.page.attributes} == {key for key, _ in plain.page.attributes}
    assert "<img src=x onerror=y>{{ 7*7 }}&amp;" in attacked.page.text
    assert "<img src=x onerror=y>{{ 7*7 }}&amp;" in attacked.text
