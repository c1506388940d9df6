"""Pseudonyms: the same id is the same pseudonym, and nothing leads back without the pepper."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eddyline.errors import RefusedToStart
from eddyline.privacy import Pseudonyms

PEPPER = "a pepper of at least sixteen characters"


def test_a_pseudonym_is_half_of_an_hmac_under_the_pepper() -> None:
    expected = hmac.new(PEPPER.encode(), b"user\0u-123", hashlib.sha256).digest()[:16]
    assert Pseudonyms(PEPPER).of("user", "u-123") == expected


def test_another_pepper_gives_another_pseudonym() -> None:
    assert Pseudonyms(PEPPER).of("user", "u") != Pseudonyms(PEPPER + "!").of("user", "u")


def test_a_user_and_a_session_of_one_name_are_apart() -> None:
    pseudonyms = Pseudonyms(PEPPER)
    assert pseudonyms.of("user", "x") != pseudonyms.of("session", "x")


@given(st.text(max_size=40).filter(lambda text: text.isprintable()))
def test_a_pseudonym_has_sixteen_bytes_and_does_not_hold_the_id(text: str) -> None:
    pseudonym = Pseudonyms(PEPPER).of("user", text)
    assert len(pseudonym) == 16
    assert len(text) < 4 or text.encode() not in pseudonym


@pytest.mark.parametrize("pepper", ["", "tiny", "x" * 15])
def test_a_short_pepper_is_refused_with_what_to_do_and_not_shown(pepper: str) -> None:
    with pytest.raises(RefusedToStart, match="EDDYLINE_PRIVACY_PEPPER_FILE") as caught:
        Pseudonyms(pepper)
    assert pepper == "" or pepper not in str(caught.value)
