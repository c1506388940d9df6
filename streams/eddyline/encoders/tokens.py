"""Texts to token ids: never padded, and of a long text its head and its tail.

The tokenizer file carries two traps: it pads every text to 128 tokens, eleven times the work for a short one, and it
cuts there. Both are switched off here. A head alone would be blind to every change further down, so a long text gives
the first and the last half of the tokens that the model may read.
"""

from collections.abc import Sequence
from typing import NamedTuple

from tokenizers import Tokenizer

from eddyline.encoders.bundle import Truncation
from eddyline.errors import RefusedToStart

_CLS, _SEP = "[CLS]", "[SEP]"


class Tokens(NamedTuple):
    """A text as the model reads it."""

    ids: list[int]
    """``[CLS]``, at most ``max_tokens - 2`` content tokens, ``[SEP]``."""
    truncated: bool
    """The text was longer than that."""


class HeadTailTokenizer:
    """A tokenizer with a truncation policy; a pure function of the text, safe to share between threads."""

    def __init__(self, tokenizer_json: bytes, truncation: Truncation) -> None:
        """Refuse to start (RefusedToStart) with a tokenizer that has no ``[CLS]`` and ``[SEP]``."""
        self._tokenizer = Tokenizer.from_str(tokenizer_json.decode())
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._cls, self._sep = self._special(_CLS), self._special(_SEP)
        self._room = truncation.max_tokens - 2
        self._max_characters = truncation.max_characters

    def tokenize(self, texts: Sequence[str]) -> list[Tokens]:
        """Tokenise ``texts``, one result a text, in order; lone surrogates read as question marks."""
        clipped = [clip(text, self._max_characters) for text in texts]
        encodings = self._tokenizer.encode_batch_fast([_readable(text) for text in clipped], add_special_tokens=False)
        return [
            self._framed(encoding.ids, cut=len(short) < len(text))
            for encoding, short, text in zip(encodings, clipped, texts, strict=True)
        ]

    def _framed(self, ids: list[int], *, cut: bool) -> Tokens:
        kept = head_and_tail(ids, self._room)
        return Tokens([self._cls, *kept, self._sep], cut or len(kept) < len(ids))

    def _special(self, token: str) -> int:
        identifier = self._tokenizer.token_to_id(token)
        if identifier is None:
            raise RefusedToStart(f"the tokenizer of the encoder bundle has no {token} token")
        return int(identifier)


def head_and_tail(ids: list[int], room: int) -> list[int]:
    """Keep at most ``room`` ids, half from each end; an odd one goes to the head.

    >>> head_and_tail([1, 2, 3, 4, 5, 6], 4)
    [1, 2, 5, 6]
    """
    if len(ids) <= room:
        return ids
    tail = room // 2
    return ids[: room - tail] + ids[len(ids) - tail :]


def clip(text: str, max_characters: int) -> str:
    """Take the middle out of a text of more than ``max_characters``; the two ends stay separate words.

    >>> clip("where is my order", 11)
    'where order'
    """
    if len(text) <= max_characters:
        return text
    half = (max_characters - 1) // 2
    return f"{text[:half]} {text[len(text) - half :]}"


def _readable(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
