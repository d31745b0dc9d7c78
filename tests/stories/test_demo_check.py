"""The search that ends the demo: it finds a value however it is written, and is not fooled by chance."""

from base64 import urlsafe_b64encode
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default

import orjson
import pytest

from api.demo.confidentiality_check import search
from api.demo.mailbox import Letter

SECRETS = [("the name", "Ngāire Whetu"), ("the first name", "Mei"), ("the number", "ASST-104233")]


def answered(value: object) -> bytes:
    return b"200 OK\r\ncontent-type: application/json\n\n" + orjson.dumps({"data": value})


def a_letter(text: str, subject: str = "Hello", html: str = "<p>Hello</p>") -> Letter:
    message = EmailMessage(policy=SMTP)
    message["To"] = "tevita@work.example"
    message["Subject"] = subject
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="base64")
    raw = message.as_bytes()
    parsed = message_from_bytes(raw, policy=default)
    assert isinstance(parsed, EmailMessage)
    return Letter(raw, parsed)


@pytest.mark.parametrize(
    "answer",
    [
        answered("for Ngāire Whetu"),
        answered(["NGĀIRE  WHETU"]),
        answered({"client": {"displayName": "Nga\u0304ire Whetu"}}),
        b'200 OK\n\n{"name": "Ng\\u0101ire Whetu"}',
        b"200 OK\nx-case: ASST-104233\n\n{}",
        answered({"cursor": urlsafe_b64encode(b"case ASST-104233, 2026-11-23").decode()}),
        answered({"id": "req_" + urlsafe_b64encode(b"xASST-104233xxxx").decode()}),
        answered("for Mei, please"),
        b"200 OK\n\nASST-104233 is not even JSON",
    ],
)
def test_a_value_in_an_answer_is_found_however_it_is_written(answer: bytes) -> None:
    finding = search(SECRETS, answers=[answered("nothing"), answer], letters=[], known="")

    assert len(finding.found) == 1


@pytest.mark.parametrize(
    "letter",
    [
        a_letter("About Ngāire Whetu."),
        a_letter("About somebody.", subject="About Ngāire Whetu, who is dear to us all and has a long name to encode"),
        a_letter("About somebody.", html="<p>Ng&#257;ire&nbsp;Whetu</p>"),
        a_letter("A long line that the encoding must break somewhere before it ends, about ASST-104233, says so."),
    ],
)
def test_a_value_in_a_letter_is_found_however_it_is_encoded(letter: Letter) -> None:
    finding = search(SECRETS, answers=[], letters=[letter], known="")

    assert len(finding.found) == 1


def test_what_is_not_there_is_not_found() -> None:
    texts = [answered(text) for text in ("homeique meister", "ASST-1042", "Ngaio", "x-Mei-y", "req_aMeib")]

    finding = search(SECRETS, answers=texts, letters=[a_letter("Time to decide.")], known="")

    assert finding.found == []
    assert finding.values == 3
    assert finding.size > sum(map(len, texts))


def test_a_name_that_the_reviewer_has_too_proves_nothing() -> None:
    finding = search(SECRETS, answers=[answered("Hello Mei Tan")], letters=[], known="Mei Tan")

    assert finding.found == []
    assert finding.values == 2
