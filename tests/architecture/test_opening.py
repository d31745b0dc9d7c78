"""Sealed data is opened in a few known places, each of which puts on record who is shown it, or shows it to nobody."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.tree import PACKAGES, modules, name, parsed

ON_RECORD = {
    "models/operations/clinical_answers.py",  # its one caller, revise_request, notes the case
    "models/operations/sealed_details.py",  # notes the case as the product's own look: it seals again what it opens
    "models/queries/clinical_reviews.py",
    "models/queries/client_file.py",
    "models/queries/clients.py",  # its callers, the queries of cases, identifiers and mails, note the case
    "models/queries/request_rows.py",
}
LINKING_ALONE = {"models/queries/questions.py"}  # a draft neither identifies nor is clinical, by the table of fields
SHOWN_TO_NOBODY = {
    "models/importing/clients.py",  # compares what is there with what is imported
    "models/queries/key_check.py",  # counts what opens
}


def test_sealed_data_is_opened_where_it_is_put_on_record_and_nowhere_else() -> None:
    assert {name(path) for path in modules(*PACKAGES) if "unseal" in _called(path)} == (
        ON_RECORD | LINKING_ALONE | SHOWN_TO_NOBODY
    )


def test_whoever_has_a_client_or_answers_opened_notes_it() -> None:
    opening = {name(path) for path in modules(*PACKAGES) if {"load_clients", "open_answers"} & set(_called(path))}
    noting = {name(path) for path in modules(*PACKAGES) if "note" in _called(path)}
    assert opening == {
        "models/operations/revise_request.py",
        "models/queries/cases.py",
        "models/queries/identifiers.py",
        "models/queries/mails.py",
    }
    assert noting == opening | {
        "models/operations/sealed_details.py",
        "models/queries/client_file.py",
        "models/queries/clinical_reviews.py",
        "models/queries/request_rows.py",
    }


def _called(path: Path) -> Iterator[str]:
    """Yield the name of each function that a module calls, without what it is called on."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func).rpartition(".")[2]
