"""A cursor opens for its viewer and its list alone, unaltered; its text, order and length tell nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.keyring import Keyring
from models.sealing import SealBroken, Vault

VAULT = Vault(Keyring.generate())
A_LIST = "requests|RECEIVED|acc_1"
KEYS = st.binary(min_size=1, max_size=128).filter(lambda content: not content.endswith(b" "))
"""What a row is ordered by takes fewer bytes than this: a moment and an id are 70."""


@given(KEYS)
def test_a_cursor_opens_for_what_it_was_made_for(keys: bytes) -> None:
    assert VAULT.open_cursor(A_LIST, VAULT.seal_cursor(A_LIST, keys)).rstrip(b" ") == keys


@given(KEYS, KEYS)
def test_all_cursors_are_of_one_length_and_no_two_are_alike(one: bytes, other: bytes) -> None:
    cursors = {VAULT.seal_cursor(A_LIST, keys) for keys in (one, one, other, other)}

    assert len(cursors) == 4
    assert len({len(cursor) for cursor in cursors}) == 1


@given(KEYS, st.data())
def test_a_cursor_that_was_altered_anywhere_opens_for_nobody(keys: bytes, data: st.DataObject) -> None:
    cursor = VAULT.seal_cursor(A_LIST, keys)
    place = data.draw(st.integers(0, len(cursor) - 1))
    character = data.draw(st.characters(codec="utf-8").filter(lambda drawn: drawn != cursor[place]))
    forged = cursor[:place] + character + cursor[place + 1 :]

    for altered in (forged, cursor[:place], cursor[place + 1 :], cursor + character):
        with pytest.raises(SealBroken):
            VAULT.open_cursor(A_LIST, altered)


@given(KEYS, st.sampled_from(["requests|RECEIVED|acc_2", "requests|DECISION_DUE|acc_1", "reviewQueue|acc_1", ""]))
def test_a_cursor_opens_for_no_other_viewer_and_no_other_list(keys: bytes, scope: str) -> None:
    with pytest.raises(SealBroken):
        VAULT.open_cursor(scope, VAULT.seal_cursor(A_LIST, keys))


def test_cursors_are_not_ordered_by_what_they_hold() -> None:
    cursors = [VAULT.seal_cursor(A_LIST, f"{moment:04}".encode()) for moment in range(64)]

    assert sorted(cursors) != cursors
    assert sorted(cursors, reverse=True) != cursors
