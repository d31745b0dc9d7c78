"""A provider's own texts and colours: they take our place, and what can't be sent is refused before anything is."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.branding import PLAIN, LettersUnusable, contrast, read_brand
from jobs.samples import SAMPLES
from jobs.trying_letters import own_letters, sample_letters
from jobs.writing import TEMPLATES, Writer

BODY = '{% extends "layout.jinja" %}\n{% import "parts.jinja" as part %}\n{% block subject %}S{% endblock %}\n'
COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def put(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(text)


def written(writer: Writer, name: str) -> tuple[str, str, str]:
    """Return one letter's subject, text and HTML."""
    message = dict(sample_letters(writer, provider="Harbour EAP", sender="no-reply@eap.example"))[name]
    parts = [message.get_body((kind,)) for kind in ("plain", "html")]
    text, html = (str(part.get_content()) for part in parts if part is not None)
    return str(message["Subject"]), text, html


def test_without_a_folder_the_letters_are_ours() -> None:
    assert written(own_letters(None), "expired") == written(Writer(), "expired")


def test_one_block_of_one_letter_is_changed_and_the_rest_stays(folder: Path) -> None:
    changed = "{% block subject %}News from {{ provider }}{% endblock %}"
    put(folder, "outcome_client.jinja", f'{{% extends "default/outcome_client.jinja" %}}\n{changed}\n')

    subject, text, html = written(own_letters(folder), "approved, to the client")

    ours = written(Writer(), "approved, to the client")
    assert subject == "News from Harbour EAP"
    assert text == ours[1]
    assert html == ours[2].replace(ours[0], subject)


def test_a_part_that_all_share_changes_in_all(folder: Path) -> None:
    words = (TEMPLATES / "words.jinja").read_text()
    put(folder, "words.jinja", words.replace("Hello{%", "Kia ora{%"))

    writer = own_letters(folder)

    assert "Kia ora Priya Nair," in written(writer, "expired")[1]
    assert "Kia ora Sam," in written(writer, "approved, to the client")[2]


def test_a_layout_of_one_medium_leaves_the_other_alone(folder: Path) -> None:
    layout = (TEMPLATES / "text/layout.jinja").read_text()
    put(folder, "text/layout.jinja", f"{layout}\nTEXT ALONE\n")

    _, text, html = written(own_letters(folder), "expired")

    assert "TEXT ALONE" in text
    assert "TEXT ALONE" not in html


def test_the_brand_colours_the_button_and_signs_below(folder: Path) -> None:
    put(folder, "brand.toml", 'accent = "#7a1f4f"\naccent_in_the_dark = "#f0a8cf"\nfooter = "Quay Street <12>"\n')

    _, text, html = written(own_letters(folder), "expired")

    assert text.endswith("Quay Street <12>\n")
    assert "Quay Street &lt;12&gt;" in html
    assert "#7a1f4f" in html
    assert "background: #f0a8cf !important; color: #0c1f1c !important" in html
    assert not {PLAIN.accent, PLAIN.accent_in_the_dark} & set(html.replace(";", " ").replace('"', " ").split())


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("expired.jinja", BODY + "{% block body %}\n{{ referense }}{% endblock %}", "line 5: 'referense' is undefined"),
        ("expired.jinja", BODY + "{% if %}", "line 4: Expected an expression"),
        ("expired.jinja", "Hello", "no block that is called 'subject'"),
        ("expired.jinja", BODY.replace("S{%", " {%"), "has no subject"),
        ("expired.jinja", BODY + "{% block body %}{{ name.__class__ }}{% endblock %}", "unsafe"),
        ("expiredd.jinja", BODY, "takes the place of no template. There are: address_bounced.jinja, "),
        ("mjml/expired.jinja", BODY, "takes the place of no template"),
        ("mjml/parts.jinja", "{% macro heading( %}", "mjml/parts.jinja, line 1"),
        ("brand.toml", 'acent = "#000000"', "acent is not known here. The nearest one is accent."),
        ("brand.toml", "accent = 3", "accent must be text in quotes"),
        ("brand.toml", 'accent = "red"', 'accent must be a colour like "#0b5f58"'),
        ("brand.toml", 'accent = "#eeeeee"', "accent #eeeeee has a contrast of 1.0 with #eff2f1; it takes 4.5"),
        ("brand.toml", 'accent_in_the_dark = "#222222"', "contrast of 1.0 with #1a2322"),
        ("brand.toml", "accent = ", "Invalid value"),
    ],
)
def test_what_can_t_be_sent_is_refused_with_its_place(folder: Path, name: str, text: str, told: str) -> None:
    put(folder, name, text)
    with pytest.raises(LettersUnusable) as refused:
        own_letters(folder)
    assert told in str(refused.value)
    assert Path(name).name in str(refused.value)


@pytest.mark.parametrize(
    "markup",
    [
        '<mj-image src="https://pictures.example/logo.png" />',
        '<mj-text><a style="background:url(https://pictures.example/x)">x</a></mj-text>',
        '<mj-text><img src="https://pictures.example/x.png" /></mj-text>',
    ],
)
def test_a_letter_that_would_fetch_something_is_refused(folder: Path, markup: str) -> None:
    parts = (TEMPLATES / "mjml/parts.jinja").read_text()
    put(folder, "mjml/parts.jinja", parts.replace("<mj-text>{{ caller()", f"{markup}<mj-text>{{{{ caller()"))
    with pytest.raises(LettersUnusable, match="fetch something when it is opened"):
        own_letters(folder)


def test_a_folder_that_is_not_there_is_refused(folder: Path) -> None:
    with pytest.raises(LettersUnusable, match="is not a folder"):
        own_letters(folder / "absent")


def test_every_letter_of_ours_can_be_tried() -> None:
    assert len(list(sample_letters(Writer(), provider="Harbour EAP", sender="a@eap.example"))) == len(SAMPLES)


def test_our_own_colours_pass_the_check_that_a_provider_s_must(folder: Path) -> None:
    put(folder, "brand.toml", f'accent = "{PLAIN.accent}"\naccent_in_the_dark = "{PLAIN.accent_in_the_dark}"\n')
    assert read_brand(folder) == PLAIN


def test_contrast_is_what_the_guidelines_say() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@given(COLOURS, COLOURS)
def test_contrast_is_the_same_both_ways_and_between_1_and_21(one: str, other: str) -> None:
    assert contrast(one, other) == contrast(other, one)
    assert 1 <= contrast(one, other) <= 21.0001
    assert contrast(one, one) == 1
